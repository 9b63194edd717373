"""Whether a caption says what a question asks for, something else instead, or nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from prism_eval.leaderboard.losses.golds import Gold
from prism_eval.leaderboard.losses.question import Coverage, Question
from prism_eval.leaderboard.losses.sought import Sought
from prism_eval.leaderboard.losses.statements import Statement

_SAID = 0.5
"""How much of the question a statement must hold for the gold in it to be its answer."""
_CONTRADICTED, _CERTAIN = 0.8, 0.95
"""How much for something else in it to be another answer, of the same kind and of any."""


class Evidence(IntEnum):
    """What a caption says of a gold, the least first."""

    SILENT = 0
    CONTRADICTS = 1
    UNCLEAR = 2
    SAYS = 3


def evidence(said: Sequence[Statement], question: Question) -> Evidence:
    """What a caption says of a question's golds: of several, the best.

    Args:
        said: The caption's statements.
        question: The question, with at least one gold.
    """
    about = question.coverage(said)
    return max(_of_gold(said, about, question, gold) for gold in question.golds)


def _of_gold(said: Sequence[Statement], about: Sequence[Coverage], question: Question, gold: Gold) -> Evidence:
    found = [_of_part(said, about, question, part) for part in gold]
    # A list with one wrong element is another list.
    return Evidence.CONTRADICTS if Evidence.CONTRADICTS in found else min(found)


def _of_part(said: Sequence[Statement], about: Sequence[Coverage], question: Question, part: Sought) -> Evidence:
    if not about:
        # Where the caption has no word of the question, only what is not met by chance is known for an answer.
        found = any(map(part.said_in, said))
        return Evidence.SILENT if not found else Evidence.SAYS if part.distinctive else Evidence.UNCLEAR
    said_at = rival_at = 0.0
    for statement, covers in zip(said, about, strict=True):
        if covers.loose >= _SAID and covers.loose > said_at and part.said_in(statement):
            said_at = covers.loose
        elif covers.strict >= _CONTRADICTED and not question.is_turned_by(statement):
            if question.lenient and part.near_in(statement):
                said_at = max(said_at, covers.loose)
            elif part.rival_in(statement, question.asked, certain=covers.strict >= _CERTAIN):
                rival_at = max(rival_at, covers.loose)
    # Whichever stands in the statement that answers the question better.
    if rival_at > said_at:
        return Evidence.CONTRADICTS
    return Evidence.SAYS if said_at else Evidence.SILENT
