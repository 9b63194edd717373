"""Reading real text with the models in the wheel, without the network."""

from __future__ import annotations

import io
import socket
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from prism_eval.captioners.ocr.plugin import Ocr
from prism_eval.errors import PermanentError, UsageError
from prism_eval.schema import Image

pytest.importorskip("rapidocr")


@pytest.fixture(scope="module")
def reader() -> Ocr:
    """One captioner for all tests: loading its models takes seconds."""
    return Ocr(workers=1)


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def drawn(*lines: str, turned: int = 0) -> Image:
    """A picture of lines of text."""
    picture = Pillow.new("RGB", (420, 60 * len(lines) + 20), "white")
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        draw.text((20, 60 * row + 15), line, fill="black", font=ImageFont.load_default(30))
    buffer = io.BytesIO()
    picture.rotate(turned, expand=True).save(buffer, "PNG")
    return Image(buffer.getvalue(), "drawn.png")


async def test_lines_are_read_in_order(capfd: pytest.CaptureFixture[str]) -> None:
    reader = Ocr(workers=1)
    caption = await reader.caption([drawn("Population of Norway", "Oslo 709 037")], sample=0)
    await reader.close()
    first, second = caption.text.splitlines()
    assert first == "Population of Norway"
    assert second.replace(" | ", " ").replace(" ", "") == "Oslo709037"
    assert capfd.readouterr() == ("", ""), "RapidOCR must not write to the terminal"


async def test_text_that_runs_up_is_read(reader: Ocr) -> None:
    caption = await reader.caption([drawn("Share of adults", turned=90)], sample=0)
    assert caption.text == "Sideways text: Share of adults"


async def test_several_images_give_one_caption(reader: Ocr) -> None:
    caption = await reader.caption([drawn("Apples"), drawn("Pears")], sample=0)
    assert caption.text == "Apples\n\nPears"


async def test_an_image_without_text_has_an_empty_caption(reader: Ocr) -> None:
    buffer = io.BytesIO()
    Pillow.new("RGB", (1, 1)).save(buffer, "PNG")
    assert (await reader.caption([Image(buffer.getvalue())], sample=0)).text == ""


async def test_a_broken_image_fails_alone(reader: Ocr) -> None:
    with pytest.raises(PermanentError, match=r"broken\.png"):
        await reader.caption([Image(b"\x89PNG nothing", "broken.png")], sample=0)
    assert (await reader.caption([drawn("Still here")], sample=0)).text == "Still here"


async def test_confidence_can_be_asked_for() -> None:
    assert (await Ocr(min_confidence=1.0).caption([drawn("Population")], sample=0)).text == ""


@pytest.mark.parametrize(
    "options", [{"min_confidence": 1.5}, {"min_confidence": -0.1}, {"max_pixels": 0}, {"workers": 0}]
)
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        Ocr(**options)  # type: ignore[arg-type]


def test_identity_names_the_models_and_not_the_workers() -> None:
    assert Ocr(workers=1).identity == Ocr(workers=4).identity
    assert Ocr().identity["rapidocr"]
    assert Ocr(max_pixels=10).identity != Ocr().identity


async def test_real_charts_keep_label_and_value_together(reader: Ocr, shared: Path) -> None:
    wanted = {
        "two_col_24236.png": ["2014: 28.49", "2018: 30.6"],
        "multi_col_20416.png": ["Black: 90% | 5%", "Obama | Romney"],
        "two_col_42998.png": ["Instagram | 27.7", "Reddit | 2.8"],
    }
    for name, lines in wanted.items():
        path = next((shared / "data" / "chartqa").rglob(name))
        said = (await reader.caption([Image(path.read_bytes(), name)], sample=0)).text.splitlines()
        assert [line for line in lines if line in said] == lines, "\n".join(said)
    assert "torch" not in sys.modules
