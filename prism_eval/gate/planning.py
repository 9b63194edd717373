"""What a gate could decide before any call is made: its power, by the number of images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.errors import UsageError
from prism_eval.gate.comparison import compare
from prism_eval.gate.policy import Policy
from prism_eval.gate.side import Side, tied
from prism_eval.statistics import clustered_mean, paired_difference
from prism_eval.statistics.student import quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Z = 1.96
"""Standard errors on either side of a mean in an interval of 95 %."""
_LEVEL = 0.95
"""Where the t and the normal distribution are held beside each other."""
_SIZES = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What so many images can decide.

    Attributes:
        images: How many.
        shows: The true loss, in [0, 1], that fails four times of five.
        passes: How often a candidate passes that is as good as the baseline.
        fails: How often one fails that has lost twice the margin.
    """

    images: int
    shows: float
    passes: float
    fails: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a rule can decide.

    Attributes:
        title: What it is about.
        margin: Its margin, in [0, 1].
        images: How many images the baseline has.
        error: The standard error of a difference on all of them; infinite where one image shows no spread.
        powers: By number of images, the baseline's own last.
    """

    title: str
    margin: float
    images: int
    error: float
    powers: tuple[Power, ...]


def outlook(baseline: Side, policy: Policy, *, like: Side | None = None) -> tuple[Outlook, ...]:
    """What the rules on scores can decide on a baseline's data, the suite first.

    The error of a difference is that of the two runs, where there is an earlier one to go by. From the baseline alone
    it is taken to be as large as that of its score, which it is for two captioners that share half of what varies
    between images, and never smaller than that of two runs which score alike. It goes with the square root of the
    number of images.

    Args:
        baseline: The baseline.
        policy: The rules.
        like: An entry that differs from the baseline as candidates will.

    Raises:
        UsageError: The two cannot be compared, or the baseline has no score.
    """
    errors = _errors_of_pair(baseline, like) if like else _errors_of_score(baseline)
    if not errors:
        raise UsageError(f"{baseline.where} has no score: nothing can be planned")
    rules = {name: (baseline.titles.get(name, name), policy.rule(name).margin / 100) for name in errors if name}
    if len(rules) > 1:
        rules = {"": ("the suite", policy.suite.margin / 100), **rules}
    return tuple(_outlook(title, margin, *errors[name], alpha=policy.alpha) for name, (title, margin) in rules.items())


def _outlook(title: str, margin: float, images: int, error: float, *, alpha: float) -> Outlook:
    sizes = [*(size for size in _SIZES if size < images), images]
    powers = tuple(_power(size, margin, error * math.sqrt(images / size), alpha) for size in sizes)
    return Outlook(title=title, margin=margin, images=images, error=error, powers=powers)


def _power(images: int, margin: float, error: float, alpha: float) -> Power:
    from scipy.special import ndtr, ndtri

    # A gate is symmetric: it passes what is as good as it fails what has lost twice the margin.
    decided = float(ndtr(margin / error - ndtri(1 - alpha))) if math.isfinite(error) else 0.0
    shows = margin + float(ndtri(1 - alpha) + ndtri(0.8)) * error
    return Power(images=images, shows=min(shows, 1.0), passes=decided, fails=decided)


def _errors_of_pair(baseline: Side, like: Side) -> dict[str, tuple[int, float]]:
    comparison = compare(baseline, like)
    found = {"": comparison.suite.difference, **{part.name: part.against.difference for part in comparison.parts}}
    return {
        name: (difference.clusters, difference.held_error if difference.degrees else math.inf)
        for name, difference in found.items()
        if difference is not None
    }


def _errors_of_score(baseline: Side) -> dict[str, tuple[int, float]]:
    import numpy as np

    items = baseline.scored
    if not items.num_rows:
        return {}
    names = items["benchmark"].cast("string").to_numpy()
    cluster, scores = tied(items), items["score"].to_numpy()
    parts = {"": np.ones(scores.size, dtype=bool), **{name: names == name for name in dict.fromkeys(names.tolist())}}
    found = {name: clustered_mean(scores[of], cluster[of], names[of]) for name, of in parts.items()}
    # Half of its interval, which is held up where scores are near an end.
    return {
        name: (
            estimate.clusters,
            max(estimate.half_width / _Z, _of_equals(scores[of], cluster[of], names[of]))
            if estimate.clusters > 1
            else math.inf,
        )
        for (name, estimate), of in zip(found.items(), parts.values(), strict=True)
    }


def _of_equals(scores: NDArray[np.float64], cluster: NDArray[np.int64], names: NDArray[np.str_]) -> float:
    """The error of a difference between two captioners that score alike: no gate ever has a smaller one to go by.

    A baseline that gets nearly all right, or nothing, varies less than that.
    """
    difference = paired_difference(scores, scores, cluster, names)
    # With few images a t distribution reaches farther than the normal one that powers are told by.
    wider = quantile(_LEVEL, difference.degrees) / quantile(_LEVEL, math.inf) if difference.degrees else math.inf
    return difference.held_error * wider
