"""What a gate could decide before any call is made: its power, by the number of images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from prism_eval.errors import UsageError
from prism_eval.gate.alike import check_sides
from prism_eval.gate.pairs import Pairs
from prism_eval.gate.policy import Policy
from prism_eval.gate.side import Side, tied
from prism_eval.statistics import clustered_mean, paired_difference
from prism_eval.statistics.student import quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Z = 1.96
"""Standard errors on either side of a mean in an interval of 95 %."""
_UNEXPLAINED = 0.75
"""The share of a difference's variance that is left to a sample, where two captioners share half of what varies: with a
slope of 1/2, 1 - 1/4 of a score's variance, and the difference's is as large as a score's."""
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
        unexplained: The share of its variance that goes down with the images of a sample only, in [0, 1]: of the rest
            the baseline's other images tell.
        powers: By number of images, the baseline's own last.
    """

    title: str
    margin: float
    images: int
    error: float
    unexplained: float
    powers: tuple[Power, ...]


def outlook(baseline: Side, policy: Policy, *, like: Side | None = None) -> tuple[Outlook, ...]:
    """What the rules on scores can decide on a baseline's data, the suite first.

    The error of a difference is that of the two runs, where there is an earlier one to go by. From the baseline alone
    it is taken to be as large as that of its score, which it is for two captioners that share half of what varies
    between images, and never smaller than that of two runs which score alike. Of a sample it goes with the square root
    of its images, less what the baseline's others tell of it.

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
    return tuple(_outlook(title, margin, errors[name], alpha=policy.alpha) for name, (title, margin) in rules.items())


class _Error(NamedTuple):
    """What is known of a difference's error on all images; see `Outlook`."""

    images: int
    error: float
    unexplained: float

    def at(self, images: int) -> float:
        """The error of a sample of so many, the others known of the baseline."""
        return self.error * math.sqrt(self.unexplained * self.images / images + 1 - self.unexplained)


def _outlook(title: str, margin: float, known: _Error, *, alpha: float) -> Outlook:
    sizes = [*(size for size in _SIZES if size < known.images), known.images]
    powers = tuple(_power(size, margin, known.at(size), alpha) for size in sizes)
    return Outlook(title=title, margin=margin, powers=powers, **known._asdict())


def _power(images: int, margin: float, error: float, alpha: float) -> Power:
    from scipy.special import ndtr, ndtri

    # A gate is symmetric: it passes what is as good as it fails what has lost twice the margin.
    decided = float(ndtr(margin / error - ndtri(1 - alpha))) if math.isfinite(error) else 0.0
    shows = margin + float(ndtri(1 - alpha) + ndtri(0.8)) * error
    return Power(images=images, shows=min(shows, 1.0), passes=decided, fails=decided)


def _errors_of_pair(baseline: Side, like: Side) -> dict[str, _Error]:
    import numpy as np

    pairs = Pairs.of(baseline, like, check_sides(baseline, like))
    found = {}
    for name, of in _parts(pairs.benchmark).items():
        if difference := pairs.difference(of):
            images, unexplained = np.unique(pairs.cluster[of]).size, pairs.unexplained(of)
            # Where the earlier one was asked a part, its error is that of a sample.
            of_sample = _Error(images, 1.0, unexplained).at(difference.clusters)
            error = difference.held_error / of_sample if difference.degrees else math.inf
            found[name] = _Error(images, error, unexplained)
    return found


def _errors_of_score(baseline: Side) -> dict[str, _Error]:
    items = baseline.scored
    names = items["benchmark"].cast("string").to_numpy()
    cluster, scores = tied(items), items["score"].to_numpy()
    found = {}
    for name, of in _parts(names).items():
        estimate = clustered_mean(scores[of], cluster[of], names[of])
        # Half of its interval, which is held up where scores are near an end.
        error = max(estimate.half_width / _Z, _of_equals(scores[of], cluster[of], names[of]))
        found[name] = _Error(estimate.clusters, error if estimate.clusters > 1 else math.inf, _UNEXPLAINED)
    return found


def _parts(names: NDArray[np.str_]) -> dict[str, NDArray[np.bool_]]:
    """By benchmark, which items are its own; all of them under no name. Nothing where there is none."""
    import numpy as np

    parts = {name: names == name for name in dict.fromkeys(names.tolist())}
    return {"": np.ones(names.size, dtype=bool), **parts} if parts else {}


def _of_equals(scores: NDArray[np.float64], cluster: NDArray[np.int64], names: NDArray[np.str_]) -> float:
    """The error of a difference between two captioners that score alike: no gate ever has a smaller one to go by.

    A baseline that gets nearly all right, or nothing, varies less than that.
    """
    difference = paired_difference(scores, scores, cluster, names)
    # With few images a t distribution reaches farther than the normal one that powers are told by.
    wider = quantile(_LEVEL, difference.degrees) / quantile(_LEVEL, math.inf) if difference.degrees else math.inf
    return difference.held_error * wider
