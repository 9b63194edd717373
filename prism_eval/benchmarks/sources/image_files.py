"""The bytes of an image that a row names by its path: a file in the data's folder, or a member of a zip file there."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path, PurePosixPath

from prism_eval.benchmarks.rows import Row
from prism_eval.benchmarks.sources.archive import Archive
from prism_eval.benchmarks.sources.tree import leads_out
from prism_eval.files.budgets import MAX_BYTES, read_most

_SUBFOLDER = "images"


class ImageFiles:
    """Finds image files.

    Args:
        folder: Where paths lead, including any zip archives that lie there; ``None`` if there are no files.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def read(self, row: Row, text: str) -> bytes:
        """The bytes of the file at a path.

        Args:
            row: The row that names it, for messages.
            text: The path, as untrusted as the rest of the row.

        Raises:
            RowError: There is no such file, it is unreadable or too large, or the path leads out of the folder.
        """
        # Data sets are written on Windows too; a path of theirs is read as if it were of ours.
        path = PurePosixPath(text.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or Path(text).is_absolute():
            raise row.bad("unsafe path", f"refused image path {text!r}: it leads out of the data folder")
        if self._folder is None:
            raise row.bad("image missing", f"image {text!r} is a path, but this source has no files")
        for folder in (self._folder, self._folder / _SUBFOLDER):
            candidate = folder / path
            if _is_file(candidate):
                if leads_out(self._folder, candidate, neighbours=True):
                    raise row.bad("unsafe path", f"refused image {candidate}: a link that leads out of {self._folder}")
                return _read_file(row, candidate)
        return self._from_archives(row, path)

    def _from_archives(self, row: Row, path: PurePosixPath) -> bytes:
        for archive in self._archives:
            if self._folder and leads_out(self._folder, archive.path, neighbours=True):
                raise row.bad("unsafe path", f"refused {archive.path}: a link that leads out of {self._folder}")
            member = archive.find(path)
            if member is None:
                continue
            data = archive.read(member, most=MAX_BYTES)
            if len(data) > MAX_BYTES:
                what = f"image {str(path)!r} has more than {MAX_BYTES} bytes in {archive.path}"
                raise row.bad("image too large", what)
            return data
        raise row.bad("image missing", f"image {str(path)!r} is not in {self._folder}, its images/ or a zip there")

    @cached_property
    def _archives(self) -> list[Archive]:
        return [Archive(path) for path in sorted(self._folder.glob("*.zip"))] if self._folder else []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for the file system: the column holds no path at all
        return False


def _read_file(row: Row, path: Path) -> bytes:
    try:
        data = read_most(path, MAX_BYTES)
    except OSError as error:
        raise row.bad("image unreadable", f"image {path} cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise row.bad("image too large", f"image {path} has more than {MAX_BYTES} bytes")
    return data
