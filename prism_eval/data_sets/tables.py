"""Parquet files with a column of pictures, as the Hugging Face hub has them, or with one of paths to picture files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from prism_eval.benchmarks.rows import RowError
from prism_eval.benchmarks.sources.parquet import parquet_rows, parquet_size
from prism_eval.benchmarks.sources.tree import leads_out
from prism_eval.benchmarks.sources.unreadable import unreadable
from prism_eval.data_sets.picture import NO_PICTURE, Picture, as_caption, read_picture, size_of, within_budget
from prism_eval.errors import UsageError
from prism_eval.files.budgets import regular
from prism_eval.files.parquet import damage
from prism_eval.plugins.identity import digest_of

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "image": (
        "image",
        "jpg",
        "jpeg",
        "png",
        "webp",
        "img",
        "image_bytes",
        "picture",
        "image_path",
        "path",
        "file_name",
    ),
    "caption": ("caption", "text", "txt"),
    "key": ("key", "__key__", "id", "image_id"),
}
"""The columns that are looked for, the first of each that a file has."""


@dataclass(frozen=True)
class TablePart:
    """One Parquet file.

    Attributes:
        file: The file; paths in it lead from its folder.
        named: The columns that are meant, by ``image``, ``caption`` and ``key``, where they are not those of `COLUMNS`.
    """

    file: Path
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.file.stem

    @property
    def state(self) -> str:
        """A digest of the file's name and size."""
        return self.state_at(size_of(self.file))

    @property
    def weight(self) -> int:
        """The file's bytes."""
        return max(size_of(self.file), 0)

    def state_at(self, size: int) -> str:
        """What the state of a file of so many bytes is, which need not be there."""
        return digest_of([self.file.name, size, dict(self.named)])

    def count(self) -> int:
        """How many rows it has.

        Raises:
            DataError: It is no Parquet file.
        """
        return parquet_size(self.file)

    def check(self) -> None:
        """Make sure that it has pictures.

        Raises:
            UsageError: It has no column of pictures, or not the one that is named.
            DataError: It is no Parquet file.
        """
        self._columns()

    def pictures(self) -> Iterator[Picture]:
        """The rows' pictures; one that cannot be read says why.

        Raises:
            DataError: The file is damaged.
        """
        columns = self._columns()
        for row in parquet_rows(self.file, set(columns.values())):
            if isinstance(row, RowError):
                raise row
            yield self._picture(row.number, {what: row.values[name] for what, name in columns.items()})

    def _picture(self, number: int, row: Mapping[str, Any]) -> Picture:
        said, key = row["image"], row.get("key")
        key = f"{number:09d}" if key is None else str(key)
        held: object = said
        path: object = None
        if isinstance(said, dict):
            held, path = said.get("bytes"), said.get("path")
        if isinstance(held, str):
            held, path = None, held
        # A name that came with the bytes is told as it is: nothing is opened by it.
        named = path if isinstance(path, str) and path else f"{self.file.name}/{number}"
        caption = as_caption(row.get("caption"))
        try:
            if isinstance(held, bytes):
                return Picture(key, named, within_budget(held), caption)
            if not isinstance(path, str):
                return Picture(key, named, caption=caption, problem=NO_PICTURE)
            return Picture(key, named, read_picture(self._below(path)), caption)
        except OSError as error:
            return Picture(key, named, caption=caption, problem=f"it cannot be read: {error.strerror or error}")

    def _below(self, text: str) -> Path:
        """The file at a path in a row, as untrusted as the row.

        Raises:
            OSError: It leads out of the data set's folder.
        """
        path, folder = PurePosixPath(text.replace("\\", "/")), self.file.parent
        outside = path.is_absolute() or ".." in path.parts or Path(text).is_absolute()
        if outside or leads_out(folder, folder / path):
            raise OSError(f"path {text[:200]!r} leads out of {folder}")
        return folder / path

    def _columns(self) -> dict[str, str]:
        """The columns that are read, by what they hold."""
        import pyarrow.parquet as pq

        try:
            names = pq.read_schema(regular(self.file)).names
        except damage() as error:
            raise unreadable(self.file, "Parquet", error) from error
        found = {}
        for what, usual in COLUMNS.items():
            wanted = self.named.get(what)
            name = next((name for name in ([wanted] if wanted else usual) if name in names), None)
            if name is not None:
                found[what] = name
            elif wanted or what == "image":
                raise UsageError(
                    f"{self.file} has no column {wanted or 'of pictures'!r}; it has: {', '.join(names[:20])}: name it "
                    f"behind the data set, as in '?{what}=COLUMN'"
                )
        return found
