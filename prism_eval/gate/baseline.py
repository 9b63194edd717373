"""A baseline as a file: small enough for git, the same bytes each time, and told when it was edited.

It holds what `Side` does: ids, digests of images, scores, outcomes, lengths, and what they depend on; no image, no
question, and no caption unless asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from prism_eval.errors import UsageError
from prism_eval.files.budgets import regular
from prism_eval.files.pages import check_pages
from prism_eval.files.parquet import damage
from prism_eval.files.whole import replacing
from prism_eval.gate.side import LOSSES, Side, keys
from prism_eval.leaderboard.spent import Spent

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 2
"""Raised when a reader of an older version would read a file wrongly."""

_KEY = b"prism_eval.baseline"


class _Said(BaseModel):
    """What a file says beside its rows, as `Side` has it."""

    model_config = ConfigDict(extra="ignore")

    label: str
    fields: dict[str, dict[str, Any]]
    titles: dict[str, str]
    unusable: dict[str, int]
    spent: Spent
    look: tuple[int, int] | None = None

    @field_validator("look")
    @classmethod
    def _is_one(cls, look: tuple[int, int] | None) -> tuple[int, int] | None:
        if look and not 0 < look[0] <= look[1]:
            raise ValueError(f"there is no look {look[0]} of {look[1]}")
        return look


_COLUMNS: Mapping[str, str] = {
    "benchmark": "string",
    "item": "string",
    "cluster": "string",
    "asked": "uint32",
    "score": "double",
    "verdicts": "int64",
    **dict.fromkeys((outcome.value for outcome in LOSSES), "int64"),
    "words": "double",
    "empty": "double",
    "cut": "double",
}
_DIGEST = 64
"""Hexadecimal digits of an image's SHA-256, which are half as many bytes."""


def save(side: Side, path: Path) -> None:
    """Write a baseline.

    Raises:
        RunError: The file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    items = _grouped(side.items.combine_chunks())
    said = {
        "format": FORMAT,
        "label": side.label,
        "fields": {part: dict(fields) for part, fields in side.fields.items()},
        "titles": dict(side.titles),
        "unusable": dict(side.unusable),
        "spent": asdict(side.spent),
        "look": side.look and list(side.look),
    }
    said["digest"] = _digest(said, items)
    text = json.dumps(said, sort_keys=True, default=str)
    images = items["images"].combine_chunks()
    # An item's group is its own image as a rule, and need not be said twice.
    own = pc.equal(items["cluster"], _first(images)).fill_null(False)
    grouped = pc.if_else(own, pa.scalar(None, pa.string()), items["cluster"])
    table = items.set_column(items.column_names.index("images"), "images", _packed(images))
    table = table.set_column(table.column_names.index("cluster"), "cluster", grouped)
    with replacing(path) as file:
        # Without statistics, which repeat the first and the last id of each column.
        pq.write_table(
            table.replace_schema_metadata({_KEY: text.encode()}),
            file,
            compression="zstd",
            compression_level=19,
            write_statistics=False,
        )


def read_baseline(path: Path) -> Side:
    """Read a baseline.

    Raises:
        UsageError: The file is no baseline, one of a later version, or was edited or damaged after it was saved.
    """
    items, said = _read(path)
    if said.get("format") != FORMAT:
        raise UsageError(f"{path} has format {said.get('format')!r:.40}, this prism-eval reads {FORMAT}: save it again")
    again = "save it again: prism-eval baseline save RUN"
    try:
        whole = _checked(items)
    except ValueError as error:
        raise UsageError(f"{path} is damaged: {' '.join(str(error).split())}; {again}") from error
    if said.pop("digest", None) != _digest(said, whole):
        raise UsageError(f"{path} was edited or damaged after it was saved: {again}")
    try:
        of = _Said.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path} is damaged: {where}: {first['msg'].lower()}; {again}") from error
    return Side(
        label=of.label,
        where=str(path),
        fields=of.fields,
        titles=of.titles,
        unusable=of.unusable,
        spent=of.spent,
        look=of.look,
        items=whole,
    )


def _read(path: Path) -> tuple[pa.Table, dict[str, Any]]:
    import pyarrow.parquet as pq

    try:
        # By its name: of a file that is open here Arrow's threads may still hold a part when Python ends, and with that
        # they end the whole process. And not by `read_table`, which reads a folder as a table in parts.
        with pq.ParquetFile(regular(path)) as file:
            check_pages(path, file.metadata, file.schema_arrow.names)
            table = file.read()
        # Else a cell that is no text is told by whoever reads it first, in words of Python's own.
        table.validate(full=True)
        said = json.loads((table.schema.metadata or {})[_KEY])
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist") from error
    except KeyError as error:
        raise UsageError(f"{path} is no baseline: prism-eval baseline save RUN -o {path.name} makes one") from error
    except damage(RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"{path} is no baseline, or cut short: {reason}") from error
    if not isinstance(said, dict):
        raise UsageError(f"{path} is no baseline: prism-eval baseline save RUN -o {path.name} makes one")
    return table, said


def _checked(items: pa.Table) -> pa.Table:
    """The rows as `Side.items` has them.

    Raises:
        ValueError: A column is missing, of another type, or holds what it cannot.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {name: _cast(items, name, kind) for name, kind in _COLUMNS.items()}
    columns["images"] = _unpacked(_column(items, "images"))
    for name in ("benchmark", "item", "asked", "verdicts"):
        if columns[name].null_count:
            raise ValueError(f"an empty cell in column {name}")
    for name in ("score", "empty", "cut"):
        # Neither a NaN nor what is beyond the ends is between them.
        if not pc.all(pc.and_(pc.greater_equal(columns[name], 0), pc.less_equal(columns[name], 1))).as_py() and (
            columns[name].null_count < len(columns[name])
        ):
            raise ValueError(f"a value in column {name} is not between 0 and 1")
    ids = keys(items)
    if len(ids.unique()) < len(ids):
        twice = pc.value_counts(ids).to_pylist()
        name = next(entry["values"] for entry in twice if entry["counts"] > 1).replace("\0", " item ")
        raise ValueError(f"{name} is there twice")
    order = ["benchmark", "item", "images", *list(_COLUMNS)[2:]]
    captions = {"caption": _cast(items, "caption", "string")} if "caption" in items.column_names else {}
    return _grouped(pa.table({name: columns[name] for name in order} | captions))


