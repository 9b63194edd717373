"""What an audit found, as a run's manifest keeps it: a page then shows it and reads no caption."""

from __future__ import annotations

from prism_eval.run.audit import Audited, audit
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Table

EDITION = 3
"""Raised with every change of what is looked for: counts of two editions are not the same counts."""
_MOST = 100_000
"""Captions beyond which it would take minutes: `prism-eval audit` is there for those."""


def counted(folder: RunFolder) -> dict[str, object]:
    """The manifest's part on a scored run; empty where there are too many captions to be looked at by the way.

    Args:
        folder: The run folder, its tables whole.

    Raises:
        RunError: A table cannot be read.
    """
    if not folder.table("verdicts").exists() or Table(folder.path, "captions").size > _MOST:
        return {}
    return {"audit": {"edition": EDITION, "entries": [_entry(one) for one in audit(folder.path)]}}


def _entry(one: Audited) -> dict[str, object]:
    return {"captioner": one.captioner, "captions": one.captions, "found": dict(sorted(one.found.items()))}
