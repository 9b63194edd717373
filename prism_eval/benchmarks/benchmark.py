"""A benchmark that is ready to be asked: a definition and the place its rows come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prism_eval import plugins
from prism_eval.benchmarks.catalogue import CAPRL, load_definition
from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.reading.convert import Converter
from prism_eval.benchmarks.reading.pairing import pair_with_others
from prism_eval.benchmarks.reading.rows import RowError
from prism_eval.benchmarks.sources.caprl import DATASET as CAPRL_DATASET
from prism_eval.benchmarks.sources.caprl import CapRLSource, caprl_definition
from prism_eval.benchmarks.sources.folder import FolderSource, benchmark_folder
from prism_eval.benchmarks.sources.hub import HubSource, download_files, resolve_revision
from prism_eval.benchmarks.sources.source import RowSource, is_selected
from prism_eval.errors import DataError
from prism_eval.schema import Item
from prism_eval.scoring.base import Scorer

SYNTHETIC = "synthetic"
HUB = "hub"


@dataclass(frozen=True)
class Benchmark:
    """A benchmark and its data.

    Attributes:
        definition: What its rows mean.
        source: Where its rows come from.
        scorer: Scores its answers in place of the scorer that the definition names, where only the source can.
    """

    definition: Definition
    source: RowSource
    scorer: Scorer | None = None

    @property
    def name(self) -> str:
        """The name with its variant, as it stands in every item."""
        return self.definition.full_name

    @property
    def revision(self) -> str | None:
        """The commit of the data, where it comes from the hub."""
        return self.source.revision

    def size(self) -> int | None:
        """How many items there are, counted without reading the images; ``None`` where that cannot be known."""
        rows = self.source.size()
        return None if rows is None else rows * len(self.definition.asked)

    def items(self) -> Iterator[Item]:
        """The items, read as they are asked for; each call starts anew.

        An image's bytes are there but not yet looked at: `check_image` does that.

        Raises:
            DataError: A row is not as the definition says, or no row is.
        """
        yield from pair_with_others(self._unpaired())

    def _unpaired(self) -> Iterator[Item]:
        empty = True
        for item in self.items_and_problems():
            if isinstance(item, RowError):
                raise RowError(item.reason, f"benchmark {self.name}: {item}") from item
            empty = False
            yield item
        if empty:
            raise DataError(f"benchmark {self.name}: {self.source.origin} holds no row that the definition selects")

    def items_and_problems(self) -> Iterator[Item | RowError]:
        """The items without their pairing; in place of each that cannot be read, what is wrong with it."""
        converter = Converter(self.definition, self.source.images())
        for row in self.source.rows():
            if isinstance(row, RowError):
                yield row
                continue
            try:
                selected = is_selected(self.definition, row)
            except RowError as error:
                yield error
                continue
            if selected:
                yield from converter.items(row)


def open_benchmark(name: str, data: str | Path, *, seed: int = 0) -> Benchmark:
    """A benchmark with its data.

    Args:
        name: A benchmark, with a variant if wanted (``mmmu_pro:vision``), the path of a definition file, or
            ``lmms:`` and a task of lmms-eval.
        data: A folder that holds the benchmark's folder, ``synthetic`` for its twin, or ``hub``.
        seed: What the twin is drawn with.

    Raises:
        UnknownName: There is no such benchmark.
        DataError: The definition or the data folder is missing or wrong.
        MissingExtra: ``hub`` was asked for and its extra is not installed.
    """
    prefix, colon, rest = name.partition(":")
    if colon and prefix in plugins.entry_points("source"):
        open_source: Callable[[str, str | Path], Benchmark] = plugins.load("source", prefix)
        return open_source(rest, data)
    definition = load_definition(name)
    if definition.variant == CAPRL and CAPRL not in definition.variants:
        definition = caprl_definition(definition)
    if data == HUB:
        return Benchmark(definition, _hub_source(definition))
    if data == SYNTHETIC:
        from prism_eval.twins import ensure

        return Benchmark(definition, _folder_source(definition, ensure(definition.name, seed=seed)))
    return Benchmark(definition, _folder_source(definition, Path(data)))


def _folder_source(definition: Definition, data: Path) -> RowSource:
    if definition.source.dataset == CAPRL_DATASET:
        return CapRLSource(definition, benchmark_folder(data, CAPRL))
    return FolderSource(definition, benchmark_folder(data, definition.name))


def _hub_source(definition: Definition) -> RowSource:
    if not definition.source.files:
        return HubSource(definition)
    revision = resolve_revision(definition.source)
    folder = download_files(definition.source, revision)
    if definition.source.dataset == CAPRL_DATASET:
        return CapRLSource(definition, folder, revision)
    return FolderSource(definition, folder, revision)
