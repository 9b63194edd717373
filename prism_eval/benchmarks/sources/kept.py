"""The rows of a stream, kept while they are read for the first time: a sample has to read them twice."""

from __future__ import annotations

import json
import tempfile
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.source import RowSource


class KeptRows:
    """A source whose rows are taken from the network once, and from a file of this process after that.

    Attributes:
        source: Where the rows come from.
    """

    def __init__(self, source: RowSource) -> None:
        self.source = source
        self._file: _RowFile | None = None

    @property
    def origin(self) -> str:
        """Where the rows come from, for people."""
        return self.source.origin

    @property
    def revision(self) -> str | None:
        """The commit the rows are of, where that is known."""
        return self.source.revision

    @property
    def image_folder(self) -> Path | None:
        """Where paths of images in the rows lead."""
        return self.source.image_folder

    def size(self) -> int | None:
        """How many rows the definition selects."""
        return self.source.size()

    def rows(self) -> Iterator[Row | RowError]:
        """The rows in order: the source's the first time, and those again once all of them were read."""
        if self._file:
            yield from self._file.rows()
            return
        file = _RowFile.new()
        for row in self.source.rows():
            file = file and file.with_row(row)
            yield row
        # A reading that broke off, or rows that no file can hold, leave nothing: the next one asks the source again.
        self._file = file


class _RowFile:
    """Rows in a file without a name, so that it is gone with the process however that ends."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lines: list[tuple[int, int]] = []
        # Two benchmarks of one source, as the looks of a run are, may be read by turns.
        self._turn = threading.Lock()
        weakref.finalize(self, file.close)

    @classmethod
    def new(cls) -> _RowFile | None:
        try:
            return cls(tempfile.TemporaryFile(prefix="prism-eval-"))
        except OSError:
            return None

    def with_row(self, row: Row | RowError) -> _RowFile | None:
        """The file with one more row; ``None`` where it cannot be kept: the disk is full, or a value is no data."""
        try:
            self._lines.append(self._write(json.dumps(self._as_json(row)).encode()))
        except (OSError, TypeError, RecursionError):
            return None
        return self

    def rows(self) -> Iterator[Row | RowError]:
        for line in self._lines:
            kept = json.loads(self._read(*line))
            if "reason" in kept:
                yield RowError(**kept)
            else:
                values = cast("dict[str, object]", self._as_value(kept["values"]))
                yield Row(int(kept["number"]), values, place=str(kept["place"]), unread=tuple(kept["unread"]))

    def _as_json(self, row: Row | RowError) -> dict[str, object]:
        if isinstance(row, RowError):
            return {"reason": row.reason, "message": str(row), "item": row.item}
        values = self._packed(dict(row.values))
        return {"number": row.number, "values": values, "place": row.place, "unread": row.unread}

    def _packed(self, value: object) -> object:
        """A value as JSON gives it back exactly: images' bytes stand in the file by themselves."""
        if type(value) is bytes:
            return {"bytes": self._write(value)}
        if type(value) is list:
            return [self._packed(one) for one in value]
        if type(value) is dict and all(type(key) is str for key in value):
            return {"of": {key: self._packed(one) for key, one in value.items()}}
        if value is None or type(value) in {str, int, float, bool}:
            return value
        raise TypeError(type(value))

    def _as_value(self, packed: object) -> object:
        if isinstance(packed, list):
            return [self._as_value(one) for one in packed]
        if not isinstance(packed, dict):
            return packed
        if "bytes" in packed:
            return self._read(*packed["bytes"])
        return {key: self._as_value(one) for key, one in packed["of"].items()}

    def _write(self, data: bytes) -> tuple[int, int]:
        start = self._file.tell()
        self._file.write(data)
        return start, len(data)

    def _read(self, start: int, length: int) -> bytes:
        with self._turn:
            self._file.seek(start)
            return self._file.read(length)
