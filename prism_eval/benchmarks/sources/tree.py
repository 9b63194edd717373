"""A benchmark's folder on disk: which files in it hold the rows that are asked for, and what commit they are of."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from prism_eval.benchmarks.definition import Source
from prism_eval.benchmarks.sources.splits import FORMATS, SplitFile, choose_files
from prism_eval.errors import DataError
from prism_eval.files.budgets import regular

CARD = "README.md"

_COMMIT = re.compile(r"[0-9a-f]{40}")
# Where `hf download` notes what it has put beside it: the commit first, a line each.
_NOTES = Path(".cache", "huggingface", "download")
_CARD_BYTES = 2**20


def files_in(folder: Path, source: Source) -> list[Path]:
    """The files that hold a source's rows, links that lead nowhere included.

    Raises:
        DataError: There are none, or it is not clear which.
    """
    files = [folder / file.path for file in split_files_in(folder, source)]
    if strays := [file for file in files if leads_out(folder, file, neighbours=True)]:
        raise DataError(f"{strays[0]} is a link that leads out of {folder}: put the file itself there")
    return files


def split_files_in(folder: Path, source: Source) -> list[SplitFile]:
    """The same files, with what their names say.

    Raises:
        DataError: There are none, or it is not clear which.
    """
    return choose_files(_tables(folder), source, card=read_card(folder), where=str(folder))


def data_folder(folder: Path, source: Source) -> Path:
    """The folder itself, or the snapshot in it, where it is a data set's whole place in the hub's cache.

    Raises:
        DataError: It has several snapshots, and does not say which is the newest.
    """
    snapshots = {path.name: path for path in folder.glob("snapshots/*") if _COMMIT.fullmatch(path.name)}
    main = folder / "refs" / "main"
    newest = main.read_text(encoding="ascii", errors="replace").strip() if main.is_file() else ""
    wanted = source.revision or newest
    if not snapshots:
        return folder
    if wanted in snapshots:
        return snapshots[wanted]
    if len(snapshots) == 1 and not source.revision:
        return next(iter(snapshots.values()))
    raise DataError(
        f"{folder} holds the snapshots {', '.join(sorted(snapshots))}, and not {wanted or 'which is meant'}"
    )


def leads_out(folder: Path, path: Path, *, neighbours: bool = False) -> bool:
    """Whether a path in a data set goes over a link to somewhere else: to the user's own pictures, say, as `images/`.

    The data set's own folder may be a link, to another disk.

    Args:
        folder: The data set's folder.
        path: What is in it, by its name.
        neighbours: Whether the folders beside it are home as well: benchmarks of one data folder may share files.
    """
    leads_to = path.resolve() if path.is_symlink() else _resolved(path.parent) / path.name
    place = _resolved(folder)
    # The hub's cache keeps a data set's files beside its snapshots.
    homes = {place.parent.parent if place.parent.name == "snapshots" else place}
    if neighbours:
        homes.add(_resolved(folder.parent))
    return homes.isdisjoint([leads_to, *leads_to.parents])


@functools.lru_cache(maxsize=256)
def _resolved(folder: Path) -> Path:
    # Remembered, since each picture asks; nobody moves a data set's folders while it is read.
    return folder.resolve()


def commit_of(folder: Path, source: Source) -> str | None:
    """The commit of the hub that a folder's files are of, where what downloaded them says so."""
    try:
        files = split_files_in(folder, source)
    except DataError:  # said by whoever reads the rows
        return None
    place = folder.resolve()
    if place.parent.name == "snapshots" and _COMMIT.fullmatch(place.name):
        return place.name
    noted = {_noted_commit(folder / _NOTES / f"{file.path}.metadata") for file in files}
    # Files of two commits are a data set that nobody has published.
    return noted.pop() if len(noted) == 1 else None


def holds_rows(folder: Path, source: Source) -> bool:
    """Whether there are files of a source's rows."""
    try:
        return bool(files_in(folder, source))
    except DataError:
        return False


def _noted_commit(note: Path) -> str | None:
    try:
        with note.open("rb") as file:
            found = file.readline(64).strip().decode("ascii", "replace")
    except OSError:
        return None
    return found if _COMMIT.fullmatch(found) else None


def _tables(folder: Path) -> Iterator[PurePosixPath]:
    """The paths of everything that may hold rows."""
    return files_below(folder, lambda name: name.endswith(tuple(FORMATS)), neighbours=True)


def files_below(folder: Path, wanted: Callable[[str], bool], *, neighbours: bool = False) -> Iterator[PurePosixPath]:
    """The paths, relative to a folder, of the files in it and below; hidden ones are passed over.

    Args:
        folder: The folder.
        wanted: Whether a file is, by its name alone: most files of a data folder are pictures, and there may be a
            hundred thousand.
        neighbours: As for `leads_out`.

    Raises:
        DataError: A folder in it is a link that leads out (`leads_out`). Behind it may lie a whole disk.
    """
    seen: set[str] = set()
    for top, folders, names in os.walk(folder, followlinks=True):
        # A link that leads back up would otherwise be followed for ever.
        real = os.path.realpath(top)
        for link in (Path(top, name) for name in folders):
            if link.is_symlink() and leads_out(folder, link, neighbours=neighbours):
                raise DataError(
                    f"{link} is a link that leads out of {folder}: put the folder itself there, or let {folder} as a "
                    "whole be a link"
                )
        folders[:] = [] if real in seen else sorted(name for name in folders if not name.startswith("."))
        for name in () if real in seen else names:
            if wanted(name) and not name.startswith("."):
                yield PurePosixPath(Path(top, name).relative_to(folder).as_posix())
        seen.add(real)


def read_card(folder: Path) -> str:
    """The text of a data set's card; empty if there is none."""
    try:
        with regular(folder / CARD).open("rb") as file:
            return file.read(_CARD_BYTES).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return ""
