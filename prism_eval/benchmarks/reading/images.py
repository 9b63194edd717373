"""From what an image column holds to an `Image`: bytes in the row, or a path in the data's folder."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from prism_eval.benchmarks.reading.rows import Row
from prism_eval.benchmarks.sources.archive import Archive
from prism_eval.schema import Image

MAX_BYTES = 100 * 2**20
"""Largest encoded image that is read, in bytes."""

_KEPT = 8
_SUBFOLDER = "images"

Facts = tuple[str, ...] | None


class ImageStore:
    """Finds and reads the images of a data set, keeping the last few: neighbouring rows often share one.

    Args:
        folder: Where paths lead, including any zip archives that lie there; ``None`` if rows hold bytes only.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._recent: OrderedDict[tuple[str, Facts], Image] = OrderedDict()

    def read(self, row: Row, value: Any, *, name: str, facts: Facts = None) -> Image:
        """The image that one value of an image column holds.

        Args:
            row: The row it is in, for messages.
            value: Bytes, a path, or ``{"bytes": ..., "path": ...}`` as the hub stores images.
            name: What to call an image without a path.
            facts: What a synthetic image shows.

        Raises:
            RowError: The image is missing, unreadable or too large, or its path leads out of the folder.
        """
        data, path = _parts(row, value)
        if data is not None:
            return self._from_bytes(row, data, path or name, facts)
        return self._from_path(row, path, facts)

    def _from_bytes(self, row: Row, data: bytes, name: str, facts: Facts) -> Image:
        for kept in self._recent.values():
            if kept.facts == facts and kept.data == data:
                return kept
        if len(data) > MAX_BYTES:
            raise row.bad("image too large", f"image {name!r} has {len(data)} bytes, more than {MAX_BYTES}")
        if not data:
            raise row.bad("image missing", f"image {name!r} has no bytes")
        return self._keep((f"{name}#{row.number}", facts), Image(data, name, facts))

    def _from_path(self, row: Row, path: str, facts: Facts) -> Image:
        kept = self._recent.get((path, facts))
        if kept is not None:
            self._recent.move_to_end((path, facts))
            return kept
        data = self._load(row, path)
        return self._keep((path, facts), Image(data, path, facts))

    def _keep(self, key: tuple[str, Facts], image: Image) -> Image:
        self._recent[key] = image
        if len(self._recent) > _KEPT:
            self._recent.popitem(last=False)
        return image

    def _load(self, row: Row, text: str) -> bytes:
        path = PurePosixPath(text.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or Path(text).is_absolute():
            raise row.bad("unsafe path", f"refused image path {text!r}: it leads out of the data folder")
        if self._folder is None:
            raise row.bad("image missing", f"image {text!r} is a path, but this source has no files")
        for candidate in (self._folder / path, self._folder / _SUBFOLDER / path):
            if candidate.is_file():
                return _read_file(row, candidate)
        return self._from_archives(row, path)

    def _from_archives(self, row: Row, path: PurePosixPath) -> bytes:
        for archive in self._archives:
            member = archive.find(path)
            if member is None:
                continue
            if member.file_size > MAX_BYTES:
                raise row.bad("image too large", f"image {str(path)!r} has {member.file_size} bytes in {archive.path}")
            return archive.read(member)
        raise row.bad("image missing", f"image {str(path)!r} is not in {self._folder}, its images/ or a zip there")

    @cached_property
    def _archives(self) -> list[Archive]:
        return [Archive(path) for path in sorted(self._folder.glob("*.zip"))] if self._folder else []


def _parts(row: Row, value: Any) -> tuple[bytes | None, str]:
    if isinstance(value, Mapping):
        data, path = value.get("bytes"), value.get("path")
    else:
        data, path = (value, None) if isinstance(value, bytes) else (None, value)
    if isinstance(data, bytes) or (isinstance(path, str) and path):
        return (data if isinstance(data, bytes) else None), (path if isinstance(path, str) else "")
    raise row.bad("image missing", f"an image column holds {type(value).__name__}, neither bytes nor a path")


def _read_file(row: Row, path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise row.bad("image too large", f"image {path} has {size} bytes, more than {MAX_BYTES}")
        return path.read_bytes()
    except OSError as error:
        raise row.bad("image unreadable", f"image {path} cannot be read: {error.strerror}") from error
