"""A captioner of your own, as a package.

    pip install -e ./captioner_plugin
    prism-eval plugins
    prism-eval run -c colour -c blind -b chartqa --data synthetic

The first line is for the folder that holds `captioner_plugin`; docs/plugins.md explains the rest.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image as Pillow

from prism_eval import Caption, Captioner, Image


@dataclass(kw_only=True)
class Colour(Captioner):
    """Says the image's size and its most common colour."""

    shades: int = 8  # an option: colour?shades=4

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        with Pillow.open(io.BytesIO(images[0].data)) as picture:
            small = picture.convert("RGB").quantize(self.shades).convert("RGB")
            _, colour = max(small.getcolors(maxcolors=small.width * small.height))
        return Caption(f"An image of {picture.width} by {picture.height} pixels, mostly of the colour {colour}.")
