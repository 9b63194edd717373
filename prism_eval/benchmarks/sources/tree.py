"""A benchmark's folder on disk: which files in it hold the rows that are asked for, and what commit they are of."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from prism_eval.benchmarks.definition import Source
from prism_eval.benchmarks.sources.splits import SplitFile, files_of_split, no_such_file
from prism_eval.errors import DataError

CARD = "README.md"

# Parquet first: a snapshot of the hub may hold some JSON besides its tables.
_FORMATS = {".parquet": "Parquet", ".jsonl": "JSON Lines", ".json": "JSON"}
_COMMIT = re.compile(r"[0-9a-f]{40}")
# Where `hf download` notes what it has put beside it: the commit first, a line each.
_NOTES = Path(".cache", "huggingface", "download")
_CARD_BYTES = 2**20


def files_in(folder: Path, source: Source) -> list[Path]:
    """The files that hold a source's rows, links that lead nowhere included.

    Raises:
        DataError: There are none, or it is not clear which.
    """
    top = data_folder(folder)
    return [top / file.path for file in split_files_in(top, source)]


def split_files_in(folder: Path, source: Source) -> list[SplitFile]:
    """The same files, with what their names say: its split's Parquet files, else ``data.jsonl``, else its split's JSON.

    Args:
        folder: What `data_folder` gave.
        source: The configuration and split that are asked for.

    Raises:
        DataError: There are none, or it is not clear which.
    """
    tables = sorted(_tables(folder))
    card = _card(folder)
    for suffix in _FORMATS:
        paths = [path for path in tables if path.suffix == suffix]
        main = PurePosixPath(f"data{suffix}")
        if suffix != ".parquet" and main in paths:
            return [SplitFile(main, "", certain=False)]
        found = files_of_split(paths, source, card=card)
        if found and suffix != ".parquet" and not any(file.label for file in found):
            found = _only(folder, [file for file in found if len(file.path.parts) == 1])
        if found:
            return found
    for suffix, what in _FORMATS.items():
        if paths := [path for path in tables if path.suffix == suffix]:
            raise no_such_file(str(folder), what, paths, source)
    raise DataError(f"{folder} holds neither Parquet files nor a .jsonl file")


def data_folder(folder: Path) -> Path:
    """The folder itself, or the snapshot in it, where it is a data set's whole place in the hub's cache.

    Raises:
        DataError: It has several snapshots, and does not say which is the newest.
    """
    snapshots = [path for path in folder.glob("snapshots/*") if _COMMIT.fullmatch(path.name)]
    if len(snapshots) < 2:
        return snapshots[0] if snapshots else folder
    main = folder / "refs" / "main"
    newest = main.read_text(encoding="ascii", errors="replace").strip() if main.is_file() else ""
    for snapshot in snapshots:
        if snapshot.name == newest:
            return snapshot
    names = ", ".join(sorted(path.name for path in snapshots))
    raise DataError(f"{folder} holds several snapshots ({names}): link one of them in its place")


def commit_of(folder: Path, source: Source) -> str | None:
    """The commit of the hub that a folder's files are of, where what downloaded them says so."""
    try:
        top = data_folder(folder)
        files = split_files_in(top, source)
    except DataError:  # said by whoever reads the rows
        return None
    place = top.resolve()
    if place.parent.name == "snapshots" and _COMMIT.fullmatch(place.name):
        return place.name
    noted = {_noted_commit(top / _NOTES / f"{file.path}.metadata") for file in files}
    # Files of two commits are a data set that nobody has published.
    return noted.pop() if len(noted) == 1 else None


def _noted_commit(note: Path) -> str | None:
    try:
        with note.open("rb") as file:
            found = file.readline(64).strip().decode("ascii", "replace")
    except OSError:
        return None
    return found if _COMMIT.fullmatch(found) else None


def _tables(folder: Path) -> Iterator[PurePosixPath]:
    """The paths of everything that may hold rows; links are followed, hidden folders passed over."""
    seen: set[str] = set()
    for top, folders, names in os.walk(folder, followlinks=True):
        # A link that leads back up would otherwise be followed for ever.
        real = os.path.realpath(top)
        folders[:] = [] if real in seen else sorted(name for name in folders if not name.startswith("."))
        for name in () if real in seen else names:
            path = PurePosixPath(Path(top, name).relative_to(folder).as_posix())
            if path.suffix in _FORMATS and not name.startswith("."):
                yield path
        seen.add(real)


def _only(folder: Path, files: list[SplitFile]) -> list[SplitFile]:
    # Whose name says nothing may hold anything, such as metadata: of one there is no doubt, of several there is.
    if len(files) > 1:
        names = ", ".join(str(file.path) for file in files)
        what = _FORMATS[files[0].path.suffix]
        raise DataError(f"{folder} holds several {what} files ({names}); call the one to read data.jsonl")
    return [file for file in files if file.path.suffix == ".jsonl"]


def _card(folder: Path) -> str:
    try:
        with (folder / CARD).open("rb") as file:
            return file.read(_CARD_BYTES).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return ""
