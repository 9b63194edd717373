"""Items read ahead of the calls, off the event loop: hashed, and checked before anything is paid for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from prism_eval.benchmarks import RowError, gold_problem, image_problem, why_none
from prism_eval.errors import DataError
from prism_eval.schema import Item, ItemKind
from prism_eval.scoring.base import Scorer

_AT_ONCE, _SECONDS_AT_ONCE = 128, 0.02
_BYTES_AT_ONCE = 16 * 2**20
"""Items, seconds and image bytes of one go of reading: enough to be worth waking a thread, not enough to be felt in
memory, or by who waits for the first item."""


class ItemSource(Protocol):
    """A benchmark, as far as the pipeline knows it."""

    @property
    def name(self) -> str:
        """The name that its items carry."""
        ...

    def items_and_problems(self) -> Iterator[Item | RowError]:
        """The items, lazily, from the first; in place of each that cannot be read, what is wrong with it."""
        ...


@dataclass(slots=True)
class ReadItem:
    """An item with its images, and what is wrong with it.

    Attributes:
        item: The item; of a row that cannot be read, one that has an id and nothing else.
        problem: Why it is neither captioned nor asked; ``None`` if it is.
    """

    item: Item
    problem: RowError | None


async def check_items(sources: Sequence[ItemSource], scorers: Mapping[str, Scorer] | None = None) -> None:
    """Make sure, before the first item of any is asked, that something of every benchmark can be.

    Args:
        sources: The benchmarks.
        scorers: By benchmark name, to check golds with; ``None`` where nothing will be scored.

    Raises:
        DataError: Nothing of a benchmark can be used.
    """
    # All of them before the first call: a benchmark that turns out unusable after an hour has cost that hour.
    for source in sources:
        problems = (read.problem for read in _reads(source, scorers))
        if reason := await asyncio.to_thread(why_none, problems):
            raise DataError(f"benchmark {source.name}: {reason}")


async def read_items(
    sources: Sequence[ItemSource], scorers: Mapping[str, Scorer] | None = None
) -> AsyncIterator[ReadItem]:
    """The items of every benchmark in turn, with scorers checked as `check_items` does."""
    # One after the other, so that rows stand in an order that a reader can predict.
    for source in sources:
        items = _reads(source, scorers)
        while chunk := await asyncio.to_thread(_chunk, items):
            for read in chunk:
                yield read


def bare_items(source: ItemSource) -> Iterator[tuple[Item, tuple[str, ...]]]:
    """The items of a benchmark without their images, each with the digests of these; nothing is checked."""
    for found in source.items_and_problems():
        item = _placeholder(source.name, found.item) if isinstance(found, RowError) else found
        yield replace(item, images=()), tuple(image.digest for image in item.images)


def _chunk(reads: Iterator[ReadItem]) -> list[ReadItem]:
    chunk: list[ReadItem] = []
    size, until = 0, time.monotonic() + _SECONDS_AT_ONCE
    while len(chunk) < _AT_ONCE and size < _BYTES_AT_ONCE and (read := next(reads, None)):
        for image in read.item.images:
            size += len(image.data)
            _ = image.digest  # worked out here, since hashing megabytes would hold up the event loop
        chunk.append(read)
        if time.monotonic() >= until:
            break
    return chunk


def _reads(source: ItemSource, scorers: Mapping[str, Scorer] | None) -> Iterator[ReadItem]:
    scorer = scorers[source.name] if scorers else None
    for found in source.items_and_problems():
        if isinstance(found, RowError):
            yield ReadItem(_placeholder(source.name, found.item), found)
        else:
            yield ReadItem(found, image_problem(found) or (gold_problem(found, scorer) if scorer else None))


def _placeholder(benchmark: str, item_id: str) -> Item:
    """What stands in the tables for a row that cannot be read; it shares nothing with any other."""
    return Item(
        benchmark=benchmark,
        id=item_id,
        kind=ItemKind.SHORT,
        question="",
        images=(),
        golds=(),
        cluster=f"unusable: {item_id}",
    )
