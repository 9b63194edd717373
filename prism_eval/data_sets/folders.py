"""A folder of picture files, with captions beside them: ``cat.jpg`` and ``cat.txt``, or lists as an imagefolder's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prism_eval.benchmarks.sources.tree import leads_out
from prism_eval.data_sets.metadata import LISTS, captions_in
from prism_eval.data_sets.picture import SUFFIXES, Picture, as_caption, read_picture, size_of
from prism_eval.data_sets.tables import COLUMNS
from prism_eval.files.budgets import MAX_CHARACTERS, regular
from prism_eval.plugins.identity import digest_of

PICTURES_A_PART = 10_000
"""As many as img2dataset puts into a shard: few enough to write again, enough to be read in one go."""


@dataclass(frozen=True)
class FolderPart:
    """So many of a folder's picture files.

    Attributes:
        name: Its number among the folder's parts, in five digits.
        folder: The folder.
        paths: The files in it, relative to it, in order.
        first: How many stand in the parts before it.
        lists: Lists of files with captions, relative to it, as `captions_in` reads them.
        columns: Where captions stand in those.
    """

    name: str
    folder: Path
    paths: Sequence[str] = field(repr=False)
    first: int = 0
    lists: Sequence[str] = field(default=(), repr=False)
    columns: Sequence[str] = ()

    @property
    def state(self) -> str:
        """A digest of the files' names and sizes, and of those of the lists."""
        return digest_of([[path, size_of(self.folder / path)] for path in (*self.paths, *self.lists)])

    @property
    def weight(self) -> int:
        """Its files."""
        return len(self.paths)

    def count(self) -> int:
        """How many files it has."""
        return len(self.paths)

    def pictures(self) -> Iterator[Picture]:
        """The files' pictures; one that cannot be read says why.

        Raises:
            DataError: A list of files with captions is damaged.
        """
        listed = captions_in(self.folder, self.lists, self.paths, self.columns) if self.lists else {}
        for number, path in enumerate(self.paths, self.first):
            # A number, as img2dataset's: a path may hold what no member of an archive should be called.
            key, file = f"{number:09d}", self.folder / path
            if leads_out(self.folder, file):
                yield Picture(key, path, problem=f"it is a link that leads out of {self.folder}")
                continue
            try:
                caption = self._beside(file.with_suffix(".txt")) or listed.get(path, "")
                yield Picture(key, path, read_picture(file), caption)
            except OSError as error:
                yield Picture(key, path, problem=f"it cannot be read: {error.strerror or error}")

    def _beside(self, file: Path) -> str:
        """What a text file beside a picture says; nothing where there is none of this folder's."""
        try:
            if leads_out(self.folder, file):
                return ""
            with regular(file).open("rb") as text:
                return as_caption(text.read(MAX_CHARACTERS))
        except OSError:
            return ""


def folder_parts(folder: Path, files: Iterable[str], named: Mapping[str, str]) -> list[FolderPart]:
    """The parts of a folder: its picture files, in the order of their paths.

    Args:
        folder: The folder.
        files: The files in it and below, relative to it; what is neither a picture nor one of `LISTS` is passed over.
        named: The column of captions in lists of files, by ``caption``, where it is none of `COLUMNS`.
    """
    columns = [named["caption"]] if "caption" in named else COLUMNS["caption"]
    found = sorted(files)
    lists = [path for path in found if path.rpartition("/")[2] in LISTS]
    paths = [path for path in found if path.lower().endswith(SUFFIXES)]
    starts = range(0, len(paths), PICTURES_A_PART)
    return [
        FolderPart(f"{number:05d}", folder, paths[start : start + PICTURES_A_PART], start, lists, columns)
        for number, start in enumerate(starts)
    ]
