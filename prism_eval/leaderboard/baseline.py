"""Which entry the others are compared with."""

from __future__ import annotations

from collections.abc import Sequence

from prism_eval.errors import UsageError
from prism_eval.leaderboard.rows import Row


def named_baseline(name: str, rows: Sequence[Row], controls: Sequence[Row]) -> Row:
    """The entry that a label, or a part of one that no other label has, stands for.

    Raises:
        UsageError: There is none, or more than one; the message lists the labels.
    """
    exact = [row for row in rows if row.captioner == name]
    found = exact or [row for row in rows if name.strip() and name.strip().lower() in row.captioner.lower()]
    if len(found) == 1:
        return found[0]
    labels = ", ".join(row.captioner for row in rows) or "none"
    if found:
        raise UsageError(f"--baseline {name!r} fits {', '.join(row.captioner for row in found)}: name one")
    if any(row.captioner == name for row in controls):
        raise UsageError(f"--baseline {name!r} is a control, which nothing is compared with; the entries are: {labels}")
    raise UsageError(f"--baseline {name!r} names no entry; the entries are: {labels}")


def largest(rows: Sequence[Row]) -> Row | None:
    """The ranked entry with the largest model, the better one of two; ``None`` where no size is larger than another."""
    sized = [row for row in rows if row.size and not row.unranked]
    sizes = {row.size.params_b for row in sized}
    # Rows stand best first, and `max` takes the first of equals.
    return max(sized, key=lambda row: row.size.params_b or 0) if len(sizes) > 1 else None
