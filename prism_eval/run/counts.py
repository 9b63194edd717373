"""What a run has counted so far: items, images, how answers ended, and why some failed."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prism_eval.files.seen import SeenDigests
from prism_eval.plugins.identity import canonical_json
from prism_eval.run.spending import Spending
from prism_eval.schema import Item

if TYPE_CHECKING:
    from prism_eval.benchmarks import RowError
    from prism_eval.run.item_result import ItemResult


_DIGESTS = 1 << 256
"""How many SHA-256 there are. Rows' digests are added up below it (Bellare and Micciancio 1997): a run that looks
before its end asks the same rows in another order, and is known for the same benchmark with no digest kept per row."""


@dataclass
class Unusable:
    """Rows of one benchmark that cannot be used.

    Attributes:
        reasons: How many there are for each reason.
        first: What is wrong with the first of them.
    """

    reasons: Counter[str] = field(default_factory=Counter)
    first: str = ""

    def add(self, problem: RowError) -> None:
        """Count a row."""
        self.first = self.first or str(problem)
        self.reasons[problem.reason] += 1

    def sentence(self, benchmark: str, usable: int) -> str:
        """One line that says how many there are, why, and where the first is."""
        rows = self.reasons.total()
        why = ", ".join(f"{count:,} x {reason}" for reason, count in self.reasons.most_common())
        return f"{benchmark}: {rows:,} of {rows + usable:,} rows unusable and in no score: {why} (first: {self.first})"


@dataclass
class BenchmarkCount:
    """What was met of one benchmark.

    Attributes:
        items: Items that were asked.
        images: Images that they show.
        unusable: Rows that were not.
    """

    items: int = 0
    images: SeenDigests = field(default_factory=SeenDigests)
    unusable: Unusable = field(default_factory=Unusable)
    _rows: int = 0

    def add(self, item: Item, images: tuple[str, ...], problem: RowError | None = None) -> None:
        """Count an item.

        Args:
            item: The item; its images are not looked at.
            images: Their digests.
            problem: Why its row cannot be used.
        """
        if problem:
            self.unusable.add(problem)
        else:
            self.items += 1
        for image in images:
            self.images.add(image)
        said = [item.id, item.kind, item.question, list(item.options), list(item.golds), list(images)]
        said += [item.stored_prompt] if item.stored_prompt else []
        row = hashlib.sha256(canonical_json(said).encode("utf-8", "surrogatepass")).digest()
        self._rows = (self._rows + int.from_bytes(row, "big")) % _DIGESTS

    @property
    def fingerprint(self) -> str:
        """SHA-256 over every row so far, in whatever order: its id, question, golds and image bytes."""
        return hashlib.sha256(self._rows.to_bytes(32, "big")).hexdigest()


@dataclass
class Counts:
    """What a run has counted so far: benchmarks, how answers ended, captions that say nothing, and what it all took.

    Attributes:
        done: Results that were counted, and written.
        captions_spared: Captions that were not asked for, since a question before had asked for the same.
    """

    benchmarks: defaultdict[str, BenchmarkCount] = field(default_factory=lambda: defaultdict(BenchmarkCount))
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    empty_captions: Counter[str] = field(default_factory=Counter)
    spending: Spending = field(default_factory=Spending)
    done: int = 0
    captions_spared: int = 0

    def add(self, result: ItemResult, *, first: bool) -> None:
        """Count a result.

        Args:
            result: What came of an item.
            first: Whether the item itself is to be counted, as it is once for all entries, samples and orders.
        """
        self.done += 1
        if first:
            self.benchmarks[result.item.benchmark].add(result.item, result.images, result.unusable)
        if result.verdict:
            self.outcomes[result.verdict.outcome.value] += 1
        # By its words, so that a dead server is one line with a count and not ten thousand lines.
        if result.error and not result.unusable:
            self.failures[result.error] += 1

    @property
    def unusable(self) -> dict[str, BenchmarkCount]:
        """The benchmarks of which rows cannot be used."""
        return {name: count for name, count in self.benchmarks.items() if count.unusable.reasons}
