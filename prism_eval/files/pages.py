"""How large the pages of a Parquet file become, by what stands before each: the footer may say anything.

A reader sets memory aside for a page as the page's own header says, so it is the headers that have to be believed, and
counted before anything is unpacked. They are Thrift's compact protocol (apache/parquet-format, ``PageHeader``): its
second field is the size of the page unpacked, its third that in the file. Where the pages begin, the footer says
(``FileMetaData``). It is read here as well: asked for a column whose footer is damaged, Arrow ends the whole program.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

MOST_OF_A_GROUP = 256 * 2**20
"""Bytes of one column of a row group: a writer's own is a fifth of it, and the reader may hold all of it."""
_MOST_OF_A_DICTIONARY = 128 * 2**20
"""Bytes of the page that rows point into. A writer ends it after a megabyte, or after its first value, an image say."""
_BEGINNING, _LONGEST = 2**10, 16 * 2**20
"""Bytes of a header that are read at first, and at most: statistics may hold the longest text of the page."""
_DEEPEST = 64
_BOOLEANS, _NUMBERS, _BINARY, _LIST, _LISTS, _MAP, _STRUCT = (1, 2), (4, 5, 6), 8, 9, (9, 10), 11, 12
_FIXED = {1: 0, 2: 0, 3: 1, 7: 8}
"""What the protocol numbers kinds of values by, and how long some are. A header has no map, but might have one: readers
pass over fields that they do not know."""
_I32, _I64 = 5, 6
_IS_DICTIONARY = 2
_PATH = 3, _LIST
"""The field of a column that names it."""
_ENDING = 8
"""Bytes behind a footer: its length, and the mark that every Parquet file ends with."""
_REMEMBERED = 2**16
"""Bytes of a footer that is remembered as it was read: a table of ours has ten thousand."""
_LONGEST_NAME = 2**10
"""Bytes of a text that are kept: names of columns are shorter, and nobody asks for other texts."""

_Field = tuple[int, int]
"""A field's number and kind: one of another kind than it should be is one that nobody knows."""
_Value = Any
"""A whole number, a text's first bytes, a structure's fields, or the values of a list with their kind in front."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A column of a row group, unpacked.

    Attributes:
        size: Bytes of all its pages.
        dictionary: Bytes of the page that others point into, which any number of rows may repeat; 0 without one.
    """

    size: int
    dictionary: int


def check_pages(path: Path, metadata: FileMetaData, names: Collection[str], *, times: int = 0) -> list[Unpacked]:
    """What the pages of some columns come to, one column of one row group after the other.

    Args:
        path: The file.
        metadata: Its footer.
        names: The columns, by the first part of their path.
        times: Times its bytes in the file to which a column may come, where that is more than `MOST_OF_A_GROUP`: a row
            group of a thousand photographs is large, and hardly packed.

    Where a header cannot be read, the rest of its column is left to the reader, who will not read it either.

    Raises:
        OSError: One comes to more than that, or its dictionary to more than any.
    """
    found = []
    whole = path.stat().st_size
    with path.open("rb") as file:
        for columns in _row_groups(file, whole, metadata):
            for column in columns:
                name = b".".join(column[_PATH]).decode("utf-8", "replace")
                if name.partition(".")[0] not in names:
                    continue
                begin = min(filter(None, (column.get((at, _I64), 0) for at in (9, 11))), default=0)
                packed = min(column.get((7, _I64), 0), whole)
                most = max(MOST_OF_A_GROUP, times * packed)
                size = dictionary = 0
                for kind, held in _pages(file, begin, begin + packed):
                    size += held
                    dictionary += held if kind == _IS_DICTIONARY else 0
                    if size > most or dictionary > _MOST_OF_A_DICTIONARY:
                        raise OSError(f"column {name} has {size:,} bytes and more in one row group")
                found.append(Unpacked(size, dictionary))
    return found


def _row_groups(file: BinaryIO, whole: int, metadata: FileMetaData) -> Iterator[list[dict[_Field, _Value]]]:
    """What the footer says of the columns of each row group.

    Raises:
        OSError: It says something else than its reader has understood.
    """
    file.seek(max(whole - _ENDING, 0))
    length = int.from_bytes(file.read(4), "little")
    file.seek(max(whole - _ENDING - length, 0))
    footer = file.read(length)
    try:
        found = _remembered(footer) if length < _REMEMBERED else _columns(footer)
    except (ValueError, IndexError):
        raise OSError("its footer is damaged") from None
    # Were the two ever to read one footer differently, it is no footer to believe.
    if [len(columns) for columns in found] != [
        metadata.row_group(group).num_columns for group in range(metadata.num_row_groups)
    ]:
        raise OSError("its footer is damaged")
    yield from found


