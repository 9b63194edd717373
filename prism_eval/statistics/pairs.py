"""Every two rows of a score matrix compared, as one family."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from prism_eval.statistics.design import Design
from prism_eval.statistics.families import ALPHA, holm
from prism_eval.statistics.paired import Contrast, Difference, contrasts, left_out, testable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

_Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two rows of a score matrix, compared on the items both have.

    Attributes:
        first: Index of the first row.
        second: Index of the second row.
        difference: First minus second; ``None`` if they share no item. Its interval is at the level of the test that
            ``p`` is from, so that it leaves 0 out exactly where ``p`` is under 0.05; its own ``p`` is not corrected.
        p: The p-value: of a planned comparison its own, else after Holm's correction over all that were not planned.
        family_p: The p-value after Holm's correction over all comparisons, planned or not: what ranks rest on.
        planned: Whether the pair was named before the scores were seen.
    """

    first: int
    second: int
    difference: Difference | None
    p: float
    family_p: float
    planned: bool = False

    def winner(self, alpha: float = ALPHA) -> int | None:
        """The row that is better at this error rate, ``None`` if they cannot be told apart."""
        if self.difference is None or self.p >= alpha:
            return None
        return self.first if self.difference.value > 0 else self.second


def compare_all(
    scores: ArrayLike,
    clusters: ArrayLike,
    strata: ArrayLike | None = None,
    *,
    planned: Collection[_Pair] = (),
) -> tuple[Comparison, ...]:
    """Compare every two rows, paired on the items both have, Holm-corrected as one family.

    Only strata of which every row has a score are compared on: were each pair compared on what the two happen to share,
    a first could beat a second, it a third, and that the first. Rows without any score have no say in this.

    Args:
        scores: Shape (rows, items), in [0, 1]; NaN where a row has no score for an item.
        clusters: A label for each item.
        strata: A label for each item.
        planned: Pairs of rows that were named before the scores were seen (all with one baseline, say): each is one
            test, and takes nothing from the others.
    """
    import numpy as np

    matrix = np.asarray(scores, dtype=float)
    design = Design.of(clusters, strata)
    pairs = list(combinations(range(matrix.shape[0]), 2))
    named = {(min(pair), max(pair)) for pair in planned}
    found = dict(_contrasts(matrix, design, pairs))
    # A pair that shares nothing was asked about all the same: it counts in the family, as one that shows nothing.
    alone = [found[pair][0].p if pair in found else 1.0 for pair in pairs]
    family = holm(alone)
    unplanned = [place for place, pair in enumerate(pairs) if pair not in named]
    adjusted = dict(zip(unplanned, holm([alone[place] for place in unplanned]), strict=True))
    return tuple(
        Comparison(
            first=pair[0],
            second=pair[1],
            difference=_difference(found.get(pair), adjusted.get(place, alone[place]), len(unplanned)),
            p=adjusted.get(place, alone[place]),
            family_p=family[place],
            planned=pair in named,
        )
        for place, pair in enumerate(pairs)
    )


def _difference(found: tuple[Contrast, tuple[int | str, ...]] | None, p: float, family: int) -> Difference | None:
    if found is None:
        return None
    contrast, names = found
    # Holm has multiplied p by so much, which is the same as testing it at so much less. Where there is nothing to
    # divide, or the product was cut to 1, Bonferroni's factor is at least as large and says the same.
    factor = p / contrast.p if contrast.p > 0 and p < 1 else max(family, 1)
    return contrast.difference(ALPHA / factor, shown=p < ALPHA, left_out=names)


def _contrasts(
    matrix: NDArray[np.float64], design: Design, pairs: list[_Pair]
) -> Iterator[tuple[_Pair, tuple[Contrast, tuple[int | str, ...]]]]:
    """By pair, what is known of the difference and which strata are not in it; pairs that share nothing are absent."""
    import numpy as np

    known = ~np.isnan(matrix)
    everyones = _everyones(known, design)
    # Rows that lack the same items share their design: without failures, which is most often, there is one for all.
    patterns = [np.packbits(row).tobytes() for row in known]
    groups: dict[frozenset[bytes], list[_Pair]] = defaultdict(list)
    for pair in pairs:
        groups[frozenset(patterns[row] for row in pair)].append(pair)
    for group in groups.values():
        first, second = group[0]
        both = known[first] & known[second] & everyones
        if not both.any():
            continue
        shared = design.on(both)
        evidence, chosen = testable(shared)
        items = np.flatnonzero(both)[chosen]
        rows = sorted({row for pair in group for row in pair})
        totals = dict(zip(rows, evidence.totals(matrix[rows][:, items]), strict=True))
        names = tuple(label for label in design.labels if label not in evidence.labels) or left_out(shared, evidence)
        # One row against the others at a time: all differences of a large leaderboard at once take a gigabyte.
        for row in rows:
            own = [pair for pair in group if pair[0] == row]
            if own:
                differences = np.array([totals[row] - totals[other] for _, other in own])
                for pair, contrast in zip(own, contrasts(evidence, differences, ALPHA / len(pairs)), strict=True):
                    yield pair, (contrast, names)


def _everyones(known: NDArray[np.bool_], design: Design) -> NDArray[np.bool_]:
    """Shape (items,): whether the item's stratum is one of which every row with a score has one."""
    import numpy as np

    stratum = design.stratum[design.cell]
    everyones = np.ones(len(design.labels), dtype=bool)
    for row in known:
        if row.any():
            everyones &= np.bincount(stratum[row], minlength=everyones.size) > 0
    return everyones[stratum]
