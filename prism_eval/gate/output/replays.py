"""What came of scoring a run's answers again, in words and in JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

from prism_eval.files.jsonable import jsonable
from prism_eval.gate.output.told import Case, Told
from prism_eval.leaderboard.writing import counted
from prism_eval.run.rescoring import Rescored
from prism_eval.sheets.sheet import Grid, Sheet

_SHOWN = 20


def told(replay: Rescored, where: str) -> Told:
    """What a replay says.

    Args:
        replay: What came of it.
        where: The run.
    """
    sheet, changed = replayed(replay, where), bool(replay.changed)
    whole = Case("replay", "replay", "failure" if changed else "passed", "error" if changed else "", sheet.answer)
    of = Counter(one.benchmark for one in replay.changed)
    cases = [
        Case("replay", f"replay {name}", "failure", "error", f"{name}: {counted(number, 'verdict')} changed")
        for name, number in of.items()
    ]
    return Told(
        sheet, {name: jsonable(value) for name, value in asdict(replay).items()}, [whole, *cases], {"run": where}
    )


def replayed(replay: Rescored, where: str) -> Sheet:
    """What to say of a replay.

    Args:
        replay: What came of it.
        where: The run.
    """
    answers, changed = counted(replay.answers, "answer"), len(replay.changed)
    said = "every verdict as it was" if not changed else f"{counted(changed, 'verdict')} changed"
    rows = [
        (one.benchmark, one.item, one.captioner, one.before.said, one.after.said) for one in replay.changed[:_SHOWN]
    ]
    more = [f"{changed - _SHOWN:,} more: --format json has all of them."] if changed > _SHOWN else []
    unanswered = f"{counted(replay.unanswered, 'verdict')} without an answer: nothing to score."
    return Sheet(
        answer=f"{'FAIL' if changed else 'PASS'}: {answers} of {where} scored again, {said}",
        lines=[],
        grids=[Grid("", ("benchmark", "item", "entry", "before", "now"), rows)] if rows else [],
        notes=[
            *more,
            *([unanswered] if replay.unanswered else []),
            *(f"{name} was not scored again: {why}" for name, why in replay.left_out.items()),
        ],
    )
