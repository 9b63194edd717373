"""A data set of the Hugging Face hub: its files are fetched one after another, each as its turn comes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path, PurePosixPath

from prism_eval.benchmarks.definition import Source
from prism_eval.benchmarks.sources.hub import cached_folder, download_file, download_files, files_on_hub, is_offline
from prism_eval.benchmarks.sources.splits import choose_files
from prism_eval.benchmarks.sources.tree import CARD, data_folder, files_below, read_card
from prism_eval.data_sets.folders import folder_parts
from prism_eval.data_sets.metadata import LISTS
from prism_eval.data_sets.packed import TABLE, packed_parts
from prism_eval.data_sets.picture import SUFFIXES, Part, Picture
from prism_eval.data_sets.tables import COLUMNS, TablePart
from prism_eval.data_sets.webdataset import TarPart
from prism_eval.errors import DataError, UsageError

PREFIX = "hub:"
_NAME = re.compile(r"(?P<dataset>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]+))?", re.ASCII)
_SPLITS = ("split", "config")
_PICTURES = (
    *(f"*{one}" for suffix in SUFFIXES for one in (suffix, suffix.upper())),
    "*.txt",
    *(f"*{name}" for name in LISTS),
)
"""What is fetched of a data set whose pictures lie there one by one: them, and what is said of them."""


@dataclass(frozen=True)
class HubPart:
    """One file on the hub. It is fetched into the cache of the hub's library when it is read, and stays there.

    Attributes:
        source: The data set.
        commit: Of which it is.
        path: Its path in the data set.
        size: Its bytes.
        local: The part that it is where it lies in a folder.
    """

    source: Source
    commit: str
    path: str
    size: int
    local: TarPart | TablePart

    @property
    def name(self) -> str:
        """As of the file in a folder."""
        return self.local.name

    @property
    def state(self) -> str:
        """As of the file in a folder: whoever downloads it meanwhile goes on with the same shards."""
        return self.local.state_at(self.size)

    @property
    def weight(self) -> int:
        """Its bytes."""
        return self.size

    def count(self) -> None:
        """Nobody knows before it was fetched."""
        return

    def check(self) -> None:
        """Make sure that a table has pictures; it is fetched for it.

        Raises:
            UsageError: It has no column of pictures, or not the one that is named.
            DataError: It cannot be fetched, or is no Parquet file.
        """
        if isinstance(self.local, TablePart):
            replace(self.local, file=self._fetched()).check()

    def pictures(self) -> Iterator[Picture]:
        """The file's pictures.

        Raises:
            DataError: It cannot be fetched, or is damaged.
        """
        fetched = self._fetched()
        try:
            yield from replace(self.local, file=fetched).pictures()
        except DataError:
            raise
        except UsageError as error:  # another table than the first, which was checked: the rest is captioned
            raise DataError(str(error)) from error

    def _fetched(self) -> Path:
        return download_file(self.source, self.commit, self.path)


def hub_parts(text: str, options: Mapping[str, str]) -> Sequence[Part]:
    """The parts of a data set on the hub; offline, of what its library has kept of it on this machine.

    Args:
        text: ``OWNER/NAME``, or ``OWNER/NAME@REVISION``.
        options: The columns of its tables as for `TablePart`, and, under ``split`` and ``config``, which tables.

    Raises:
        UsageError: It holds no files that are read, or an option will not do.
        DataError: The hub cannot be reached or has no such data set, or no such split.
        MissingExtra: The ``hub`` extra is not installed.
    """
    source = _source(text, options)
    named = {name: value for name, value in options.items() if name in COLUMNS}
    if is_offline():
        return _kept(source, options, named)
    commit, sizes = files_on_hub(source)
    _quiet()
    card = read_card(download_file(source, commit, CARD).parent) if "split" in options and CARD in sizes else ""
    chosen = _chosen(map(PurePosixPath, sizes), source, options, card)
    packed = {part.file.as_posix(): part for part in packed_parts(Path(), chosen, named)}
    parts = [HubPart(source, commit, path, sizes[path], part) for path, part in packed.items()]
    if not parts:
        # One file a picture: to be fetched one by one while others wait, they are too many.
        return _there(download_files(source.model_copy(update={"files": _PICTURES}), commit), source, chosen, named)
    parts[0].check()
    return parts


def _kept(source: Source, options: Mapping[str, str], named: Mapping[str, str]) -> Sequence[Part]:
    """What is kept on this machine, as far as it is."""
    kept = cached_folder(source)
    if kept is None:
        raise DataError(
            f"HF_HUB_OFFLINE is set, and nothing of data set {source.dataset} is kept on this machine: go online once, "
            "or name a folder"
        )
    folder = data_folder(kept, source)
    files = files_below(folder, lambda _: True)
    return _there(folder, source, _chosen(files, source, options, read_card(folder)), named)


def _there(folder: Path, source: Source, files: Sequence[PurePosixPath], named: Mapping[str, str]) -> Sequence[Part]:
    parts = packed_parts(folder, files, named) or folder_parts(folder, map(str, files), named)
    if not parts:
        raise UsageError(
            f"data set {source.dataset} holds no pictures, WebDataset tars or Parquet files; the hub may have made "
            f"Parquet files of it: {PREFIX}{source.dataset}@refs/convert/parquet"
        )
    return parts


def _quiet() -> None:
    """Leave the screen to the display of our own: the hub's library would draw a bar for each file."""
    import_module("huggingface_hub.utils").disable_progress_bars()


def _source(text: str, options: Mapping[str, str]) -> Source:
    found = _NAME.fullmatch(text)
    if not found:
        raise UsageError(
            f"{PREFIX}{text} names no data set of the hub: write {PREFIX}OWNER/NAME, or {PREFIX}OWNER/NAME@REVISION"
        )
    if unknown := sorted(options.keys() - {*COLUMNS, *_SPLITS}):
        raise UsageError(
            f"of a data set of the hub {', '.join((*_SPLITS, *COLUMNS))} are named, and not {unknown[0]!r}"
        )
    if "config" in options and "split" not in options:
        raise UsageError(
            f"{PREFIX}{text}: a config is named with its split, as in '?config={options['config']}&split=train'"
        )
    return Source(
        dataset=found["dataset"],
        revision=found["revision"],
        split=options.get("split", "train"),
        config=options.get("config"),
    )


def _chosen(
    files: Iterable[PurePosixPath], source: Source, options: Mapping[str, str], card: str
) -> list[PurePosixPath]:
    """The files that may be read, in order: of tables those of a split, where one is named."""
    every = sorted(files)
    if "split" not in options:
        return every
    tables = [file for file in every if file.suffix == TABLE]
    return [file.path for file in choose_files(tables, source, card=card, where=f"data set {source.dataset}")]
