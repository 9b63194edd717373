"""Tiny models, made once a session, and engines that are closed."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from prism_eval.engines.transformers.engine import TransformersEngine
from prism_eval.schema import Image, Message, Request, Sampling
from tests.engines.transformers import tiny

Make = Callable[..., TransformersEngine]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folders of tiny models by name; skips where the extra is not installed."""
    pytest.importorskip("transformers", reason="the extra [transformers] is not installed: tox run -e engines")
    home = tmp_path_factory.mktemp("models")
    makers: dict[str, Callable[[Path], Path]] = {
        "text": tiny.text_model,
        "base": lambda folder: tiny.text_model(folder, template=False, max_position_embeddings=4096),
        "wide": lambda folder: tiny.text_model(
            folder, hidden_size=256, intermediate_size=512, num_hidden_layers=4, max_position_embeddings=4096
        ),
        "qwen": tiny.qwen_vision_model,
        "llava": tiny.llava_model,
        "gguf": tiny.gguf_model,
    }

    def folder(name: str) -> Path:
        place = home / name
        if not place.exists():
            place.mkdir()
            makers[name](place)
        return next(place.glob("*.gguf"), place)

    return folder


@pytest.fixture
async def make(models: Callable[[str], Path]) -> AsyncIterator[Make]:
    made: list[TransformersEngine] = []

    def engine(name: str, **options: Any) -> TransformersEngine:
        made.append(TransformersEngine(model=str(models(name)), device="cpu", **options))
        return made[-1]

    yield engine
    for one in made:
        await one.close()


def picture(number: int, width: int = 120, height: int = 90) -> Image:
    from PIL import Image as Pillow
    from PIL import ImageDraw

    canvas = Pillow.new("RGB", (width, height), "white")
    left = 7 * number % (width - 40)
    ImageDraw.Draw(canvas).ellipse((left, 10, left + 40, 50), fill=("red", "green", "blue")[number % 3])
    file = io.BytesIO()
    canvas.save(file, "PNG")
    return Image(file.getvalue(), f"{number}.png")


def asked(*parts: str | Image, **sampling: Any) -> Request:
    """A request as the protocols make it: sampling said in full."""
    usual = {"max_tokens": 24, "repetition_penalty": 1.0, "top_k": -1, "min_p": 0.0}
    return Request(messages=(Message("user", parts),), sampling=Sampling(**(usual | sampling)))


def several(count: int, *, eyes: bool, **sampling: Any) -> list[Request]:
    """Requests of different lengths, with pictures of different sizes."""
    return [
        asked(
            *([picture(number, 100 + 20 * number)] if eyes else []),
            f"Describe {'this image ' * (number % 5)}{number}",
            **sampling,
        )
        for number in range(count)
    ]
