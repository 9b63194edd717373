"""What came of holding a run against itself, in words."""

from __future__ import annotations

from prism_eval.leaderboard.writing import counted
from prism_eval.run.verification import Verification
from prism_eval.sheets.sheet import Sheet


def verified(found: Verification, where: str) -> Sheet:
    """What to say of a verification.

    Args:
        found: What came of it.
        where: The run.
    """
    looked = f"{counted(found.rescored, 'answer')} scored again, {found.traced:,} of {found.texts:,} texts traced"
    said = f"{counted(len(found.findings), 'contradiction')}" if found.findings else "agrees with itself"
    return Sheet(answer=f"{where}: {said}; {looked}", lines=list(map(str, found.findings)), grids=[], notes=found.notes)
