"""Pictures with as much in them as a chart has: bars, lines and labels."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw


def chart_png(rng: np.random.Generator, size: tuple[int, int]) -> bytes:
    """A bar chart as PNG, of bars that nobody has drawn before."""
    width, height = size
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    step = width // 40
    for bar in range(40):
        top = int(rng.integers(height // 15, height * 14 // 15))
        color = tuple(rng.integers(0, 255, 3).tolist())
        pen.rectangle((bar * step, top, bar * step + step * 7 // 10, height - 10), fill=color)
        pen.text((bar * step, top - 14), str(top), fill="black")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
