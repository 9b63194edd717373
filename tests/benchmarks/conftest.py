"""Small data folders for the tests of benchmarks."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

MakePng = Callable[..., bytes]
MakeFolder = Callable[..., Path]


@pytest.fixture
def png() -> MakePng:
    """Makes a small picture of one colour."""

    def make(shade: int = 0, *, form: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
        buffer = io.BytesIO()
        Pillow.new("RGB", size, (shade % 256, shade // 256, 40)).save(buffer, form)
        return buffer.getvalue()

    return make


@pytest.fixture
def jsonl_folder(tmp_path: Path, png: MakePng) -> MakeFolder:
    """Writes ``<data>/<name>/data.jsonl`` and pictures, and returns ``<data>``."""

    def make(name: str, rows: Sequence[Mapping[str, Any] | str], images: Sequence[str] = ("a.png", "b.png")) -> Path:
        folder = tmp_path / "data" / name
        (folder / "images").mkdir(parents=True, exist_ok=True)
        for shade, image in enumerate(images):
            (folder / "images" / image).write_bytes(png(shade))
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        (folder / "data.jsonl").write_text("\n".join(lines), encoding="utf-8")
        return tmp_path / "data"

    return make


@pytest.fixture
def parquet_folder(tmp_path: Path) -> MakeFolder:
    """Writes a Parquet file into ``<data>/<name>/``, and returns ``<data>``."""

    def make(name: str, rows: Sequence[Mapping[str, Any]], path: str = "data.parquet") -> Path:
        import pyarrow as pa
        import pyarrow.parquet as pq

        file = tmp_path / "data" / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), file)
        return tmp_path / "data"

    return make
