"""A captioner from outside: it says the size of the image, loudly."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image as Pillow

from prism_eval import Caption, Captioner, Image, runtime


@dataclass(kw_only=True)
class Shouting(Captioner):
    """Says how large the image is.

    Attributes:
        marks: How many exclamation marks.
        patience: Changes nothing, and so is no part of the identity.
    """

    marks: int = 1
    patience: float = runtime(1.0)

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        with Pillow.open(io.BytesIO(images[0].data)) as opened:
            width, height = opened.size
        return Caption(f"AN IMAGE {width} PIXELS WIDE AND {height} HIGH{'!' * self.marks}")
