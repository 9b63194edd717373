"""A page of an exam: a figure, the question on it, and the options below."""

from __future__ import annotations

import io

from prism_eval.twins.canvas import Sketch, wrapped
from prism_eval.twins.scene import LETTERS

_WIDTH, _MARGIN, _SIZE = 860, 40, 17


def exam_page(png: bytes, question: str, options: list[str]) -> bytes:
    """The page as a picture."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as inset:
        wide, high = inset.size
    room = _WIDTH - 2 * _MARGIN
    lines = wrapped(question, room=room, size=_SIZE)
    rows = (len(options) + 1) // 2
    page = Sketch(_WIDTH, round(2 * _MARGIN + len(lines) * _SIZE * 1.45 + high + 30 + rows * 34))
    y = page.paragraph(_MARGIN, _MARGIN, question, room=room, size=_SIZE)
    page.paste(png, (_WIDTH - wide) // 2, round(y) + 10)
    top = y + high + 30
    for index, option in enumerate(options):
        x = _MARGIN + index // rows * (room / 2)
        page.text(
            x, top + index % rows * 34, f"({LETTERS[index]}) {option}", size=_SIZE, anchor="lt", room=room / 2 - 20
        )
    return page.png()
