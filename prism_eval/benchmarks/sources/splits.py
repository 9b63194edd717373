"""Which files of a data set hold the split that is asked for.

The hub serves data sets whole or in shards, with hashes in their names, in a folder for each configuration or split, at
the root, or converted to Parquet in a branch of their own. One rule reads all of them: a file's name, less what only
numbers it, spells its split, and of the spellings that are there the nearest to the split's own name is meant. Where
the data set's card says which files a split has, the card is believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from prism_eval.benchmarks.definition import Source
from prism_eval.benchmarks.sources.card import files_by_card
from prism_eval.errors import DataError

# Parquet first: a snapshot of the hub may hold some JSON besides its tables.
FORMATS = {".parquet": "Parquet", ".jsonl": "JSON Lines", ".json": "JSON"}
"""The endings of files that may hold rows, in the order in which they are looked for."""

# `test-00000-of-00003`, with a hash after it where `datasets` wrote it in 2022 and 2023.
_SHARD = re.compile(r"(?P<label>.*)-(?P<number>\d{5})-of-(?P<total>\d{5})(?:-[0-9a-f]{16})?")
# `0000`, as the hub's own conversion numbers the files in a split's folder; `partial-` says that it stopped early.
_NUMBER = re.compile(r"\d+")
_PARTIAL = "partial-"
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
# Folders that stand for no configuration and no split.
_NEUTRAL = frozenset({"data", "default"})
# The same part of a data set goes by several names, in files and in its card. `dev` is none of them: MMMU has both.
_SAME = ("validation", "valid", "val")
_KNOWN = frozenset({"train", "training", "test", "testing", "testmini", "dev", *_SAME})


@dataclass(frozen=True)
class SplitFile:
    """A file, and what its name says of it.

    Attributes:
        path: Its path in the data set.
        label: What its name, or the folder that its split has, spells; empty for nothing.
        certain: Whether a machine named it, which never leaves the split out.
        number: Its place among the split's files, where it is numbered.
        total: How many there are, where its name says so.
    """

    path: PurePosixPath
    label: str
    certain: bool
    number: int | None = None
    total: int | None = None

    @property
    def partial(self) -> bool:
        """Whether the hub's conversion stopped before the split's end."""
        return any(part.startswith(_PARTIAL) for part in self.path.parts[:-1])


def choose_files(paths: Iterable[PurePosixPath], source: Source, *, card: str = "", where: str) -> list[SplitFile]:
    """The files that hold a source's rows, in alphabetical order: Parquet files, else ``data.jsonl``, else JSON.

    Args:
        paths: The data set's files that may hold rows.
        source: The configuration and split that are asked for.
        card: The text of the data set's ``README.md``, whose header may list each split's files.
        where: Where they are, for messages.

    Raises:
        DataError: There are none, or it is not clear which.
    """
    every = sorted(paths)
    tables = {ending: [path for path in every if path.suffix == ending] for ending in FORMATS}
    for ending, there in tables.items():
        main = PurePosixPath(f"data{ending}")
        if ending != ".parquet" and main in there:
            return [SplitFile(main, "", certain=False)]
        if found := _of_source(there, source, card):
            if ending == ".parquet" or found[0].label:
                return found
            # Whose name says nothing may hold anything, such as metadata: one at the top is meant, of several nobody
            # can tell.
            top = [file for file in found if len(file.path.parts) == 1]
            if ending == ".jsonl" and top:
                return _only(top, where)
    for ending, there in tables.items():
        if there:
            raise _no_such_file(where, FORMATS[ending], there, source)
    raise DataError(f"{where} holds neither Parquet files nor a .jsonl file")


def _of_source(paths: Sequence[PurePosixPath], source: Source, card: str) -> list[SplitFile]:
    files = [_read(path, source) for path in paths]
    stated = files_by_card(card, paths, source)
    if stated:
        return [replace(file, label=file.label or source.split) for file in files if file.path in stated]
    ours = _of_config(files, source)
    # A copy of the data set may keep the rows among others, from which the definition's `where` picks them.
    return _nearest(ours, source.split) or next(filter(None, (_named(ours, split) for split in source.also)), [])


def _named(files: Sequence[SplitFile], split: str) -> list[SplitFile]:
    return [file for file in files if _words(file.label) == _words(split)]


def _only(files: Sequence[SplitFile], where: str) -> list[SplitFile]:
    if len(files) > 1:
        names = ", ".join(str(file.path) for file in files)
        raise DataError(f"{where} holds several JSON Lines files ({names}); call the one to read data.jsonl")
    return list(files)


def _read(path: PurePosixPath, source: Source) -> SplitFile:
    stem, folders = path.name.removesuffix(path.suffix), path.parts[:-1]
    if shard := _SHARD.fullmatch(stem):
        return SplitFile(path, shard["label"], True, int(shard["number"]), int(shard["total"]))
    inner = [folder.removeprefix(_PARTIAL) for folder in reversed(folders) if folder not in (*_NEUTRAL, source.config)]
    if _NUMBER.fullmatch(stem):
        return SplitFile(path, inner[0] if inner else "", bool(inner), int(stem))
    if _spells_any(stem, source):
        return SplitFile(path, stem, False)
    return SplitFile(path, next((folder for folder in inner if _is_split(folder, source)), ""), False)


def _of_config(files: Sequence[SplitFile], source: Source) -> list[SplitFile]:
    """The configuration's files, else those that name none; never another's."""
    if source.config is None:
        return list(files)
    words = _words(source.config)
    folders = {file.path: set(file.path.parts[:-1]) for file in files}
    named = [file for file in files if source.config in folders[file.path]]
    spelled = [file for file in files if not folders[file.path] and _contains(_words(file.path.stem), words)]
    neutral = [file for file in files if all(_is_neutral(folder, source) for folder in folders[file.path])]
    return named or spelled or neutral


def _nearest(files: Sequence[SplitFile], split: str) -> list[SplitFile]:
    """The split's files, else those that name no split; never another split's."""
    names = [split, *(same for same in _SAME if split in _SAME and same != split)]
    for spelled in (lambda label, words: label == words, _contains):
        for name in names:
            if found := [file for file in files if spelled(_words(file.label), _words(name))]:
                return found
    return [file for file in files if not file.label and not file.certain]


def _spells_any(stem: str, source: Source) -> bool:
    return any(_contains(_words(stem), _words(split)) for split in (source.split, *source.also, *_KNOWN))


def _is_split(folder: str, source: Source) -> bool:
    return any(_words(folder) == _words(split) for split in (source.split, *source.also, *_KNOWN))


def _is_neutral(folder: str, source: Source) -> bool:
    return folder in _NEUTRAL or _is_split(folder.removeprefix(_PARTIAL), source)


def _words(name: str) -> tuple[str, ...]:
    return tuple(word for word in _NOT_A_WORD.split(name.lower()) if word)


def _contains(words: Sequence[str], part: Sequence[str]) -> bool:
    return any(tuple(words[start : start + len(part)]) == tuple(part) for start in range(len(words) - len(part) + 1))


def _no_such_file(where: str, what: str, paths: Sequence[PurePosixPath], source: Source) -> DataError:
    """The error of a data set that has tables, and none of the split."""
    lacks_config = source.config and not _of_config([_read(path, source) for path in paths], source)
    asked = f"config {source.config!r}" if lacks_config else f"split {source.split!r}"
    return DataError(f"{where} holds no {what} file of {asked}; it holds: {', '.join(map(str, sorted(paths)[:5]))}")