def _cast(items: pa.Table, name: str, kind: str) -> pa.Array:
    """A column as the type that it has; raises `ValueError` where it has no such, or is none."""
    import pyarrow as pa

    column = _column(items, name)
    try:
        return column.cast(kind)
    except pa.ArrowException as error:
        raise ValueError(f"column {name} is of type {column.type}, and not {kind}") from error


def _column(items: pa.Table, name: str) -> pa.Array:
    if name not in items.column_names:
        raise ValueError(f"there is no column {name}")
    return items[name].combine_chunks()


def _grouped(items: pa.Table) -> pa.Table:
    """The items, each of them in a group: its own image's, where it has none of its own."""
    import pyarrow.compute as pc

    groups = pc.coalesce(items["cluster"], _first(items["images"].combine_chunks()))
    return items.set_column(items.column_names.index("cluster"), "cluster", groups)


def _digest(said: Mapping[str, object], items: pa.Table) -> str:
    """A digest of all that a baseline says, however a later Parquet writer packs it."""
    whole = {**said, "items": items.to_pydict()}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()


def _packed(images: pa.Array) -> pa.Array:
    """Digests as bytes, where all are ones: in hexadecimal they would be most of the file."""
    import pyarrow as pa

    names = images.flatten().dictionary_encode()
    texts = names.dictionary.to_pylist()
    if not all(len(text) == _DIGEST and _is_hexadecimal(text) for text in texts):
        return images.cast(pa.list_(pa.string()))
    digests = pa.array([bytes.fromhex(text) for text in texts], pa.binary(_DIGEST // 2))
    return pa.ListArray.from_arrays(images.offsets, digests.take(names.indices), mask=images.is_null())


def _unpacked(images: pa.Array) -> pa.Array:
    import pyarrow as pa

    if not pa.types.is_list(images.type):
        raise ValueError("column images holds no lists")
    if not pa.types.is_fixed_size_binary(images.type.value_type):
        if not pa.types.is_string(images.type.value_type):
            raise ValueError(f"column images holds lists of {images.type.value_type}")
        return images
    digests = images.flatten().dictionary_encode()
    texts = pa.array([digest.hex() for digest in digests.dictionary.to_pylist()], pa.string())
    return pa.ListArray.from_arrays(images.offsets, texts.take(digests.indices), mask=images.is_null())


def _first(images: pa.Array) -> pa.Array:
    """The first of each item's images, empty where it has none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    some = pc.greater(pc.list_value_length(images), 0).fill_null(False)
    # Lists that are empty have no first element to be asked for.
    starts = pc.if_else(some, images.offsets[:-1], pa.scalar(None, pa.int32()))
    return images.values.take(starts)


def _is_hexadecimal(text: str) -> bool:
    return set(text) <= set("0123456789abcdef")
