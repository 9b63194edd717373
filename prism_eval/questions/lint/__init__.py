"""What is wrong with questions that can be seen without asking a model: each rule in one sentence, with its cases."""

from __future__ import annotations

from collections.abc import Sequence

from prism_eval.questions.lint.finding import Finding
from prism_eval.questions.lint.languages import other_languages
from prism_eval.questions.lint.leans import length_lean, position_leans
from prism_eval.questions.lint.options import length_cues, unaskables
from prism_eval.questions.lint.texts import duplicates, told_elsewhere
from prism_eval.questions.question import Question

__all__ = ["RULES", "Finding", "lint"]

RULES = (unaskables, duplicates, told_elsewhere, length_cues, other_languages, length_lean, position_leans)
"""The rules, in the order in which they are told: first what is wrong with single questions, then with the set."""


def lint(questions: Sequence[Question]) -> list[Finding]:
    """Look at a set's questions; those that were dropped or never made are not looked at.

    Args:
        questions: The set's rows.
    """
    looked_at = [one for one in questions if one.state not in ("image", "dropped", "failed")]
    return [finding for rule in RULES for finding in rule(looked_at)]
