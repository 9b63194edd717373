"""A table of a twin: its benchmark's own columns, and its rows in the shape the `datasets` library writes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

FACTS = "facts"
"""The column every twin adds: a list of statements for each image of the row."""

Row = dict[str, object]
"""Values by column, images as encoded bytes. Columns left out are null."""

_Feature = Mapping[str, "str | _Feature"]
_TEXT: _Feature = {"dtype": "string", "_type": "Value"}
_TEXTS: _Feature = {"feature": _TEXT, "_type": "Sequence"}
# What `datasets` calls the kinds of columns; the Arrow types follow from it.
_KINDS: dict[str, _Feature] = {
    "": _TEXT,
    "int": {"dtype": "int64", "_type": "Value"},
    "binary": {"dtype": "binary", "_type": "Value"},
    "texts": _TEXTS,
    "image": {"_type": "Image"},
    "source": dict.fromkeys(("source", "split", "image_path"), _TEXT),
    "paper": dict.fromkeys(("split", "source", "subject", "subfield"), _TEXT),
    "facts": {"feature": _TEXTS, "_type": "Sequence"},
}


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a twin.

    Attributes:
        columns: Their names, each followed by ":" and one of `_KINDS` unless it holds text.
        make: Makes the rows.
        folder: The configuration's folder inside the twin's, as in a snapshot of the hub; "" where there is but one.
    """

    columns: str
    make: Callable[[random.Random], Iterator[Row]]
    folder: str = ""

    def arrow(self, rows: Iterable[Row]) -> pa.Table:
        """Rows with the column `FACTS` added.

        The metadata names the `datasets` features, so that images are decoded there as they are for the real data.
        """
        import pyarrow as pa

        kinds = {name: kind for name, _, kind in (column.partition(":") for column in self.columns.split(", "))}
        features = {name: _KINDS[kind] for name, kind in {**kinds, FACTS: "facts"}.items()}
        metadata = {"huggingface": json.dumps({"info": {"features": features}})}
        schema = pa.schema([(name, _arrow_type(feature)) for name, feature in features.items()], metadata=metadata)
        pictures = [name for name, kind in kinds.items() if kind == "image"]
        stored = [row | {name: {"bytes": row[name], "path": None} for name in pictures if name in row} for row in rows]
        return pa.Table.from_pylist(stored, schema=schema)


def table(columns: str, folder: str = "") -> Callable[[Callable[[random.Random], Iterator[Row]]], Table]:
    """Make a table of the function that makes its rows; see `Table`."""
    return lambda make: Table(columns, make, folder)


def _arrow_type(feature: _Feature) -> pa.DataType:
    import pyarrow as pa

    if feature.get("_type") == "Image":
        # As `datasets` stores a picture: in the row, or by its path.
        return pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    if isinstance(dtype := feature.get("dtype"), str):
        return pa.type_for_alias(dtype)
    parts = {name: _arrow_type(inner) for name, inner in feature.items() if not isinstance(inner, str)}
    return pa.list_(parts["feature"]) if "feature" in parts else pa.struct(parts.items())
