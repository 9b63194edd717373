"""What a GGUF file says of itself in its header, without its weights.

Source: the GGUF specification (ggml-org/ggml, docs/gguf.md), versions 2 and 3.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from pathlib import Path

from prism_eval.errors import UsageError

MAGIC = b"GGUF"
_STRING, _ARRAY, _DEEPEST = 8, 9, 4
_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_VERSIONS = (2, 3)

Header = Mapping[str, object]


def header_of(path: Path) -> Header:
    """The numbers and texts of a header by their names; its lists, such as the vocabulary, are passed over.

    Raises:
        UsageError: It is no GGUF file, a damaged one, or one of a version that is not known.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if data[:4] != MAGIC:
                raise UsageError(f"{path}: is no GGUF file, whatever its name says")
            return _Reader(data).header()
    # ValueError: an empty file cannot be mapped.
    except (OSError, ValueError, struct.error) as error:
        raise UsageError(f"{path}: is no GGUF file that can be read ({error}); fetch it again") from None


class _Reader:
    """Reads on from where it stands."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data, self._place = data, len(MAGIC)

    def header(self) -> Header:
        version = self._number("<I")
        if version not in _VERSIONS:
            raise ValueError(f"its version is {version:.0f}, not 2 or 3")
        self._number("<Q")  # how many tensors there are
        entries = range(int(self._number("<Q")))
        found = ((self._text(), self._value(int(self._number("<I")), 0)) for _ in entries)
        return {name: value for name, value in found if value is not None}

    def _value(self, kind: int, depth: int) -> object:
        if kind == _STRING:
            return self._text()
        if kind == _ARRAY and depth < _DEEPEST:
            self._pass_over(int(self._number("<I")), int(self._number("<Q")), depth)
            return None
        if kind not in _NUMBERS:
            raise ValueError(f"it holds values of an unknown kind, {kind}")
        return self._number(_NUMBERS[kind])

    def _pass_over(self, kind: int, count: int, depth: int) -> None:
        if kind in _NUMBERS:
            self._skip(count * struct.calcsize(_NUMBERS[kind]))
            return
        for _ in range(count):
            self._value(kind, depth + 1)

    def _number(self, form: str) -> float:
        (value,) = struct.unpack_from(form, self._data, self._place)
        self._place += struct.calcsize(form)
        return value  # type: ignore[no-any-return]

    def _text(self) -> str:
        length = int(self._number("<Q"))
        self._skip(length)
        return self._data[self._place - length : self._place].decode("utf-8", "replace")

    def _skip(self, count: int) -> None:
        self._place += count
        if self._place > len(self._data):
            raise ValueError("it ends in the middle")
