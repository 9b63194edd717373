"""A benchmark that is ready to be asked: a definition and the place its rows come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.reading.converter import Converter
from prism_eval.benchmarks.reading.images import ImageReader
from prism_eval.benchmarks.reading.pairing import pair_with_others
from prism_eval.benchmarks.rows import RowError
from prism_eval.benchmarks.sources.columns import is_selected
from prism_eval.benchmarks.sources.image_files import ImageFiles
from prism_eval.benchmarks.sources.source import RowSource
from prism_eval.errors import DataError
from prism_eval.schema import Item
from prism_eval.scoring.base import Scorer


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

        An image's bytes are there but not yet looked at: `check_image` does that, once for an image, whoever asks.

        Raises:
            DataError: A row is not as the definition says, or no row is.
        """
        yield from pair_with_others(self._unpaired())

    def _unpaired(self) -> Iterator[Item]:
        empty = True
        for item in self.items_and_problems():
            if isinstance(item, RowError):
                # A benchmark with a row left out is another benchmark: its score would stand beside the whole one's.
                raise RowError(item.reason, f"benchmark {self.name}: {item}") from item
            empty = False
            yield item
        if empty:
            raise DataError(f"benchmark {self.name}: {self.source.origin} holds no row that the definition selects")

    def items_and_problems(self) -> Iterator[Item | RowError]:
        """The items without their pairing; in place of each that cannot be read, what is wrong with it."""
        # New ones for each reading: kept images would otherwise stay as long as the benchmark does.
        images = ImageReader(ImageFiles(self.source.image_folder))
        converter = Converter(self.definition, images)
        for row in self.source.rows():
            if isinstance(row, RowError):
                yield row
                continue
            try:
                selected = is_selected(self.definition, row)
            except RowError as error:
                yield error
                continue
            # Only now are images read: a variant that keeps one row in five reads the images of one in five.
            if selected:
                yield from converter.items(row)
