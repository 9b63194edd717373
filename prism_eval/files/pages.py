"""How large the pages of a Parquet file become, by what stands before each: the footer may say anything.

A reader sets memory aside for a page as the page's own header says, so it is the headers that have to be believed, and
counted before anything is unpacked. They are Thrift's compact protocol (apache/parquet-format, ``PageHeader``): its
second field is the size of the page unpacked, its third that in the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

MOST_OF_A_GROUP = 256 * 2**20
"""Bytes of one column of a row group: a writer's own is a fifth of it, and the reader may hold all of it."""
_MOST_OF_A_DICTIONARY = 128 * 2**20
"""Bytes of the page that rows point into. A writer ends it after a megabyte, or after its first value, an image say."""
_BEGINNING, _LONGEST = 2**10, 16 * 2**20
"""Bytes of a header that are read at first, and at most: statistics may hold the longest text of the page."""
_DEEPEST = 64
_BOOLEANS, _NUMBERS, _BINARY, _LISTS, _MAP, _STRUCT = (1, 2), (4, 5, 6), 8, (9, 10), 11, 12
_FIXED = {1: 0, 2: 0, 3: 1, 7: 8}
"""What the protocol numbers kinds of values by, and how long some are. A header has no map, but might have one: readers
pass over fields that they do not know."""
_IS_DICTIONARY = 2


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A column of a row group, unpacked.

    Attributes:
        size: Bytes of all its pages.
        dictionary: Bytes of the page that others point into, which any number of rows may repeat; 0 without one.
    """

    size: int
    dictionary: int


def check_pages(path: Path, metadata: FileMetaData, names: Collection[str], *, times: int = 0) -> Iterator[Unpacked]:
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
    whole = path.stat().st_size
    with path.open("rb") as file:
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            for column in map(group.column, range(group.num_columns)):
                if column.path_in_schema.partition(".")[0] not in names:
                    continue
                starts = [at for at in (column.dictionary_page_offset, column.data_page_offset) if at]
                begin = min(starts, default=0)
                packed = min(column.total_compressed_size, whole)
                most = max(MOST_OF_A_GROUP, times * packed)
                size = dictionary = 0
                for kind, held in _pages(file, begin, begin + packed):
                    size += held
                    dictionary += held if kind == _IS_DICTIONARY else 0
                    if size > most or dictionary > _MOST_OF_A_DICTIONARY:
                        raise OSError(f"column {column.path_in_schema} has {size:,} bytes and more in one row group")
                yield Unpacked(size, dictionary)


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
            return (fields.get(1, 0), fields.get(2, -1), fields.get(3, -1)), length
    return None


def _struct(data: bytes, at: int, depth: int) -> tuple[dict[int, int], int]:
    """The whole numbers of a structure by their fields' numbers, and where it ends.

    Raises:
        IndexError: That is beyond the data.
        ValueError: It is no structure.
    """
    fields: dict[int, int] = {}
    field = 0
    while head := data[at]:
        step, kind, at = head >> 4, head & 15, at + 1
        if step:
            field += step
        else:
            field, at = _number(data, at)
        if kind in _NUMBERS:
            fields[field], at = _number(data, at)
        else:
            at = _after(data, at, kind, depth)
    return fields, at + 1


def _after(data: bytes, at: int, kind: int, depth: int) -> int:
    """Where a value ends that nobody asks for."""
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    if kind in _FIXED:
        return at + _FIXED[kind]
    if kind in _NUMBERS:
        return _number(data, at)[1]
    if kind == _BINARY:
        length, at = _varint(data, at)
        return at + length
    if kind == _STRUCT:
        return _struct(data, at, depth + 1)[1]
    if kind in (*_LISTS, _MAP):
        return _after_all(data, at, kind, depth)
    raise ValueError("no such kind")


def _after_all(data: bytes, at: int, kind: int, depth: int) -> int:
    """Where a list or a map ends."""
    kinds: tuple[int, ...]
    if kind == _MAP:
        count, at = _varint(data, at)
        kinds = (data[at] >> 4, data[at] & 15) if count else ()
        at += bool(count)
    else:
        count, kinds, at = data[at] >> 4, (data[at] & 15,), at + 1
        if count == 15:
            count, at = _varint(data, at)
    for _ in range(count):
        for each in kinds:
            at = at + 1 if each in _BOOLEANS else _after(data, at, each, depth + 1)
        # What counts more than there is ends here.
        data[at - 1]
    return at


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
