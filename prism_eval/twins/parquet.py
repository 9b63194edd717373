"""Rows to a table in the shape the `datasets` library writes, read back by it and by any Parquet reader."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

FACTS = "facts"
"""The column every twin adds: a list of statements for each image of the row."""

Row = dict[str, object]
"""Values by column, images as encoded bytes. Columns left out are null."""

_Feature = Mapping[str, "str | _Feature"]


def _list_of(feature: _Feature) -> _Feature:
    return {"feature": feature, "_type": "Sequence"}


def _texts(*names: str) -> _Feature:
    return dict.fromkeys(names, _TEXT)


_TEXT: _Feature = {"dtype": "string", "_type": "Value"}
# What `datasets` calls the kinds of columns; the Arrow types follow from it.
_KINDS: dict[str, _Feature] = {
    "string": _TEXT,
    "int": {"dtype": "int64", "_type": "Value"},
    "binary": {"dtype": "binary", "_type": "Value"},
    "strings": _list_of(_TEXT),
    "image": {"_type": "Image"},
    "source": _texts("source", "split", "image_path"),
    "paper": _texts("split", "source", "subject", "subfield"),
    "facts": _list_of(_list_of(_TEXT)),
}


def as_table(columns: Mapping[str, str], rows: Iterable[Row]) -> pa.Table:
    """A table of ``rows`` with the column `FACTS` added.

    Its metadata names the `datasets` features, so that images are decoded there as they are for the real data.

    Args:
        columns: Kind of each column, of `_KINDS`.
        rows: What is in the columns, and in `FACTS`.
    """
    import pyarrow as pa

    features = {name: _KINDS[kind] for name, kind in {**columns, FACTS: "facts"}.items()}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    schema = pa.schema([(name, _arrow_type(feature)) for name, feature in features.items()], metadata=metadata)
    pictures = [name for name, kind in columns.items() if kind == "image"]
    stored = [row | {name: {"bytes": row[name], "path": None} for name in pictures if name in row} for row in rows]
    return pa.Table.from_pylist(stored, schema=schema)


def _arrow_type(feature: _Feature) -> pa.DataType:
    import pyarrow as pa

    if feature.get("_type") == "Image":
        return pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    if isinstance(dtype := feature.get("dtype"), str):
        return pa.type_for_alias(dtype)
    parts = {name: _arrow_type(inner) for name, inner in feature.items() if not isinstance(inner, str)}
    return pa.list_(parts["feature"]) if "feature" in parts else pa.struct(parts.items())
