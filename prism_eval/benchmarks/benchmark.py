"""A benchmark that is ready to be asked: a definition and the place its rows come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.reading.converter import Converter
from prism_eval.benchmarks.reading.identity import Ids
from prism_eval.benchmarks.reading.images import ImageReader
from prism_eval.benchmarks.reading.pairing import pair_with_others
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.columns import is_selected
from prism_eval.benchmarks.sources.image_files import ImageFiles
from prism_eval.benchmarks.sources.source import RowSource
from prism_eval.errors import DataError
from prism_eval.schema import Image, Item
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
        for item in self.items_and_problems():
            if isinstance(item, RowError):
                # Whoever takes items alone would not know that some are missing.
                raise RowError(item.reason, f"benchmark {self.name}: {item}", item=item.item) from item
            yield item

    def items_and_problems(self, ids: Ids | None = None) -> Iterator[Item | RowError]:
        """The items; in place of each that cannot be read, what is wrong with it, under an id of its own as well.

        Args:
            ids: Makes the ids unique, and knows afterwards which had to be.

        Raises:
            DataError: There is no row at all.
        """
        ids = ids or Ids()
        found = False
        for item in pair_with_others(self._read()):
            found = True
            own = ids.own(item.item if isinstance(item, RowError) else item.id)
            if isinstance(item, RowError):
                item.item = own
                yield item
            else:
                yield item if own == item.id else replace(item, id=own)
        if not found:
            raise DataError(f"benchmark {self.name}: {self.source.origin} holds no row that the definition selects")

    def pictures(self, *, named: bool) -> Iterator[tuple[Image, ...]]:
        """The images of each row that is asked, without anything else of it; none where they cannot be read.

        Args:
            named: Whether names will do: files are then not opened, and their images have no bytes.
        """
        images = ImageReader(ImageFiles(self.source.image_folder), named=named)
        converter = Converter(self.definition, images)
        for row in self.source.rows():
            try:
                if isinstance(row, RowError) or is_selected(self.definition, row):
                    yield () if isinstance(row, RowError) else converter.pictures(row)
            except RowError:
                yield ()

    def _read(self) -> Iterator[Item | RowError]:
        # New ones for each reading: kept images would otherwise stay as long as the benchmark does.
        images = ImageReader(ImageFiles(self.source.image_folder))
        converter = Converter(self.definition, images)
        for position, row in enumerate(self.source.rows(), start=1):
            for item in (row,) if isinstance(row, RowError) else self._of(row, converter):
                # A row that cannot say its id is known by its place.
                if isinstance(item, RowError):
                    item.item = item.item or f"row {position}"
                yield item

    def _of(self, row: Row, converter: Converter) -> Iterator[Item | RowError]:
        try:
            selected = is_selected(self.definition, row)
        except RowError as error:
            yield error
            return
        # Only now are images read: a variant that keeps one row in five reads the images of one in five.
        if selected:
            yield from converter.items(row)
