"""An entry against the baseline: one planned test, said in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prism_eval.leaderboard import writing
from prism_eval.run.boundary import ONE_TEST, Boundary, Word
from prism_eval.statistics import (
    ALPHA,
    Difference,
    Equivalence,
    Heterogeneity,
    heterogeneity,
    holm,
    images_for,
)

_NAMED = 2
"""Benchmarks that are named on either side of a mean that hides them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """An entry compared with the baseline on the questions that both have a score on.

    Attributes:
        baseline: The baseline's label.
        margin: The difference that counts as none, in [0, 1].
        difference: The entry minus the baseline; ``None`` where they share no question. Its p-value and interval are
            those of one test that was planned: they pay for no other pair.
        equivalence: Whether the difference is shown to be smaller than the margin.
        heterogeneity: Whether the benchmarks' differences are unlike; ``None`` for fewer than two.
        benchmarks: By benchmark, the difference there.
        verdict: ``on par`` where the difference is shown to be smaller than the margin; else ``better`` or ``worse``
            where one is shown; else, and where too much of either is missing, ``cannot tell``.
        sentence: The verdict with its numbers: ``better by 2.1 [0.9, 3.3]``.
        unlike: What the mean hides, benchmarks ahead and behind, as a sentence; empty where it hides nothing.
        missing: Why too much of either is missing for a verdict; empty where it is not.
    """

    baseline: str
    margin: float
    difference: Difference | None
    equivalence: Equivalence | None
    heterogeneity: Heterogeneity | None
    benchmarks: Mapping[str, Difference]
    verdict: Word
    sentence: str
    unlike: str
    missing: str = ""

    @property
    def word(self) -> str:
        """The verdict for a table: ``on par in the mean`` where benchmarks differ, each its own way."""
        return f"{self.verdict} in the mean" if self.verdict == "on par" and self.unlike else self.verdict

    @property
    def brief(self) -> str:
        """The difference and the verdict, for a table: ``-0.2 on par``."""
        return f"{writing.signed(self.difference.value)} {self.word}" if self.difference else self.word

    @property
    def whole(self) -> str:
        """The sentence, and what its mean hides."""
        return f"{self.sentence}. {self.unlike}" if self.unlike else self.sentence


def against(
    baseline: str,
    difference: Difference | None,
    benchmarks: Mapping[str, Difference],
    *,
    margin: float,
    boundary: Boundary = ONE_TEST,
    missing: str = "",
    apart: bool = False,
) -> Against:
    """What a difference from the baseline says.

    Args:
        baseline: The baseline's label.
        difference: The entry minus the baseline, over all benchmarks; ``None`` where they share nothing.
        benchmarks: The same by benchmark.
        margin: The difference that counts as none, in [0, 1].
        boundary: What the difference has to reach.
        missing: Why too much of either is missing for a verdict, in a few words; empty where it is not.
        apart: Whether others are compared on other benchmarks, so that the sentence has to name these.
    """
    verdict: Word = "cannot tell"
    shown = None
    if difference:
        verdict, shown = boundary.verdict(difference, margin)
    if missing:
        verdict = "cannot tell"
    unlike = _heterogeneity(benchmarks.values())
    sentence = f"cannot tell: {missing}" if missing else _sentence(verdict, difference, shown, margin)
    return Against(
        baseline=baseline,
        margin=margin,
        difference=difference,
        equivalence=shown,
        heterogeneity=unlike,
        benchmarks=benchmarks,
        verdict=verdict,
        sentence=f"{sentence}, on {writing.listed([*benchmarks])}" if apart and benchmarks else sentence,
        unlike=_unlike(verdict, benchmarks) if unlike and unlike.p < ALPHA and not missing else "",
        missing=missing,
    )


def _heterogeneity(differences: Iterable[Difference]) -> Heterogeneity | None:
    # One image shows no spread to weigh its benchmark by.
    told = [one for one in differences if one.degrees > 0 and one.error > 0]
    if len(told) < 2:
        return None
    return heterogeneity([one.value for one in told], [one.error for one in told], [one.degrees for one in told])


def _sentence(verdict: Word, difference: Difference | None, shown: Equivalence | None, margin: float) -> str:
    if difference is None or shown is None:
        return "cannot tell: no question has a score of both"
    if verdict == "on par":
        interval = writing.signed_ends(difference.low, difference.high)
        return f"on par within {writing.margin(margin)}: {writing.signed(difference.value)} {interval}"
    if verdict == "cannot tell":
        return f"cannot tell: these data could show ±{_over(margin, shown.smallest)}{_needed(difference, margin)}"
    size, low, high = (writing.signed(abs(end))[1:] for end in (difference.value, difference.low, difference.high))
    nearer, farther = (low, high) if verdict == "better" else (high, low)
    return f"{verdict} by {size} [{nearer}, {farther}]"


def _over(margin: float, smallest: float) -> str:
    """The smallest margin in points, with as many digits as it takes to see that it is more than the one asked for."""
    texts = (f"{100 * smallest:.{digits}f}" for digits in range(1, 16))
    return next((text for text in texts if float(text) > 100 * margin), writing.points(smallest))


def _needed(difference: Difference, margin: float) -> str:
    # One image shows no spread to go by.
    if difference.degrees == 0:
        return ""
    more = images_for(margin, difference.held_error, difference.clusters) - difference.clusters
    # With as many as that and no answer, the truth lies near the margin, where no number of images is enough.
    return f"; about {writing.about(more)} more images would decide {writing.margin(margin)}" if more > 0 else ""


def _unlike(verdict: Word, benchmarks: Mapping[str, Difference]) -> str:
    adjusted = holm([one.p for one in benchmarks.values()])
    told = {name: one.value for (name, one), p in zip(benchmarks.items(), adjusted, strict=True) if p < ALPHA}
    # Unlike, and none of them for certain by itself: the farthest on either side say where to look.
    told = told or {name: one.value for name, one in benchmarks.items()}
    ahead = sorted((name for name in told if told[name] > 0), key=lambda name: -told[name])
    behind = sorted((name for name in told if told[name] < 0), key=lambda name: told[name])
    # Of a captioner that is better on the whole, only where it is not is news.
    if (verdict == "better" and not behind) or (verdict == "worse" and not ahead):
        return ""
    sides = [
        f"{word} on {', '.join(f'{name} ({writing.signed(told[name])})' for name in names[:_NAMED])}"
        for word, names in (("ahead", ahead), ("behind", behind))
        if names
    ]
    return f"In the mean, not on each: {', '.join(sides)}."
