"""How the numbers of a leaderboard are written, the same in the terminal and in HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prism_eval.statistics import ALPHA, Estimate, RankRange, Ratio

ABSENT = "\N{EN DASH}"
FEWER = "*: a mean over fewer benchmarks."
"""What the mark behind a score means."""
_NOISE = 1e-12


def points(value: float | None) -> str:
    """A score in [0, 1] as points out of 100: ``48.3``."""
    # One decimal: at a thousand images the interval is some six points wide.
    return ABSENT if value is None else f"{100 * value:.1f}"


def margin(value: float) -> str:
    """A margin in [0, 1] as points out of 100, with all the digits that it was given: ``1.0``, ``0.125``."""
    text = f"{100 * value:.10g}"
    return text if "." in text else f"{text}.0"


def score(estimate: Estimate | None) -> str:
    """An estimate's mean in points."""
    return ABSENT if estimate is None else points(estimate.value)


def ends(low: float, high: float) -> str:
    """The ends of a score's interval in points: ``[47.7, 49.1]``."""
    return f"[{points(low)}, {points(high)}]"


def signed(value: float) -> str:
    """A difference in points with its sign: ``+2.1``; with as many digits as it takes to see that it is not 0."""
    # What is left of equal sums that were added up in another order.
    if abs(value) < _NOISE:
        return "+0.0"
    texts = (f"{100 * value:+.{digits}f}" for digits in range(1, 16))
    return next(text for text in texts if float(text) != 0)


def signed_ends(low: float, high: float) -> str:
    """The ends of a difference's interval in points, with their signs: ``[-0.8, +0.4]``."""
    return f"[{signed(low)}, {signed(high)}]"


def p_value(p: float) -> str:
    """A p-value: ``0.012``; with as many digits as it takes to see on which side of 0.05 it lies."""
    if p < 0.001:
        return "< 0.001"
    texts = (f"{p:.{digits}f}" for digits in range(3, 20))
    return next(text for text in texts if (float(text) < ALPHA) == (p < ALPHA))


def place(rank: RankRange | None) -> str:
    """A range of places: ``1``, or from the best to the worst."""
    if rank is None:
        return ABSENT
    return str(rank.best) if rank.best == rank.worst else f"{rank.best}\N{EN DASH}{rank.worst}"


def count(value: float | None) -> str:
    """A whole number with separators: ``1,920``."""
    return ABSENT if value is None else f"{round(value):,}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """So many of something: ``1 item``, ``1,920 items``.

    Args:
        number: How many.
        noun: What one is called.
        plural: What several are called; by default the noun and an s.
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Sequence[str], most: int = 4, *, between: str = ", ") -> str:
    """The names, of many the first few and how many there are besides: ``a, b, c, d and 8 more``."""
    # One name more takes no more room than to say that there is one.
    if len(names) <= most + 1:
        return between.join(names)
    return f"{between.join(names[:most])} and {len(names) - most:,} more"


def with_ends(estimate: Estimate | None) -> str:
    """An estimate's mean and the ends of its interval: ``48.3 [46.2, 50.4]``."""
    return ABSENT if estimate is None else f"{score(estimate)} {ends(estimate.low, estimate.high)}"


def as_printed(value: float | None) -> str:
    """A score as a paper prints it, to as many as two decimals: ``48.3``, ``67.17``."""
    if value is None:
        return ABSENT
    text = f"{100 * value:.2f}"
    return text.removesuffix("0")


def about(number: float) -> str:
    """A rough number, to two digits: ``3,100``."""
    return f"{float(f'{number:.2g}'):,.0f}"


def percent(share: Ratio) -> str:
    """A share of a gap with the ends of its interval: ``72 % [65, 79]``."""
    return f"{100 * share.value:.0f} % [{100 * share.low:.0f}, {100 * share.high:.0f}]"


def three_digits(value: float) -> str:
    """A number of any size, to three digits and never as a power of ten: ``0.00421``, ``12.3``, ``4,210``."""
    # Ten decimals: a caption of a tenth of a millionth of a coin costs nothing.
    return f"{float(f'{value:.3g}'):,.10f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """A time that people read at a glance: ``48 s``, ``12 min``, ``3.2 h``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def signs(found: Mapping[str, int]) -> str:
    """What an audit counted: ``3 control, 1 reader``; ``none`` where it found nothing."""
    return ", ".join(f"{number:,} {sign}" for sign, number in found.items() if number) or "none"
