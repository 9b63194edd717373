"""Many tests at once."""

from __future__ import annotations

from collections.abc import Sequence

ALPHA = 0.05
"""The error rate of a whole family of comparisons."""


def holm(pvalues: Sequence[float]) -> tuple[float, ...]:
    """Holm's (1979) adjusted p-values, in the order given.

    Calling those under alpha significant keeps the chance of one false alarm or more in the whole family under alpha.

    Raises:
        ValueError: A p-value is outside [0, 1].
    """
    if not all(0 <= p <= 1 for p in pvalues):
        raise ValueError("a p-value lies in [0, 1]")
    adjusted = [0.0] * len(pvalues)
    highest = 0.0
    for step, index in enumerate(sorted(range(len(pvalues)), key=pvalues.__getitem__)):
        # A larger p-value must not end below a smaller one, though its factor is smaller.
        highest = max(highest, min(1.0, (len(pvalues) - step) * pvalues[index]))
        adjusted[index] = highest
    return tuple(adjusted)
