"""Student's t distribution; degrees of freedom may be fractional, as Satterthwaite's are."""

from __future__ import annotations

from functools import lru_cache


def two_sided(t: float, degrees: float) -> float:
    """The probability that |T| exceeds ``|t|`` at the given degrees of freedom.

    Raises:
        ValueError: The degrees of freedom are not positive.
    """
    from scipy.special import betainc

    if not degrees > 0:
        raise ValueError(f"degrees of freedom must be positive, not {degrees}")
    # The incomplete beta function (DLMF 8.17.22) from whichever side its argument is small on: from the other one the
    # digits of a small t, or of a small probability, would be lost (as they are in scipy's own `stdtr`).
    if t * t < degrees:
        return 1 - float(betainc(0.5, degrees / 2, t * t / (degrees + t * t)))
    return float(betainc(degrees / 2, 0.5, degrees / (degrees + t * t)))


def upper(t: float, degrees: float) -> float:
    """The probability that T exceeds ``t`` at the given degrees of freedom.

    Raises:
        ValueError: The degrees of freedom are not positive.
    """
    both = two_sided(t, degrees)
    return both / 2 if t > 0 else 1 - both / 2


# A leaderboard asks for the same few degrees of freedom in cell after cell.
@lru_cache(maxsize=4096)
def quantile(share: float, degrees: float) -> float:
    """The t that T stays under with probability ``share``: 1.645 for 0.95 at many degrees of freedom.

    Raises:
        ValueError: The share is outside (0, 1) or the degrees of freedom are not positive.
    """
    from scipy.special import stdtrit

    if not 0 < share < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {share}")
    if not degrees > 0:
        raise ValueError(f"degrees of freedom must be positive, not {degrees}")
    return float(-stdtrit(degrees, 1 - share))


def critical(level: float, degrees: float) -> float:
    """The t that |T| stays under with probability ``level``: 1.96 for 0.95 at many degrees of freedom.

    Raises:
        ValueError: The level is outside (0, 1) or the degrees of freedom are not positive.
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    return quantile((1 + level) / 2, degrees)
