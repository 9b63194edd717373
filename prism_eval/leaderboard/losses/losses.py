"""Where points are lost: for each answer that is not right, whose doing it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from prism_eval.leaderboard.losses.evidence import Evidence
from prism_eval.leaderboard.losses.sample import sampled_items
from prism_eval.leaderboard.losses.search import searched
from prism_eval.leaderboard.verdicts import OUTCOMES, Verdicts
from prism_eval.schema import Outcome
from prism_eval.statistics import Estimate, clustered_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 6_000_000
"""Words of captions, counted once a question, that are searched: of more, those of a random sample of the images."""


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
_RIGHT = 0.5
_ANSWERED = (Outcome.CORRECT, Outcome.WRONG, Outcome.ABSTAINED, Outcome.UNPARSED)
"""Outcomes of an answer that a model gave: of a caption that was refused or cut, the reasoner is not asked."""
_UNREAD = (Outcome.UNPARSED, Outcome.REFUSED, Outcome.TRUNCATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossShares:
    """What one entry's lost answers are due to, on one benchmark or on all.

    Attributes:
        answers: Answers with a score that were looked at.
        wrong: How many of them are not right.
        lost: The share of them that are not right; over several benchmarks the mean of the benchmarks' own.
        shares: By loss, of the answers that are not right; ``None`` where all are right.
        points: By loss, of all answers, as ``lost`` is, which they add up to.
    """

    answers: int
    wrong: int
    lost: Estimate
    shares: Mapping[Loss, Estimate] | None
    points: Mapping[Loss, Estimate]


# Without slots, since `cached_property` keeps what it worked out in the object's dictionary.
@dataclass(frozen=True, eq=False)
class Losses:
    """The losses of a leaderboard's entries. Arrays of shape (verdicts,) are in the verdicts' order.

    Attributes:
        verdicts: What they were found in.
        looked: Shape (verdicts,): whether the verdict was looked at, is of an entry and has a score.
        lost: Shape (verdicts,): whether, besides, its answer is not right.
        evidence: Shape (verdicts,): what its caption says of the golds, an `Evidence`.
        seen: Shape (verdicts,): whether the captioner's own model is right when it is shown the image.
        images: How many images there are.
        images_looked: How many of them were looked at.
        seed: The seed of the sample.
        judge: Who decided what rules left open; empty where nobody did.
    """

    verdicts: Verdicts = field(repr=False)
    looked: NDArray[np.bool_] = field(repr=False)
    lost: NDArray[np.bool_] = field(repr=False)
    evidence: NDArray[np.int8] = field(repr=False)
    seen: NDArray[np.bool_] = field(repr=False)
    images: int
    images_looked: int
    seed: int
    judge: str = ""

    @cached_property
    def loss(self) -> NDArray[np.int8]:
        """Shape (verdicts,): a number of `LOSSES`; -1 where nothing was lost, and where nobody looked."""
        import numpy as np

        unread = np.isin(self.verdicts.outcome, [OUTCOMES.index(outcome) for outcome in _UNREAD])
        says = self.evidence == Evidence.SAYS
        cases = {
            Loss.UNREADABLE: says & unread,
            Loss.READER: says,
            Loss.UNCLEAR: self.evidence == Evidence.UNCLEAR,
            Loss.CONTRADICTED: self.evidence == Evidence.CONTRADICTS,
            Loss.UNSAID: self.seen,
            Loss.OMITTED: _others_say(self.verdicts, says),
        }
        numbers = [LOSSES.index(loss) for loss in cases]
        whose = np.select(list(cases.values()), numbers, LOSSES.index(Loss.NOBODY))
        return np.where(self.lost, whose, -1).astype(np.int8)

    @property
    def whole(self) -> bool:
        """Whether every image was looked at."""
        return self.images_looked == self.images

    def of(self, captioner: str, benchmark: str | None = None) -> LossShares | None:
        """What an entry lost, and to what; ``None`` if it has no answers that were looked at.

        Args:
            captioner: Its label.
            benchmark: On one benchmark; on all by default.
        """
        known = captioner in self.verdicts.captioners and benchmark in {None, *self.verdicts.benchmarks}
        return _shares(self, captioner, benchmark) if known else None


# One call a cell of the page, and one more a mark of it.
@lru_cache(maxsize=4096)
def _shares(losses: Losses, captioner: str, benchmark: str | None) -> LossShares | None:
    import numpy as np

    verdicts = losses.verdicts
    rows = np.flatnonzero(losses.looked & (verdicts.captioner == verdicts.captioners.index(captioner)))
    strata = verdicts.items.benchmark[verdicts.item[rows]]
    if benchmark is not None:
        rows = rows[strata == verdicts.benchmarks.index(benchmark)]
        strata = verdicts.items.benchmark[verdicts.item[rows]]
    if not rows.size:
        return None
    loss, cluster = losses.loss[rows], verdicts.items.cluster[verdicts.item[rows]]
    wrong = loss >= 0
    return LossShares(
        answers=rows.size,
        wrong=int(wrong.sum()),
        lost=clustered_mean(wrong, cluster, strata),
        shares=_estimates(loss[wrong], cluster[wrong], None) if wrong.any() else None,
        points=_estimates(loss, cluster, strata),
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


def losses_of(
    verdicts: Verdicts,
    *,
    controls: Collection[str] = (),
    direct: Mapping[str, str] | None = None,
    lenient: Collection[str] = (),
    most: int = MOST,
    seed: int = 0,
) -> Losses:
    """Say of each answer that is not right whose doing it is, by rules.

    Args:
        verdicts: The verdicts of one run or of several.
        controls: Labels of controls: they lose nothing, and what they say is no other entry's caption.
        direct: By the label of a captioner, the label of the control that is its own model shown the image.
        lenient: The benchmarks whose scorer lets a number be off by 5 %.
        most: The most words of captions, counted once a question, that are searched.
        seed: The seed of the sample where there are more.

    Raises:
        RunError: The verdict table cannot be read, or holds golds or options that are no lists.
    """
    import numpy as np

    entry = ~np.isin(verdicts.captioner, [*map(verdicts.captioners.index, controls), *_without_captions(verdicts)])
    scored = verdicts.outcome != OUTCOMES.index(Outcome.FAILED)
    lost = scored & (verdicts.outcome != OUTCOMES.index(Outcome.CORRECT))
    items = sampled_items(verdicts, entry, most, seed)
    looked = entry & items[verdicts.item]
    lost &= looked
    # An item that everybody has right needs no search.
    needed = np.bincount(verdicts.item[lost], minlength=len(verdicts.items)) > 0
    return Losses(
        verdicts=verdicts,
        looked=looked & scored,
        lost=lost,
        evidence=searched(verdicts, looked & needed[verdicts.item], lenient),
        seen=_seen(verdicts, direct or {}),
        images=int(np.unique(verdicts.items.cluster).size),
        images_looked=int(np.unique(verdicts.items.cluster[items]).size),
        seed=seed,
    )


def _without_captions(verdicts: Verdicts) -> NDArray[np.int64]:
    """Captioners, by number, whose answers were given without a caption: models that see, results from elsewhere."""
    import numpy as np

    answered = np.isin(verdicts.outcome, [OUTCOMES.index(outcome) for outcome in _ANSWERED])
    return np.unique(verdicts.captioner[answered & np.isnan(verdicts.words)])


def _others_say(verdicts: Verdicts, says: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Shape (verdicts,): whether a caption of somebody else's says the gold."""
    import numpy as np

    pair = verdicts.captioner * len(verdicts.items) + verdicts.item
    sayers = np.unique(pair[says])
    count = np.bincount(sayers % len(verdicts.items), minlength=len(verdicts.items))
    return count[verdicts.item] > np.isin(pair, sayers)


def _seen(verdicts: Verdicts, direct: Mapping[str, str]) -> NDArray[np.bool_]:
    """Shape (verdicts,): whether the captioner's own model is right on the item when it is shown the image."""
    import numpy as np

    seen = np.zeros(verdicts.item.size, dtype=bool)
    for label, control in direct.items():
        right = np.nan_to_num(verdicts.matrix[verdicts.captioners.index(control)]) >= _RIGHT
        seen |= (verdicts.captioner == verdicts.captioners.index(label)) & right[verdicts.item]
    return seen
