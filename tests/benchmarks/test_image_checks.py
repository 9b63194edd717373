from __future__ import annotations

import contextlib
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prism_eval.benchmarks import check_image, open_benchmark
from prism_eval.errors import PermanentError
from prism_eval.schema import Image


def bomb(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"")
    chunks = [
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in (header, body, b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_whole_images_pass(png: Any, form: str) -> None:
    check_image(Image(png(1, form=form), "p"))


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_bytes_after_the_end_are_harmless(png: Any, form: str) -> None:
    check_image(Image(png(1, form=form) + b"trailing", "p"))


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("missing", [12, 40])
def test_a_cut_image_is_named(png: Any, form: str, missing: int) -> None:
    with pytest.raises(PermanentError, match=r"image 'p\.png' is (cut short|damaged)"):
        check_image(Image(png(1, form=form, size=(64, 64))[:-missing], "p.png"))


@pytest.mark.parametrize("size", [(10_001, 5_000), (2**31 - 1, 1), (60_000, 60_000)])
def test_a_bomb_is_refused_from_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(PermanentError, match=r"image 'b' has .* pixels, more than 50000000"):
        check_image(Image(bomb(*size), "b"))


def test_a_large_image_within_the_limit_passes() -> None:
    check_image(Image(bomb(10_000, 5_000), "b"))


@pytest.mark.parametrize(
    "data", [b"", b"<svg/>", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"RIFF1234WEBP"]
)
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(PermanentError, match=r"known format|damaged|cut short|no pixels"):
        check_image(Image(data, "x"))


def test_an_image_without_a_name_goes_by_its_digest() -> None:
    with pytest.raises(PermanentError, match=Image(b"?").digest[:12]):
        check_image(Image(b"?"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(data=st.data(), form=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]))
def test_spoilt_bytes_pass_or_are_refused(png: Any, data: st.DataObject, form: str) -> None:
    content = bytearray(png(1, form=form))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PermanentError):
        check_image(Image(bytes(content), "x"))


@pytest.mark.parametrize(("cut", "outcome"), [(0, "whole"), (12, "image 'p.png' is cut short; get the file again")])
def test_the_outcome_is_kept_with_the_image(png: Any, cut: int, outcome: str) -> None:
    image = Image(png(1)[: -cut or None], "p.png")
    for _ in range(2):
        said = "whole"
        try:
            check_image(image)
        except PermanentError as error:
            said = str(error)
        assert said == outcome
        # What it was worked out from is gone: a second look would say that the format is unknown.
        vars(image).update(data=b"", media_type="none")


def test_questions_on_one_image_have_it_checked_once(png: Any, parquet_folder: Any) -> None:
    rows = [{"question": "?", "answer": "1", "image": png(number // 3)} for number in range(9)]
    items = list(open_benchmark("chartqa", parquet_folder("chartqa", rows)).items())
    assert len({id(item.images[0]) for item in items}) == 3
    assert all(item.images[0].other is not None for item in items)


def test_images_are_checked_in_many_threads_and_the_filters_of_warnings_stay(png: Any) -> None:
    before = list(warnings.filters)
    images = [Image(png(number % 5, form=form), "p") for number in range(40) for form in ("PNG", "TIFF")]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(check_image, images))
    assert warnings.filters == before
