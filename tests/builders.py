"""Small data folders and images that tests make for themselves."""

from __future__ import annotations

import io
import json
from pathlib import Path

from PIL import Image as Pillow

from prism_eval.schema import Image, Item, ItemKind


def png(shade: int = 0, size: tuple[int, int] = (8, 8)) -> bytes:
    """A PNG of one colour; different shades give different bytes."""
    buffer = io.BytesIO()
    Pillow.new("RGB", size, (shade % 256, shade // 256 % 256, 99)).save(buffer, "PNG")
    return buffer.getvalue()


def image(shade: int = 0, **fields: object) -> Image:
    """An image of one colour."""
    return Image(png(shade), f"image-{shade}.png", **fields)


def short_item(number: int, *images: Image, gold: str = "42", question: str = "What is the value?") -> Item:
    """A short-answer item."""
    shown = images or (image(number),)
    cluster = "+".join(one.digest for one in shown)
    return Item(
        benchmark="chartqa",
        id=str(number),
        kind=ItemKind.SHORT,
        question=question,
        images=shown,
        golds=(gold,),
        cluster=cluster,
    )


def chart_folder(folder: Path, *, images: int = 4, questions: int = 2, size: int = 0) -> Path:
    """A data folder with a little ChartQA: JSONL and PNG files. Every answer is the shade of its image.

    Args:
        folder: Where it is made.
        images: How many.
        questions: On each of them.
        size: Bytes of an image, nearly none of them on the disk: a PNG, a hole that reads as zeros, and the mark that
            ends a PNG. 0 for the PNG alone.
    """
    home = folder / "chartqa"
    (home / "images").mkdir(parents=True)
    rows = []
    for shade in range(images):
        picture = home / "images" / f"{shade}.png"
        picture.write_bytes(png(shade))
        if size:
            with picture.open("r+b") as stream:
                stream.seek(size - 4)
                stream.write(b"IEND")
        for number in range(questions):
            question = f"What is the value of bar {number} in chart {shade}?"
            rows.append(
                {"imgname": f"{shade}.png", "query": question, "label": str(10 * shade + number), "type": "human_test"}
            )
    (home / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder
