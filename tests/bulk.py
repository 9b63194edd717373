"""A large ChartQA-shaped data set of tiny pictures, for load and memory tests."""

from __future__ import annotations

import io
import itertools
import random
from collections.abc import Iterator
from pathlib import Path

from prism_eval.twins.pools import COUNTRIES
from prism_eval.twins.rows_charts import chartqa
from prism_eval.twins.tables import FACTS, Row

_SIZE = (64, 48)
_GROUP = 500


def write_bulk(folder: Path, *, items: int, images: int, seed: int = 0) -> Path:
    """Write ``<folder>/chartqa/data.parquet`` with ``items`` questions over ``images`` distinct pictures.

    Rows are made and written a row group at a time, so memory does not grow with ``items``.

    Returns:
        The file.

    Raises:
        ValueError: There are fewer items than images, or no image.
    """
    import pyarrow.parquet as pq

    if not 1 <= images <= items:
        raise ValueError(f"need at least one image and as many items as images, not {images} images, {items} items")
    path = folder / "chartqa" / "data.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = _rows(random.Random(f"bulk:{seed}"), items, images)
    with pq.ParquetWriter(path, chartqa.arrow([]).schema) as writer:
        while group := list(itertools.islice(rows, _GROUP)):
            writer.write_table(chartqa.arrow(group))
    return path


def _rows(rng: random.Random, items: int, images: int) -> Iterator[Row]:
    for image in range(images):
        asked = items // images + (image < items % images)
        values = [rng.randint(10, 9999) for _ in range(asked)]
        labels = [f"{COUNTRIES[index % len(COUNTRIES)]} in region {index}" for index in range(asked)]
        facts = [
            f"The value of {label} on chart {image} is {value}." for label, value in zip(labels, values, strict=True)
        ]
        png = _picture(rng, image)
        for label, value in zip(labels, values, strict=True):
            yield {
                "type": "augmented_test",
                "question": f"What is the value of {label} on chart {image}?",
                "answer": str(value),
                "image": png,
                FACTS: [facts],
            }


def _picture(rng: random.Random, image: int) -> bytes:
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", _SIZE, "white")
    pen = ImageDraw.Draw(picture)
    for bar in range(6):
        pen.rectangle((4 + bar * 10, rng.randint(4, 40), 10 + bar * 10, 44), fill="#2f6fc4")
    # Each picture must have its own digest: its number is written in pixels along the top.
    for bit in range(32):
        picture.putpixel((2 * bit, 0), (0, 0, 0) if image >> bit & 1 else (255, 255, 255))
    stream = io.BytesIO()
    picture.save(stream, format="PNG", compress_level=1)
    return stream.getvalue()
