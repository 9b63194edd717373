"""Values that nobody wrote on purpose, put into what somebody did write."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from tests.runfolder import edit

_DEEP: Any = json.loads("[" * 90 + "]" * 90)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**53, 2**70, 0.5, -0.0, 1e308, float("inf"), float("nan")),
    *("", " ", "0", "../../outside", "/outside", "C:\\outside", "a/b", "..", ".", "~", "file:/dev/zero"),
    *("\ud800", "\x00", "\x1b[31mred", "\u202eevil", "<script>alert(1)</script>", "$x$ | `y` \\input{/etc/passwd}"),
    *("x" * 70_000, "\n" * 500, "{caption}", "merge(" * 300, "a?b=c?d", "9" * 400, "1970-01-01", "nan"),
    *([], {}, [[]], [None], {"": ""}, {"a": {"b": []}}, ["../x"] * 50, _DEEP),
)
"""What a damaged file, a program of another version or an enemy may put anywhere."""
_CELLS: dict[str, tuple[Any, ...]] = {
    "string": tuple(one for one in ODD if isinstance(one, str) and one != "\ud800"),
    "int64": (None, 0, -1, 7, 2**31, 2**63 - 1, -(2**63)),
    "double": (None, 0.0, -1.0, 0.5, 2.0, 1e308, float("inf"), float("nan")),
    "bool": (None, True, False),
    "list<string>": (None, [], [None], [""], ["../x", "a" * 64], ["\x00"]),
}


def places_in(document: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a document something stands, from the top down."""
    keys = document if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    for key in keys:
        yield (*place, key)
        yield from places_in(document[key], (*place, key))


def mutated(document: Any, random: Random) -> Any:
    """A document with something odd in one place, or with that place taken away or doubled."""
    changed = copy.deepcopy(document)
    *above, key = random.choice(list(places_in(changed)))
    holder = changed
    for step in above:
        holder = holder[step]
    way = random.randrange(8)
    if way == 0:
        del holder[key]
    elif way == 1 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif way == 2 and isinstance(holder, dict):
        holder[str(random.choice(ODD))[:100]] = holder.pop(key)
    else:
        holder[key] = copy.deepcopy(random.choice(ODD))
    return changed


def damaged(data: bytes, random: Random) -> bytes:
    """Bytes cut short, or with some of them changed, taken out or put in."""
    way, at = random.randrange(4), random.randrange(len(data) + 1)
    if way == 0:
        return data[:at]
    if way == 1:
        return data[:at] + random.randbytes(random.randrange(1, 40)) + data[at:]
    if way == 2:
        return data[:at] + data[at + random.randrange(1, 40) :]
    return data[:at] + bytes(byte ^ (1 << random.randrange(8)) for byte in data[at : at + 4]) + data[at + 4 :]


def mutate_table(path: Path, random: Random) -> None:
    """Write a table anew with odd cells in a column, or the column gone, renamed or of another type."""
    edit(path, lambda table: _mutated(table, random))


def _mutated(table: pa.Table, random: Random) -> pa.Table:
    name = random.choice(table.column_names)
    place, field = table.schema.get_field_index(name), table.schema.field(name)
    way = random.randrange(8)
    if way == 0:
        return table.drop_columns([name])
    if way == 1:
        return table.rename_columns([f"{name}!" if one == name else one for one in table.column_names])
    if way == 2:
        return table.set_column(place, name, pa.array([{"a": 1}] * table.num_rows))
    if way == 3:
        return table.slice(0, random.randrange(table.num_rows))
    kind = "list<string>" if pa.types.is_list(field.type) else str(field.type)
    cells = table[name].to_pylist()
    for row in random.sample(range(len(cells)), k=min(len(cells), random.choice([1, 2, len(cells)]))):
        cells[row] = random.choice(_CELLS[kind])
    return table.set_column(place, field, pa.array(cells, field.type))


def damage_file(path: Path, random: Random) -> None:
    """Damage a file's bytes."""
    path.write_bytes(damaged(path.read_bytes(), random))
