"""Where points are lost: for each answer that is not right, whose doing it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from prism_eval.leaderboard.losses.evidence import Evidence
from prism_eval.leaderboard.losses.loss import LOSSES, Loss, LossShares, shares_of
from prism_eval.leaderboard.losses.sample import sampled_items
from prism_eval.leaderboard.losses.search import searched
from prism_eval.leaderboard.verdicts import OUTCOMES, Verdicts
from prism_eval.schema import Outcome

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 6_000_000
"""Words of captions, counted once a question, that are searched: of more, those of a random sample of the images."""

_RIGHT = 0.5
_ANSWERED = (Outcome.CORRECT, Outcome.WRONG, Outcome.ABSTAINED, Outcome.UNPARSED)
"""Outcomes of an answer that a model gave: of a caption that was refused or cut, the reasoner is not asked."""
_UNREAD = (Outcome.UNPARSED, Outcome.REFUSED, Outcome.TRUNCATED)


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
        common: The benchmarks that entries are compared on; of an entry that has them all, nothing else counts in the
            whole.
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
    common: tuple[str, ...] = ()
    judge: str = ""

    @cached_property
    def loss(self) -> NDArray[np.int8]:
        """Shape (verdicts,): a number of `LOSSES`; -1 where nothing was lost, and where nobody looked."""
        import numpy as np

        unread = np.isin(self.verdicts.outcome, [OUTCOMES.index(outcome) for outcome in _UNREAD])
        says = self.evidence == Evidence.SAYS
        # The first that holds counts: a caption that says the gold is not to blame, whatever others say.
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
            benchmark: On one benchmark; by default on those that its score is over.
        """
        asked = captioner, benchmark
        if captioner not in self.verdicts.captioners or benchmark not in {None, *self.verdicts.benchmarks}:
            return None
        if asked not in self._told:
            rows = self._rows(captioner, benchmark)
            item = self.verdicts.item[rows]
            items = self.verdicts.items
            self._told[asked] = shares_of(self.loss[rows], items.cluster[item], items.benchmark[item])
        return self._told[asked]

    @cached_property
    def _told(self) -> dict[tuple[str, str | None], LossShares | None]:
        # Kept here, and forgotten with the verdicts: a page asks once a cell, and once more for each of its marks.
        return {}

    def _rows(self, captioner: str, benchmark: str | None) -> NDArray[np.int64]:
        import numpy as np

        verdicts = self.verdicts
        rows = np.flatnonzero(self.looked & (verdicts.captioner == verdicts.captioners.index(captioner)))
        asked = verdicts.items.benchmark[verdicts.item[rows]]
        wanted = [verdicts.benchmarks.index(name) for name in (self.common if benchmark is None else (benchmark,))]
        if benchmark is None and not set(wanted) <= set(asked.tolist()):
            return rows
        return rows[np.isin(asked, wanted)] if wanted else rows


def losses_of(
    verdicts: Verdicts,
    *,
    controls: Collection[str] = (),
    direct: Mapping[str, str] | None = None,
    lenient: Collection[str] = (),
    common: Collection[str] = (),
    most: int = MOST,
    seed: int = 0,
) -> Losses:
    """Say of each answer that is not right whose doing it is, by rules.

    Args:
        verdicts: The verdicts of one run or of several.
        controls: Labels of controls: they lose nothing, and what they say is no other entry's caption.
        direct: By the label of a captioner, the label of the control that is its own model shown the image.
        lenient: The benchmarks whose scorer lets a number be off by 5 %.
        common: The benchmarks that entries are compared on; all by default.
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
        common=tuple(common),
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
