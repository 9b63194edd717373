"""Small data sets that tests make for themselves, in each form that people have them in."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.builders import png


def pictures(folder: Path, count: int) -> Path:
    """A folder of so many PNG files, in two folders of its own."""
    for number in range(count):
        file = folder / f"part{number % 2}" / f"{number:04}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(png(number))
    return folder


def tar(file: Path, members: Mapping[str, bytes | str]) -> Path:
    """A tar file of these members; a text is UTF-8."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz" if file.name.endswith("gz") else "w") as archive:
        for name, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file


def table(file: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """A Parquet file of these rows."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), file)
    return file


def rows_of(file: Path) -> list[dict[str, Any]]:
    """The rows of a shard's table."""
    found: list[dict[str, Any]] = pq.read_table(file).to_pylist()
    return found


def stats_of(folder: Path, name: str) -> dict[str, Any]:
    """What is said of a shard."""
    return dict(json.loads((folder / f"{name}_stats.json").read_text(encoding="utf-8")))
