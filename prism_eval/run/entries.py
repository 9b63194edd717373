"""Which captioners are entries: who is compared with others, who puts a score in context, and whom a name means."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from prism_eval.errors import UsageError

CONTROLS = ("blind", "mismatched", "direct", "suffix")
"""The plugins whose captioners put a score in context: they are no entries, and no rival of one."""

MOST_FAILED = Fraction(1, 100)
"""Share of failed answers above which an entry is not compared: whoever fails on the hard questions looks better."""


def too_many_failed(answers: Collection[tuple[int, int]]) -> bool:
    """Whether too much of an entry is missing for it to be compared.

    Args:
        answers: By benchmark, how many answers there should be, at least one, and how many of them have no score.
    """
    if not answers:
        return False
    due, lost = (sum(numbers) for numbers in zip(*answers, strict=True))
    # Benchmarks weigh the same in the mean, so that half of a small one is more than its share of all answers.
    weighed = sum(Fraction(gone, whole) for whole, gone in answers) / len(answers)
    return max(Fraction(lost, due), weighed) > MOST_FAILED


def control_of(identity: Mapping[str, object]) -> str:
    """Which control a captioner is; empty for an entry."""
    plugin = str(identity.get("plugin", ""))
    return plugin if plugin in CONTROLS else ""


def baseline_named(name: str, entries: Sequence[str], controls: Sequence[str]) -> str:
    """The entry that a label, or a part of one that no other entry's has, stands for.

    Args:
        name: What `--baseline` was given.
        entries: The labels of the entries.
        controls: Those of the controls, of which none can be it.

    Raises:
        UsageError: There is none, or more than one; the message lists the labels.
    """
    wanted = name.strip().lower()
    found = [label for label in entries if label == name] or [
        label for label in entries if wanted and wanted in label.lower()
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"--baseline {name!r} fits {', '.join(found)}: name one")
    why = "is a control, which nothing is compared with" if name in controls else "names no entry"
    raise UsageError(f"--baseline {name!r} {why}; the entries are: {', '.join(entries) or 'none'}")
