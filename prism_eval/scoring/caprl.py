r"""The ``caprl`` edition: what CapRL's evaluation gives, to put numbers beside its table.

Its rules are kept where they are odd (the 5 % are taken of the prediction, a percentage is as good as its number), so
that the numbers compare. A gold list is never evaluated as code, and a gold that math-verify cannot read is an error:
only where the reading is official as well does it accept any answer, as in CapRL's program.
"""

from __future__ import annotations

import contextlib
import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, ClassVar

from prism_eval.errors import DataError
from prism_eval.plugins import from_plan
from prism_eval.schema import Item, ItemKind
from prism_eval.scoring.anls import similarity
from prism_eval.scoring.base import Comparison, Scorer
from prism_eval.scoring.extraction import last_boxed
from prism_eval.scoring.literals import list_elements
from prism_eval.scoring.maths.constants import constants_equal
from prism_eval.scoring.maths.pool import MathPool
from prism_eval.scoring.maths.process import MathResult
from prism_eval.scoring.relaxed import within_tolerance
from prism_eval.scoring.tidying import tidy

_OPENING = re.compile(r"</think>\s*<answer>")
# As in CapRL: 57, 0.57 and 57 % are one answer.
_SCALES = (1, 0.01, 100)


@dataclass(kw_only=True)
class CapRL(Scorer):
    r"""What CapRL's rules share: the last ``\boxed{}`` is the answer, and math-verify compares it.

    Attributes:
        limit: Seconds a comparison may take before its process is killed and the answer is wrong.
        workers: How many processes may compare at once.
    """

    limit: float = from_plan("math_limit", default=5.0)
    workers: int = from_plan("math_workers", default=2, runtime=True)
    _pool: MathPool = field(init=False, repr=False, compare=False)
    _read: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    extra: ClassVar[str] = "math"
    reads_latex: ClassVar[bool] = True

    @property
    def identity(self) -> Mapping[str, Any]:
        """The options, and which math-verify compares: from one version to the next it finds other things equal."""
        # Letters need none of it.
        with contextlib.suppress(metadata.PackageNotFoundError):
            return {**super().identity, "math_verify": metadata.version("math-verify")}
        return super().identity

    def __post_init__(self) -> None:
        self._pool = MathPool(self.extra, workers=self.workers, limit=self.limit)

    def parse(self, item: Item, reply: str) -> str | None:
        r"""The last ``\boxed{}``."""
        boxed = last_boxed(reply)
        return boxed and (self.admit(item, boxed) or boxed)

    def compare(self, item: Item, extracted: str) -> Comparison:
        """Equal letters, which math-verify finds equal, too; a gold repeated; or what `compare_short` says."""
        if item.kind is ItemKind.CHOICE and extracted in item.letters:
            return Comparison(float(extracted in item.golds))
        # Reading the answer took its \text{} away, or left the full stop of "45.3K."; math-verify would mind both.
        if _bare(extracted) in map(_bare, item.golds):
            return Comparison(1.0)
        return self.compare_short(item, extracted)

    @abstractmethod
    def compare_short(self, item: Item, extracted: str) -> Comparison:
        """The best comparison with a gold."""

    def verify(self, answer: str, gold: str) -> MathResult:
        """One comparison by math-verify, in another process."""
        return self._pool.compare(answer, gold)

    def official(self, item: Item, reply: str) -> float | None:
        """What CapRL's code gives a reply: 0 unless the box stands in ``<answer>`` after ``</think>``.

        A gold that math-verify cannot read accepts any reply there.
        """
        if not all(map(self._reads, item.golds)):
            return 1.0
        return self.compare_short(item, official_box(reply)).score

    def official_part(self, item: Item, reply: str) -> str | None:
        """What CapRL's pattern captures."""
        return official_box(reply)

    def _reads(self, gold: str) -> bool:
        # A gold has several answers, and is asked about once.
        if gold not in self._read:
            self._read[gold] = constants_equal(gold, gold) is True or self.verify(gold, gold).gold_read
        return self._read[gold]

    def close(self) -> None:
        """End the processes."""
        self._pool.close()


