"""Whether two readers put captioners in one order."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from prism_eval.statistics.families import ALPHA
from prism_eval.statistics.pairs import Comparison


class ReaderAgreement(NamedTuple):
    """How two readers' orders of the same captioners go together.

    Attributes:
        share: Of the pairs that both readers tell apart, the share that both tell apart the same way; ``None`` if there
            is no such pair.
        pairs: How many pairs both tell apart.
        tau: Kendall's (1945) tau-b of the two orders; ``None`` where a reader has no order. It is too low: noise in the
            means turns pairs around that the readers agree on.
    """

    share: float | None
    pairs: int
    tau: float | None


def reader_agreement(
    first: Iterable[Comparison], second: Iterable[Comparison], *, alpha: float = ALPHA
) -> ReaderAgreement:
    """Compare two readers' comparisons of the same captioners, whose rows have the same numbers with both.

    Args:
        first: Comparisons of one reader's scores.
        second: Those of the other's.
        alpha: The level at which a pair is told apart.
    """
    mine = {(one.first, one.second): one for one in first if one.difference is not None}
    theirs = {(one.first, one.second): one for one in second if one.difference is not None}
    shared = [(mine[pair], theirs[pair]) for pair in mine if pair in theirs]
    told = [(one.winner(alpha), other.winner(alpha)) for one, other in shared]
    both = [one == other for one, other in told if one is not None and other is not None]
    return ReaderAgreement(share=sum(both) / len(both) if both else None, pairs=len(both), tau=_tau(shared))


def _tau(shared: list[tuple[Comparison, Comparison]]) -> float | None:
    signs = [(_sign(one), _sign(other)) for one, other in shared]
    # Ties are in the numerator of neither and in the denominator of the other reader only: that is tau-b.
    untied = math.sqrt(sum(one**2 for one, _ in signs) * sum(other**2 for _, other in signs))
    return sum(one * other for one, other in signs) / untied if untied else None


def _sign(comparison: Comparison) -> int:
    value = comparison.difference.value if comparison.difference else 0.0
    return (value > 1e-12) - (value < -1e-12)
