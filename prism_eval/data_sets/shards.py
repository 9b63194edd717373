"""A part's shard: a table of all its pictures, and beside it a tar where one is wanted. Equal captions, equal bytes."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from glob import escape
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from prism_eval.data_sets.form import Form
from prism_eval.data_sets.picture import Part, Picture
from prism_eval.data_sets.rows import Row
from prism_eval.errors import DataError
from prism_eval.files.digests import sha256_of
from prism_eval.files.whole import replacing
from prism_eval.schema import Image, utf8

_ROWS = 256
"""Rows of a row group: with pictures, some fifty megabytes."""
_SAFE_KEY = re.compile(r"(?!.*\.\.)[\w-][\w/-]{0,199}", re.ASCII)
"""A key that a tar's members can be called by: no dot, at which readers would cut it, and no way out of a folder."""
_NO_MEMBER = ("captions",)


def write_shard(folder: Path, part: Part, rows: Sequence[Row], form: Form) -> dict[str, str]:
    """Write a part's shard. No time and no user's name is in it.

    Args:
        folder: Where to.
        part: The part, read again where its pictures are wanted.
        rows: The rows of all of its pictures, in order.
        form: What is written.

    Returns:
        By file name the SHA-256 of each file.

    Raises:
        RunError: A file cannot be written.
        DataError: The part was changed since its pictures were captioned.
    """
    # What a kill left of these very files: a part is one task's, so nobody else is writing them.
    for begun in folder.glob(f".{escape(part.name)}.*"):
        begun.unlink(missing_ok=True)
    written = {}
    if form is Form.WEBDATASET:
        path = folder / f"{part.name}.tar"
        with replacing(path) as file:
            _write_tar(file, part, rows)
        written[path.name] = sha256_of(path)
    path = folder / f"{part.name}.parquet"
    with replacing(path) as file:
        _write_table(file, rows, _again(part, rows) if form is Form.PARQUET else None)
    written[path.name] = sha256_of(path)
    return written


def _again(part: Part, rows: Sequence[Row]) -> Iterator[tuple[Picture, Row]]:
    """The part's pictures once more, each with its row."""
    pictures = part.pictures()
    for row in rows:
        picture = next(pictures, None)
        if picture is None or (picture.key, picture.path) != (row.key, row.path):
            raise DataError(f"{part.name} was changed while it was captioned: give the same command again")
        yield picture, row


def _write_table(file: BinaryIO, rows: Sequence[Row], pictures: Iterator[tuple[Picture, Row]] | None) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"captions": pa.list_(pa.string()), "words": pa.int64(), "completion_tokens": pa.int64()}
    columns = [(field.name, kinds.get(field.name, pa.string())) for field in fields(Row)]
    if pictures:
        columns.append(("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])))
    schema = pa.schema(columns)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for start in range(0, len(rows), _ROWS):
            several = [_as_values(row) for row in rows[start : start + _ROWS]]
            if pictures:
                for values, (picture, row) in zip(several, islice(pictures, len(several)), strict=True):
                    values["image"] = {"bytes": picture.data or None, "path": utf8(row.path)}
            writer.write_table(pa.Table.from_pylist(several, schema))


def _write_tar(file: BinaryIO, part: Part, rows: Sequence[Row]) -> None:
    taken: set[str] = set()
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for number, (picture, row) in enumerate(_again(part, rows)):
            # A sample without a caption would stop a loader that wants one; the table has its row.
            if row.caption is None:
                continue
            usable = _SAFE_KEY.fullmatch(row.key) and row.key not in taken
            key = row.key if usable else f"{number:09d}"
            taken.add(key)
            told = {name: value for name, value in _as_values(row).items() if name not in _NO_MEMBER}
            told |= {"captions": list(row.captions)} if len(row.captions) > 1 else {}
            ending = Image(picture.data).media_type.partition("/")[2].replace("jpeg", "jpg")
            _add(tar, f"{key}.{ending}", picture.data)
            _add(tar, f"{key}.json", json.dumps(told, ensure_ascii=False, sort_keys=True).encode())
            _add(tar, f"{key}.txt", utf8(row.caption).encode())


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def _as_values(row: Row) -> dict[str, object]:
    values = {name: utf8(value) if isinstance(value, str) else value for name, value in asdict(row).items()}
    return values | {"captions": [text and utf8(text) for text in row.captions], "status": str(row.status)}
