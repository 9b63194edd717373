"""What JSON can say of a value."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from prism_eval.schema import utf8

Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


def as_json(said: Mapping[str, Json]) -> str:
    """The text of a document that people may look into as well."""
    return utf8(json.dumps(said, indent=2, ensure_ascii=False)) + "\n"


def jsonable(value: object) -> Json:
    """The value in JSON's own types: numpy's numbers as Python's, NaN and infinities ``None``, the rest its text."""
    # Nearly every cell, and told at once: what it could be else takes five times as long to be ruled out.
    if value is None or type(value) is str:
        return value
    if isinstance(value, Mapping):
        return {str(key): jsonable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(part) for part in value]
    # numpy's scalars, told by what they can do: importing numpy for this would cost every start a tenth of a second.
    unpacked = getattr(value, "item", None)
    if callable(unpacked) and getattr(value, "ndim", None) == 0:
        value = unpacked()
    if isinstance(value, float):
        # JSON has no word for them, and a reader that takes `NaN` for one is no JSON reader.
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)
