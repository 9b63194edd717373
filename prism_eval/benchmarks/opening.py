"""From a benchmark's name and what ``--data`` says to a benchmark that can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from prism_eval import plugins
from prism_eval.benchmarks.benchmark import Benchmark
from prism_eval.benchmarks.catalogue import definition_names, load_definition
from prism_eval.benchmarks.checks import why_none
from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.sources.caprl import CapRLSource, caprl_definition
from prism_eval.benchmarks.sources.folder import FolderSource, benchmark_folder
from prism_eval.benchmarks.sources.hub import HubSource, cached_folder, download_files, is_offline, resolve_revision
from prism_eval.benchmarks.sources.source import RowSource
from prism_eval.benchmarks.sources.tree import data_folder, holds_rows
from prism_eval.errors import DataError, DataUnreadable, UsageError
from prism_eval.files.folders import user_path

SYNTHETIC = "synthetic"
HUB = "hub"


class Opener(Protocol):
    """What the entry points of the group ``prism_eval.sources`` name: a place that has benchmarks of its own.

    The entry point's name is the prefix: ``PREFIX:REST`` as a benchmark's name is handed to it.
    """

    def open(self, name: str, data: str | Path) -> Benchmark:
        """The benchmark that the rest of the name stands for.

        Args:
            name: What stood after the prefix and its colon.
            data: A folder, ``synthetic`` or ``hub``.
        """
        ...


def available(data: str) -> tuple[str, ...]:
    """The benchmarks that can be read: all that are known, or those that have a folder in ``data``.

    Raises:
        DataError: The folder does not exist, or holds no benchmark.
    """
    names = definition_names()
    if data in (SYNTHETIC, HUB):
        return names
    folder = user_path(data)
    if not folder.is_dir():
        raise DataError(f"no data folder {data}: give --data a folder of benchmarks, 'synthetic' or 'hub'")
    found = tuple(name for name in names if _holds_something(folder / name))
    if not found:
        raise DataError(f"{data} holds no benchmark's folder; known benchmarks: {', '.join(names)}")
    return found


def _holds_something(folder: Path) -> bool:
    # A download that failed leaves a hidden folder of notes behind, which nobody has asked to be measured on.
    return folder.is_dir() and [path.name for path in folder.iterdir()] != [".cache"]


def open_benchmark(name: str, data: str | Path, *, seed: int = 0) -> Benchmark:
    """A benchmark with its data.

    Args:
        name: A benchmark, with a variant if wanted (``mmmu_pro:vision``), the path of a definition file, or the prefix
            of a source with what it opens (``prism-eval plugins`` lists the sources).
        data: A folder that holds the benchmark's folder, ``synthetic`` for its twin, or ``hub``.
        seed: What the twin is drawn with.

    Raises:
        UnknownName: There is no such benchmark.
        DataError: The definition or the data folder is missing or wrong.
        MissingExtra: ``hub`` or a source was asked for whose extra is not installed.
    """
    # A drive's colon (`C:\mine.toml`) is no prefix: no source has its name.
    prefix, colon, rest = name.partition(":")
    if colon and prefix in plugins.entry_points("source"):
        opener: Opener = plugins.load("source", prefix)
        return opener.open(rest, data)
    definition = load_definition(name)
    if definition.is_caprl:
        definition = caprl_definition(definition)
    return Benchmark(definition, _source(definition, data, seed))


def open_readable(names: Sequence[str], data: str | Path, *, seed: int = 0) -> tuple[list[Benchmark], dict[str, str]]:
    """The benchmarks of which at least one item can be read, and of the others why not.

    Args:
        names: As `open_benchmark` takes them.
        data: As `open_benchmark` takes it.
        seed: What twins are drawn with.

    Raises:
        DataUnreadable: None can be read.
        UsageError: A name is wrong, or stands for a benchmark that another has named; or an extra is not installed.
    """
    opened: list[Benchmark] = []
    unread: dict[str, str] = {}
    for name in names:
        try:
            benchmark = open_benchmark(name, data, seed=seed)
            # In the tables its items would be one item asked several times.
            if benchmark.name in {other.name for other in opened}:
                raise UsageError(f"the benchmark {benchmark.name} is named twice: drop one of them")
            _read_one(benchmark)
            opened.append(benchmark)
        except DataError as error:
            unread[name] = str(error)
    if not opened:
        raise DataUnreadable(unread)
    return opened, unread


def _read_one(benchmark: Benchmark) -> None:
    if reason := why_none(benchmark.items_and_problems()):
        raise DataError(f"{benchmark.source.origin}: {reason}")


def _source(definition: Definition, data: str | Path, seed: int) -> RowSource:
    revision = None
    folder: Path | None = None
    if data != HUB:
        folder = benchmark_folder(_data_folder(definition, data, seed), definition.folder)
    elif is_offline():
        folder = cached_folder(definition.source)
    elif definition.source.files:
        # Data sets that are no tables, which the hub's libraries cannot stream.
        revision = resolve_revision(definition.source)
        folder = download_files(definition.source, revision)
    snapshot = folder and data_folder(folder, definition.source)
    # Where the hub's library has kept no such files, `datasets` may still have kept the rows in a way of its own.
    if snapshot is None or (data == HUB and not definition.is_caprl and not holds_rows(snapshot, definition.source)):
        return HubSource(definition)
    if definition.is_caprl:
        return CapRLSource(definition, snapshot, revision)
    return FolderSource(definition, snapshot, revision, published=data != SYNTHETIC)


def _data_folder(definition: Definition, data: str | Path, seed: int) -> Path:
    if data != SYNTHETIC:
        return user_path(data)
    # Twins are drawn, and what draws them takes its time to import.
    from prism_eval.twins import ensure

    return ensure(definition.name, seed=seed)
