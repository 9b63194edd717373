"""What a run has counted so far: items, images, how answers ended, and why some failed."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prism_eval.plugins.identity import canonical_json
from prism_eval.schema import Item

if TYPE_CHECKING:
    from hashlib import _Hash

    from prism_eval.run.item_result import ItemResult


class SeenDigests:
    """A set of digests in eight bytes each; says which are new."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def add(self, *parts: str) -> bool:
        """Whether the parts, taken together, had not been added before."""
        # The whole digests of a million images would take a hundred megabytes of Python objects.
        short = int.from_bytes(hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest(), "big")
        if short in self._seen:
            return False
        self._seen.add(short)
        return True

    def __len__(self) -> int:
        return len(self._seen)


@dataclass
class BenchmarkCount:
    """What was met of one benchmark. ``fingerprint`` covers every item's question, golds and image bytes, in order."""

    items: int = 0
    images: SeenDigests = field(default_factory=SeenDigests)
    _hash: _Hash = field(default_factory=hashlib.sha256)

    def add(self, item: Item, images: tuple[str, ...]) -> None:
        """Count an item.

        Args:
            item: The item; its images are not looked at.
            images: Their digests.
        """
        self.items += 1
        for image in images:
            self.images.add(image)
        said = [item.id, item.kind, item.question, list(item.options), list(item.golds), list(images)]
        self._hash.update(canonical_json(said).encode("utf-8", "surrogatepass"))

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the items so far."""
        return self._hash.hexdigest()


@dataclass
class Counts:
    """What a run has counted so far: benchmarks, how answers ended, and captions that say nothing, by label."""

    benchmarks: dict[str, BenchmarkCount] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    empty_captions: Counter[str] = field(default_factory=Counter)
    done: int = 0

    def add(self, result: ItemResult, *, first: bool) -> None:
        """Count a result.

        Args:
            result: What came of an item.
            first: Whether the item itself is to be counted, as it is once for all entries, samples and orders.
        """
        self.done += 1
        if first:
            count = self.benchmarks.setdefault(result.item.benchmark, BenchmarkCount())
            count.add(result.item, result.images)
        if result.verdict:
            self.outcomes[result.verdict.outcome.value] += 1
        # By its words, so that a dead server is one line with a count and not ten thousand lines.
        if result.error:
            self.failures[result.error] += 1
