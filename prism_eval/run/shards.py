"""One part of a run, as a task of a job array makes it: which items are its, and where they stand in the whole.

Images are dealt out by their digests alone, so that an image is in the same part whatever else is asked, and a store
that one task has kept serves it again. Items that share images, directly or through others and across benchmarks, go
together: by the smallest of all their digests.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prism_eval.benchmarks import RowError
from prism_eval.captioners.mismatched import Mismatched
from prism_eval.engines import OnEngine
from prism_eval.plan import Shard
from prism_eval.run.counts import BenchmarkCount
from prism_eval.run.item_result import ItemResult
from prism_eval.run.items import ItemSource, bare_items
from prism_eval.run.needs import Need, made_of
from prism_eval.run.settings import Entry
from prism_eval.schema import Item
from prism_eval.statistics import connected

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Part:
    """What a shard has of a benchmark.

    Attributes:
        whole: All of it.
        own: Shape (n,), rising: the places of the shard's items among all, from 0.
        rows: How many there are in all.
        images: How many images these show.
        fingerprint: That of all of it.
    """

    whole: ItemSource
    own: NDArray[np.int64] = field(repr=False)
    rows: int
    images: int
    fingerprint: str

    @property
    def name(self) -> str:
        """The benchmark's name."""
        return self.whole.name

    def items_and_problems(self) -> Iterator[Item | RowError]:
        """The shard's items, as the whole benchmark gives them: under the same ids, beside the same other images."""
        places = iter(self.own.tolist())
        wanted = next(places, None)
        # All are read: which image `mismatched` shows for another is known from those around it.
        rows = enumerate(self.whole.items_and_problems()) if wanted is not None else ()
        for place, item in rows:
            if place != wanted:
                continue
            yield item
            wanted = next(places, None)
            if wanted is None:
                return


@dataclass(frozen=True)
class Division:
    """What a shard has of a run.

    Attributes:
        shard: Which it is.
        parts: Its part of each benchmark; of some there may be nothing.
        places: Where its results stand in the whole run.
    """

    shard: Shard
    parts: Sequence[Part]
    places: Places

    @property
    def items(self) -> int:
        """How many items it has, those of rows that cannot be used among them."""
        return sum(part.own.size for part in self.parts)

    def facts(self, stage: str) -> dict[str, object]:
        """What the manifest says of the shard: enough to join it with the others.

        Args:
            stage: The last stage that its items went through.
        """
        return {
            "number": self.shard.number,
            "of": self.shard.of,
            "stage": stage,
            "benchmarks": [
                {
                    "name": part.name,
                    "rows": part.rows,
                    "images": part.images,
                    "fingerprint": part.fingerprint,
                    "unusable": self.places.unusable.get(part.name, {}),
                }
                for part in self.parts
            ],
        }


def crossing(entries: Sequence[Entry]) -> Iterator[str]:
    """What should be known of entries that look at images of other shards through a model that samples.

    Equal calls carry equal seeds, so a server that heeds them writes one caption twice; not all do.
    """
    for entry in entries:
        parts = list(made_of(entry.captioner))
        samples = any(isinstance(one, OnEngine) and Need.of(one).sampling.temperature != 0 for one in parts)
        if samples and any(isinstance(one, Mismatched) for one in parts):
            yield (
                f"{entry.label} describes images of other shards too, with a model that samples: where two shards are "
                "told different captions of one image, prism-eval merge counts them"
            )


class Places:
    """Where results stand in the whole run: the place of their item among all items of all benchmarks, from 0.

    Args:
        parts: The parts that the items are of.

    Attributes:
        unusable: By benchmark and reason, the place of the first row that cannot be used for it.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.unusable: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._left = _places(parts)
        self._last: tuple[str, str] | None = None
        self._place = -1

    def of(self, result: ItemResult) -> int:
        """The place of a result's item. Results come in the order of the items, those of one item together."""
        item = result.item.benchmark, result.item.id
        if item != self._last:
            self._last, self._place = item, next(self._left)
            if result.unusable:
                self.unusable[result.item.benchmark].setdefault(result.unusable.reason, self._place)
        return self._place


def _places(parts: Sequence[Part]) -> Iterator[int]:
    before = 0
    for part in parts:
        yield from (part.own + before).tolist()
        before += part.rows


def divide(benchmarks: Sequence[ItemSource], shard: Shard) -> Division:
    """Find a shard's part of every benchmark. Reads every row, and keeps no image.

    Raises:
        DataError: A benchmark has no row.
    """
    import numpy as np

    links, shares, counts = array("q"), array("Q"), []
    rows = 0
    for benchmark in benchmarks:
        count = BenchmarkCount()
        for item, digests in bare_items(benchmark):
            count.add(item, digests)
            dealt_by = digests or (_digest(item),)
            links.extend([rows] * len(dealt_by))
            shares.extend(int(digest[:16], 16) for digest in dealt_by)
            rows += 1
        counts.append(count)
    # By the number that the first 16 hexadecimal digits of a digest make: of these the last vary as much as the first.
    is_own = _smallest(np.asarray(links), np.asarray(shares)) % shard.of == shard.number - 1
    parts, start = [], 0
    for benchmark, count in zip(benchmarks, counts, strict=True):
        own = np.flatnonzero(is_own[start : start + count.items])
        parts.append(Part(benchmark, own, count.items, len(count.images), count.fingerprint))
        start += count.items
    return Division(shard, parts, Places(parts))


def _digest(item: Item) -> str:
    """What stands for the image of an item that shows none, such as a row that cannot be read."""
    return hashlib.sha256(f"{item.benchmark}/{item.id}".encode("utf-8", "surrogatepass")).hexdigest()


def _smallest(links: NDArray[np.int64], shares: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Shape (items,): for each item the smallest digest among those that it is connected with."""
    import numpy as np

    _, keys = np.unique(shares, return_inverse=True)
    groups = connected(links, keys)
    smallest = np.full(groups.max(initial=-1) + 1, np.iinfo(np.uint64).max)
    np.minimum.at(smallest, groups[links], shares)
    return smallest[groups]
