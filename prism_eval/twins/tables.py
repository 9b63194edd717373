"""Rows to Parquet in the shape the `datasets` library writes, read back by it and by any Parquet reader."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

FACTS = "facts"
"""The column every twin adds: a list of statements for each image of the row."""

Row = dict[str, Any]
"""Values by column, images as encoded bytes. Columns left out are null."""


def arrow_schema(columns: Mapping[str, str]) -> pa.Schema:
    """The Arrow schema for columns of the kinds ``string``, ``int``, ``binary``, ``strings``, ``object`` and ``image``.

    A column `FACTS` (a list of statements per image of the row) is added. The schema's metadata names the
    `datasets` features, so that images are decoded there as they are for the real data.
    """
    import pyarrow as pa

    kinds = _arrow_types()
    fields = [pa.field(name, kinds[kind]) for name, kind in columns.items()]
    fields.append(pa.field(FACTS, pa.list_(pa.list_(pa.string()))))
    features = {name: _FEATURES[kind] for name, kind in columns.items() if kind in _FEATURES}
    if len(features) < len(columns):
        return pa.schema(fields)
    features[FACTS] = _list_feature(_list_feature(_FEATURES["string"]))
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def write_rows(path: Path, columns: Mapping[str, str], rows: Iterable[Row], *, group: int = 500) -> None:
    """Write ``rows`` to ``path``, ``group`` rows held at a time.

    Args:
        path: The file to write.
        columns: Kind of each column; see `arrow_schema`. A row may leave columns out: they are null.
        rows: Values by column, images as encoded bytes, and `FACTS`.
        group: Rows in a row group.
    """
    import pyarrow.parquet as pq

    schema = arrow_schema(columns)
    waiting: list[Row] = []
    with pq.ParquetWriter(path, schema) as writer:
        for row in rows:
            waiting.append(_stored(columns, row))
            if len(waiting) == group:
                writer.write_table(_table(waiting, schema))
                waiting.clear()
        if waiting:
            writer.write_table(_table(waiting, schema))


def _table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema=schema)


def _stored(columns: Mapping[str, str], row: Row) -> Row:
    stored = dict(row)
    for name, kind in columns.items():
        if kind == "image" and isinstance(stored.get(name), bytes):
            stored[name] = {"bytes": stored[name], "path": None}
    return stored


def _arrow_types() -> dict[str, pa.DataType]:
    import pyarrow as pa

    return {
        "string": pa.string(),
        "int": pa.int64(),
        "binary": pa.binary(),
        "strings": pa.list_(pa.string()),
        "image": pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
        "source": pa.struct([("source", pa.string()), ("split", pa.string()), ("image_path", pa.string())]),
        "paper": pa.struct(
            [("split", pa.string()), ("source", pa.string()), ("subject", pa.string()), ("subfield", pa.string())]
        ),
    }


def _list_feature(feature: dict[str, Any]) -> dict[str, Any]:
    return {"feature": feature, "_type": "Sequence"}


def _value(dtype: str) -> dict[str, Any]:
    return {"dtype": dtype, "_type": "Value"}


_FEATURES: dict[str, dict[str, Any]] = {
    "string": _value("string"),
    "int": _value("int64"),
    "binary": _value("binary"),
    "strings": _list_feature(_value("string")),
    "image": {"_type": "Image"},
    "source": {name: _value("string") for name in ("source", "split", "image_path")},
    "paper": {name: _value("string") for name in ("split", "source", "subject", "subfield")},
}
