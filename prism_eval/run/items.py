"""Items read ahead of the calls, off the event loop: hashed, and checked before anything is paid for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from prism_eval.benchmarks import check_image
from prism_eval.errors import DataError, PermanentError, PrismError
from prism_eval.plugins.faults import fault_of
from prism_eval.schema import Image, Item
from prism_eval.scoring.base import Scorer

_AT_ONCE = 16
_BYTES_AT_ONCE = 16 * 2**20
"""Items and image bytes that are read in one go: enough to be worth a thread, not enough to be felt in memory."""


class ItemSource(Protocol):
    """A benchmark, as far as the pipeline knows it."""

    @property
    def name(self) -> str:
        """The name that its items carry."""
        ...

    def items(self) -> Iterator[Item]:
        """The items, lazily, from the first."""
        ...


@dataclass(slots=True)
class ReadItem:
    """An item with its images, and what is wrong with it.

    Attributes:
        item: The item.
        problem: Why it cannot be scored, whatever is answered; empty if it can.
        image_problems: Why an image cannot be shown to a model, by digest.
    """

    item: Item
    problem: str
    image_problems: Mapping[str, str]


async def read_items(
    sources: Sequence[ItemSource], limit: int, scorers: Mapping[str, Scorer] | None = None
) -> AsyncIterator[ReadItem]:
    """The items of every benchmark in turn.

    Args:
        sources: The benchmarks.
        limit: Items per benchmark; 0 for all.
        scorers: By benchmark name, to check golds with; ``None`` where nothing will be scored.

    Raises:
        DataError: A benchmark's data is not as its definition says.
    """
    # One after the other, so that rows stand in an order that a reader can predict.
    for source in sources:
        scorer = scorers[source.name] if scorers else None
        items = islice(source.items(), limit or None)
        while chunk := await asyncio.to_thread(_read, items, scorer):
            for read in chunk:
                yield read


def _read(items: Iterator[Item], scorer: Scorer | None) -> list[ReadItem]:
    chunk: list[ReadItem] = []
    size = 0
    while len(chunk) < _AT_ONCE and size < _BYTES_AT_ONCE and (item := next(items, None)):
        for image in item.images:
            size += len(image.data)
            _ = image.digest  # worked out here, since hashing megabytes would hold up the event loop
        chunk.append(ReadItem(item, _problem(item, scorer), _image_problems(item.images)))
    return chunk


def _problem(item: Item, scorer: Scorer | None) -> str:
    if scorer is None:
        return ""
    try:
        scorer.check(item)
    except DataError as error:
        return str(error)
    except PrismError:  # nothing to do with this item: a missing package, say
        raise
    except BaseException as error:  # noqa: BLE001 - a stranger's scorer may raise anything, and costs one item with it
        return fault_of(scorer, f"scorer {scorer.name!r}, item {item.id} of {item.benchmark}", error)
    return ""


def _image_problems(images: Sequence[Image]) -> dict[str, str]:
    problems = {}
    for image in images:
        try:
            check_image(image)
        except PermanentError as error:
            problems[image.digest] = str(error)
    return problems
