"""Pictures as the items of a run that asks nothing of them, and the rows that come of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

from prism_eval.benchmarks import RowError
from prism_eval.captioners import Captioner
from prism_eval.data_sets.picture import Dealt
from prism_eval.data_sets.rows import Row, Told, row_of
from prism_eval.errors import DataError, UsageError
from prism_eval.plugins.identity import digest_of
from prism_eval.run.item_result import ItemResult
from prism_eval.run.settings import Entry, Settings
from prism_eval.schema import Image, Item, ItemKind

Of = TypeVar("Of", bound=Dealt)


class Pictures(Generic[Of]):
    """Pictures as a run's items, and what is remembered of them."""

    def __init__(self, part: Of, *, only_missing: bool) -> None:
        self.part = part
        self.told: list[Told] = []
        self.broken = ""
        self._only_missing = only_missing

    @property
    def name(self) -> str:
        """The part's name."""
        return self.part.name

    def items_and_problems(self) -> Iterator[Item | RowError]:
        """An item without a question for each picture that is captioned; in place of one that cannot be read, why."""
        self.told.clear()
        try:
            for picture in self.part.pictures():
                kept = self._only_missing and bool(picture.caption)
                image = Image(picture.data, picture.path)
                digest = image.digest if picture.data else ""
                self.told.append(Told(picture.key, picture.path, digest, picture.caption, kept))
                if kept:
                    continue
                if picture.problem:
                    why = f"{self.name}: {picture.path}: {picture.problem}"
                    yield RowError("image unreadable", why, item=picture.key)
                else:
                    yield Item(
                        benchmark=self.name,
                        id=picture.key,
                        kind=ItemKind.SHORT,
                        question="",
                        images=(image,),
                        golds=(),
                        cluster=digest,
                    )
        except DataError as error:
            # The parts behind it are read all the same, and its own captions are in the store by then.
            self.broken = str(error)


def rows_of(told: Sequence[Told], results: Sequence[ItemResult], settings: Settings) -> Iterator[Row]:
    """The pictures' rows, in their order.

    Args:
        told: What is remembered of each.
        results: What came of those that were captioned, in their order.
        settings: How they were.
    """
    coming = iter(results)
    for one in told:
        yield row_of(one, [] if one.kept else list(islice(coming, settings.samples)), settings.as_read)


def identity_of(captioner: Captioner, samples: int, *, verbatim: bool) -> str:
    """A digest of a captioner and of how it is asked: captions under one digest may stand in for each other.

    Args:
        captioner: The captioner.
        samples: Captions of each picture.
        verbatim: Whether what its model thought aloud is left in them.
    """
    return digest_of([captioner.identity_digest, samples, verbatim])


def captioner_of(settings: Settings) -> Entry:
    """Who captions.

    Raises:
        UsageError: There are several, or one that wants questions.
    """
    if len(settings.entries) > 1:
        raise UsageError(
            "a data set is captioned by one captioner; join several as in merge(A, B), or run each by itself"
        )
    (entry,) = settings.entries
    if entry.captioner.needs_question or entry.captioner.answers:
        raise UsageError(f"{entry.label} wants a question to each picture, and a data set has none")
    return entry