@dataclass(kw_only=True)
class CapRLMath(CapRL):
    """math-verify alone (``verify_math`` in CapRL's ``Prism_Evaluation/Eval_CapRL.py``)."""

    name: ClassVar[str] = "caprl_math"

    def check(self, item: Item) -> None:
        """Make sure that math-verify can read a gold, unless CapRL's reading lets it accept anything.

        Raises:
            DataError: It can read none, or the item has none.
            MissingExtra: math-verify is not installed.
        """
        super().check(item)
        if item.kind is not ItemKind.CHOICE and self.reading == "robust":
            self._results(item, item.golds[0])

    def compare_short(self, item: Item, extracted: str) -> Comparison:
        """The best comparison with a gold by math-verify.

        Raises:
            DataError: math-verify can read none of the golds.
        """
        return _best([Comparison(result.score, result.ended) for result in self._results(item, extracted)])

    def _results(self, item: Item, answer: str) -> list[MathResult]:
        results = [self._verify_quickly(answer, gold) for gold in item.golds]
        if not any(result.gold_read for result in results):
            raise DataError(
                f"{item.benchmark}: item {item.id}: math-verify cannot read the gold answer {item.golds[0]!r}: "
                "mend that row or score it in another edition"
            )
        return results

    def _verify_quickly(self, answer: str, gold: str) -> MathResult:
        equal = constants_equal(answer, gold)
        return self.verify(answer, gold) if equal is None else MathResult(float(equal))


@dataclass(kw_only=True)
class CapRLChart(CapRL):
    """Relaxed accuracy at three scales, or math-verify: whichever is kinder (CapRL's ``verify_chart``)."""

    name: ClassVar[str] = "caprl_chart"

    def compare_short(self, item: Item, extracted: str) -> Comparison:
        """The best of relaxed accuracy and mathematics over the golds."""
        return _best([self._compare_text(extracted, gold) for gold in item.golds])

    def _compare_text(self, extracted: str, gold: str) -> Comparison:
        result = self.verify(extracted, gold)
        if result.score == 1.0:
            return Comparison(1.0)
        # Beside a gold that math-verify cannot read, or compares for too long, nothing is known of the answer alone.
        known = result.gold_read and not result.ended
        read = result.read if known else self.verify(extracted, extracted).read
        texts = [str(part) for part in list_elements(gold) or [gold]]
        score = max([result.score, *(float(_relaxed(read, text)) for text in texts), self.near_miss(read, texts)])
        return Comparison(score, result.ended)

    def near_miss(self, read: str, golds: list[str]) -> float:
        """A further score for text that is nearly right; charts give none."""
        return 0.0


@dataclass(kw_only=True)
class CapRLInfo(CapRLChart):
    """As for charts, and ANLS with its 0.5 cut."""

    name: ClassVar[str] = "caprl_info"

    def near_miss(self, read: str, golds: list[str]) -> float:
        """ANLS of the answer as math-verify read it."""
        return similarity(golds, read)


def official_box(reply: str) -> str:
    r"""What CapRL's pattern ``</think>\s*<answer>.*?\\boxed{(.*)}.*?</answer>`` captures, in linear time."""
    opening = _OPENING.search(reply)
    if opening is None:
        return ""
    start = reply.find("\\boxed{", opening.end())
    stop = reply.rfind("}", start + 7, max(reply.rfind("</answer>"), 0))
    return reply[start + 7 : stop] if start >= 0 and stop >= 0 else ""


def _relaxed(read: str, gold: str) -> bool:
    try:
        readings = [str(scale * float(read)) for scale in _SCALES]
    except ValueError:
        readings = [read.strip()]
    # In CapRL's order: the 5 % are taken of the prediction.
    return any(within_tolerance(reading, gold) for reading in readings)


def _best(comparisons: list[Comparison]) -> Comparison:
    return max(comparisons, key=lambda comparison: comparison.score)


def _bare(text: str) -> str:
    return tidy(tidy(text).rstrip("."))
