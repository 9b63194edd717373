"""Why an answer is not right, and what share of an entry's answers that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from prism_eval.statistics import Estimate, clustered_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Loss(StrEnum):
    """Why an answer is not right.

    ``READER``: the caption says the gold. ``UNREADABLE``: likewise, and the reply gave no answer that could be read.
    ``CONTRADICTED``: the caption says something else of the same kind. ``UNSAID``: the captioner's own model answers
    right when it is shown the image, and its caption does not say it. ``OMITTED``: another entry's caption of the image
    says it. ``NOBODY``: no entry's does. ``UNCLEAR``: rules cannot tell.
    """

    READER = "reader"
    UNREADABLE = "unreadable"
    CONTRADICTED = "contradicted"
    UNSAID = "unsaid"
    OMITTED = "omitted"
    NOBODY = "nobody"
    UNCLEAR = "unclear"


LOSSES = tuple(Loss)
"""The loss that a number in `Losses.loss` stands for."""

FEW_IMAGES = 10
"""Lost answers about fewer images are too few to say a share of: its interval would be half of all there is or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossShares:
    """What one entry's lost answers are due to, on one benchmark or on all.

    Attributes:
        answers: Answers with a score that were looked at.
        wrong: How many of them are not right.
        lost: The share of them that are not right; over several benchmarks the mean of the benchmarks' own.
        shares: By loss, of the answers that are not right; ``None`` where all are right.
        points: By loss, of all answers, as ``lost`` is, which they add up to.
        counts: By loss, how many answers.
    """

    answers: int
    wrong: int
    lost: Estimate
    shares: Mapping[Loss, Estimate] | None
    points: Mapping[Loss, Estimate]
    counts: Mapping[Loss, int]

    @property
    def few(self) -> bool:
        """Whether the answers that are not right are too few to say a share of: the counts are all there is to say."""
        return self.shares is None or any(share.clusters < FEW_IMAGES for share in self.shares.values())


def shares_of(loss: NDArray[np.int8], cluster: NDArray[np.int64], strata: NDArray[np.int64]) -> LossShares | None:
    """The shares of some answers; ``None`` where there are none.

    Args:
        loss: Shape (answers,): a number of `LOSSES`, or -1.
        cluster: Shape (answers,): answers about one image have one number.
        strata: Shape (answers,): benchmarks.
    """
    if not loss.size:
        return None
    wrong = loss >= 0
    return LossShares(
        answers=loss.size,
        wrong=int(wrong.sum()),
        lost=clustered_mean(wrong, cluster, strata),
        # Not by benchmark: one with a single lost answer would weigh as much as one with a thousand.
        shares=_estimates(loss[wrong], cluster[wrong], None) if wrong.any() else None,
        points=_estimates(loss, cluster, strata),
        counts={name: int((loss == number).sum()) for number, name in enumerate(LOSSES)},
    )


def _estimates(
    loss: NDArray[np.int8], cluster: NDArray[np.int64], strata: NDArray[np.int64] | None
) -> dict[Loss, Estimate]:
    met = set(loss.tolist())
    # Of those that there are none of, one estimate is another's.
    none = clustered_mean(loss == len(LOSSES), cluster, strata)
    return {
        name: clustered_mean(loss == number, cluster, strata) if number in met else none
        for number, name in enumerate(LOSSES)
    }