def _columns(footer: bytes) -> list[list[dict[_Field, _Value]]]:
    """What it says of each column of each row group, its path as texts.

    Raises:
        IndexError: It ends before that.
        ValueError: It says it in another form.
    """
    groups = [_list(group, 1) for group in _list(_struct(footer, 0, 0)[0], 4)]
    found = [[column.get((3, _STRUCT), {}) for column in columns] for columns in groups]
    for column in chain(*found):
        column[_PATH] = _list(column, 3, _BINARY)
    return found


_remembered = functools.lru_cache(maxsize=8)(_columns)
"""A table is opened once for every few columns of it; eight is more than a run has tables."""


def _list(fields: dict[_Field, _Value], number: int, kind: int = _STRUCT) -> Sequence[_Value]:
    """The values in a list, structures as a rule."""
    values: Sequence[_Value]
    found, *values = fields.get((number, _LIST), (kind,))
    if found != kind:
        raise ValueError("a list of something else")
    return values


def _pages(file: BinaryIO, at: int, end: int) -> Iterator[tuple[int, int]]:
    """The kind of each page, and its bytes unpacked."""
    while at < end and (header := _header(file, at)):
        (kind, unpacked, packed), length = header
        if unpacked < 0 or packed < 0:
            return
        yield kind, unpacked
        at += length + packed


def _header(file: BinaryIO, at: int) -> tuple[tuple[int, int, int], int] | None:
    """Kind, bytes unpacked and bytes packed, and the header's own length; ``None`` where it is none."""
    much = _BEGINNING
    while much <= _LONGEST:
        file.seek(at)
        data = file.read(much)
        try:
            fields, length = _struct(data, 0, 0)
        except ValueError:
            return None
        except IndexError:  # it goes on beyond what was read, or the file ends in it
            if len(data) < much:
                return None
            much *= 8
        else:
            return (fields.get((1, _I32), 0), fields.get((2, _I32), -1), fields.get((3, _I32), -1)), length
    return None


def _struct(data: bytes, at: int, depth: int) -> tuple[dict[_Field, _Value], int]:
    """The fields of a structure, and where it ends.

    Raises:
        IndexError: That is beyond the data.
        ValueError: It is no structure.
    """
    fields: dict[_Field, _Value] = {}
    field = 0
    while head := data[at]:
        step, kind, at = head >> 4, head & 15, at + 1
        if step:
            field += step
        else:
            field, at = _number(data, at)
        fields[field, kind], at = _value(data, at, kind, depth)
    return fields, at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[_Value, int]:
    """A value, as far as anybody asks for such ones, and where it ends."""
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    if kind in _FIXED:
        return None, at + _FIXED[kind]
    if kind in _NUMBERS:
        return _number(data, at)
    if kind == _BINARY:
        length, at = _varint(data, at)
        return data[at : at + min(length, _LONGEST_NAME)], at + length
    if kind == _STRUCT:
        return _struct(data, at, depth + 1)
    if kind in (*_LISTS, _MAP):
        return _values(data, at, kind, depth)
    raise ValueError("no such kind")


def _values(data: bytes, at: int, kind: int, depth: int) -> tuple[_Value, int]:
    """The values of a list behind their kind, and where it ends; of a map only that."""
    kinds: tuple[int, ...]
    if kind == _MAP:
        count, at = _varint(data, at)
        kinds = (data[at] >> 4, data[at] & 15) if count else ()
        at += bool(count)
    else:
        count, kinds, at = data[at] >> 4, (data[at] & 15,), at + 1
        if count == 15:
            count, at = _varint(data, at)
    values: list[_Value] = []
    for _ in range(count):
        for each in kinds:
            value, at = (None, at + 1) if each in _BOOLEANS else _value(data, at, each, depth + 1)
            if kind == _LIST:
                values.append(value)
        # What counts more than there is ends here.
        data[at - 1]
    return (kinds[:1] + tuple(values) if kind == _LIST else None), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte, at = data[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("no number is so long")


def _number(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at
