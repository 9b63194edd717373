"""A benchmark that is ready to be asked: a definition and the place its rows come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.reading.converter import Converter
from prism_eval.benchmarks.reading.identity import Ids
from prism_eval.benchmarks.reading.images import ImageReader
from prism_eval.benchmarks.reading.pairing import pair_with_others
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sampling import Drawn, Sample, draw
from prism_eval.benchmarks.sources.columns import is_selected
from prism_eval.benchmarks.sources.image_files import ImageFiles
from prism_eval.benchmarks.sources.kept import KeptRows
from prism_eval.benchmarks.sources.source import RowSource
from prism_eval.errors import DataError
from prism_eval.schema import Image, Item
from prism_eval.scoring.base import Scorer


@dataclass(frozen=True)
class Benchmark:
    """A benchmark and its data, all of it or a part.

    Attributes:
        definition: What its rows mean.
        source: Where its rows come from.
        scorer: Scores its answers in place of the scorer that the definition names, where only the source can.
        sample: What was drawn of it; ``None`` for all.
        first: How many items it is cut after, in the order of the rows; 0 for none.
    """

    definition: Definition
    source: RowSource
    scorer: Scorer | None = None
    sample: Sample | None = None
    first: int = 0

    @property
    def name(self) -> str:
        """The name with its variant, as it stands in every item."""
        return self.definition.full_name

    @property
    def revision(self) -> str | None:
        """The commit of the data, where it comes from the hub."""
        return self.source.revision

    @property
    def digest(self) -> str | None:
        """SHA-256 of the file that the questions are in, where they are CapRL's: published numbers are of one file."""
        return getattr(self.source, "digest", None)

    @property
    def is_streamed(self) -> bool:
        """Whether each reading of its rows is paid for anew; sources from elsewhere need not say it."""
        return bool(getattr(self.source, "streamed", False))

    def sampled(self, *, limit: int, seed: int, looks: int = 1) -> Benchmark:
        """The same, of which a random sample of images is asked. Reads every row, and holds no image in memory.

        Args:
            limit: Items that are drawn at most, but never fewer than one image's; 0 for all.
            seed: What they are drawn with.
            looks: Into how many parts of equally many images the sample is cut.

        Raises:
            DataError: The rows cannot be read.
        """
        if self.is_streamed:
            # The rows that are drawn are read again, and perhaps once more to see whether captions cover them.
            return replace(self, source=KeptRows(self.source)).sampled(limit=limit, seed=seed, looks=looks)
        renamed: dict[tuple[int, str], str] = {}
        sample = draw(self._drawn(renamed), seed=seed, limit=limit, looks=looks, renamed=renamed)
        return replace(self, sample=sample)

    def at_look(self, look: int) -> Benchmark | None:
        """The part of a sample that is asked for one look, from 0; ``None`` where there is nothing left of it."""
        part = self.sample.part(look) if self.sample else None
        return replace(self, sample=part) if part and part.looks[0] else None

    def size(self) -> int | None:
        """How many items there are, counted without reading the images; ``None`` where that cannot be known."""
        if self.sample:
            return self.sample.of_items
        rows = self.source.size()
        return None if rows is None else rows * len(self.definition.asked)

    def asked(self) -> int | None:
        """How many of them are asked; ``None`` where that cannot be known."""
        if self.sample:
            return sum(self.sample.items)
        size = self.size()
        return size if size is None or not self.first else min(size, self.first)

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
        found = False
        most = sum(self.sample.items) if self.sample and self._is_one_image else self.first
        for item in islice(pair_with_others(self._read(ids or Ids())), most or None):
            found = True
            yield item
        if not found:
            raise DataError(f"benchmark {self.name}: {self.source.origin} holds no row that the definition selects")

    def pictures(self, *, named: bool) -> Iterator[tuple[Image, ...]]:
        """The images of each row that is asked, without anything else of it; none where they cannot be read.

        Args:
            named: Whether names will do: files are then not opened, and their images have no bytes.
        """
        # Rows hold as many items as there are questions, and those of the last may be more than are asked.
        most = -(-self.first // len(self.definition.asked)) or None
        return islice(self._pictures(self._converter(named=named)), most)

    def _pictures(self, converter: Converter) -> Iterator[tuple[Image, ...]]:
        for _, row in self._asked_rows():
            try:
                if isinstance(row, RowError) or is_selected(self.definition, row):
                    yield () if isinstance(row, RowError) else converter.pictures(row)
            except RowError:
                yield ()

    @property
    def _is_one_image(self) -> bool:
        return self.sample is not None and sum(self.sample.images) == 1

    def _converter(self, *, named: bool = False) -> Converter:
        # A new one for each reading: kept images would otherwise stay as long as the benchmark does.
        return Converter(self.definition, ImageReader(ImageFiles(self.source.image_folder), named=named))

    def _asked_rows(self) -> Iterator[tuple[int, Row | RowError]]:
        """The rows that are asked, each with its position among all."""
        if self.sample is None:
            yield from enumerate(self.source.rows())
            return
        for look in self.sample.looks:
            numbered = enumerate(self.source.rows())
            yield from islice((one for one in numbered if one[0] in look), len(look))

    def _drawn(self, renamed: dict[tuple[int, str], str]) -> Iterator[Drawn]:
        """What a draw has to know of every row; notes the ids that the draw's rows would lose to rows before them."""
        converter, ids = self._converter(), Ids()
        for position, row in enumerate(self.source.rows()):
            names, drawn = self._seen(position, row, converter)
            for name in names:
                if (own := ids.own(name)) != name:
                    renamed[position, name] = own
            if drawn:
                yield drawn

    def _seen(self, position: int, row: Row | RowError, converter: Converter) -> tuple[list[str], Drawn | None]:
        try:
            if isinstance(row, RowError):
                raise row
            if not is_selected(self.definition, row):
                return [], None
            return converter.names(row), converter.drawn(position, row)
        except (RowError, RecursionError) as error:
            # Unusable as it is, it is a row of the benchmark: drawn like the others, by itself.
            name = getattr(error, "item", "") or _unnamed(position)
            return [name], Drawn(position, 1, (f"row {name}",))

    def _read(self, ids: Ids) -> Iterator[Item | RowError]:
        converter = self._converter()
        # An image that is alone in its sample needs another one to be told from: whoever reads this stops before it.
        beyond = enumerate(self.source.rows()) if self._is_one_image else ()
        for position, row in chain(self._asked_rows(), beyond):
            for item in (row,) if isinstance(row, RowError) else self._of(row, converter):
                yield self._under_own_id(position, item, ids)

    def _under_own_id(self, position: int, item: Item | RowError, ids: Ids) -> Item | RowError:
        name = (item.item or _unnamed(position)) if isinstance(item, RowError) else item.id
        own = self.sample.renamed.get((position, name), name) if self.sample else ids.own(name)
        if isinstance(item, RowError):
            item.item = own
            return item
        return item if own == name else replace(item, id=own)

    def _of(self, row: Row, converter: Converter) -> Iterator[Item | RowError]:
        try:
            selected = is_selected(self.definition, row)
        except RowError as error:
            yield error
            return
        # Only now are images read: a variant that keeps one row in five reads the images of one in five.
        if selected:
            yield from converter.items(row)


def _unnamed(position: int) -> str:
    """What a row is called that cannot say its id: its place."""
    return f"row {position + 1}"
