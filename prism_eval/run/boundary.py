"""What a difference has to reach to be told, at one of several looks or at the only one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from prism_eval.errors import RunError, UsageError
from prism_eval.plan.plan import LEAST_MARGIN
from prism_eval.run.reading import Manifest
from prism_eval.statistics import ALPHA, Difference, Equivalence, equivalence, obrien_fleming, one_sided

Word = Literal["better", "worse", "on par", "cannot tell"]

SUITE_MARGIN, BENCHMARK_MARGIN = 0.01, 0.03
"""Differences that nobody need care about, of a suite and of one benchmark, where nobody says another."""


def check_margin(points: float) -> None:
    """Make sure that a margin is one.

    Args:
        points: The difference that counts as none, out of 100.

    Raises:
        UsageError: It is none, or so large that nothing would count; NaN is none.
    """
    if not LEAST_MARGIN <= points < 100:
        raise UsageError(f"a margin lies between {LEAST_MARGIN} points and less than 100, and is not {points:g}")


@dataclass(frozen=True, slots=True)
class Boundary:
    """What a difference has to reach to be told.

    Attributes:
        alpha: What its two-sided p-value has to be under; one minus it is the level of the interval.
        par: What the p-value of being on par has to be under.
    """

    alpha: float
    par: float

    @classmethod
    def at(cls, look: int, looks: int) -> Boundary:
        """The boundary of one look, from 1, of so many planned."""
        # On par needs two one-sided tests, each with the whole error rate at its own end.
        two_sided = obrien_fleming(looks)[look - 1]
        return cls(alpha=math.erfc(two_sided / math.sqrt(2)), par=one_sided(look, looks))

    def verdict(self, difference: Difference, margin: float) -> tuple[Word, Equivalence]:
        """What a difference is, and what is known of its being on par.

        On par comes first: that a difference too small to care about is there is no news.
        """
        shown = equivalence(difference, margin, alpha=self.par)
        if shown.shown:
            return "on par", shown
        if difference.p >= self.alpha:
            return "cannot tell", shown
        return ("better" if difference.value > 0 else "worse"), shown


ONE_TEST = Boundary(ALPHA, ALPHA)
"""What is asked where nobody looked before the end."""


def boundary_of(manifest: Manifest) -> Boundary:
    """What a difference of a run has to reach.

    Raises:
        RunError: The manifest does not say at which of how many looks the run ended.
    """
    look = look_of(manifest)
    return Boundary.at(*look) if look else ONE_TEST


def look_of(manifest: Manifest) -> tuple[int, int] | None:
    """At which of how many planned looks a run ended; ``None`` where there were none before its end.

    Raises:
        RunError: The manifest does not say it.
    """
    if not (looks := manifest.get("looks")):
        return None
    taken, planned = (looks.get(key) for key in ("taken", "planned"))
    if not (isinstance(taken, int) and isinstance(planned, int) and 0 < taken <= planned):
        raise RunError("the manifest's looks do not say at which of how many the run ended: do it again")
    return taken, planned
