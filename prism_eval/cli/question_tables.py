"""What the verbs of ``prism-eval questions`` print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prism_eval.cli.screen import echo
from prism_eval.cli.table import show_table

if TYPE_CHECKING:
    from fractions import Fraction

    from prism_eval.questions.error_rates import Rate
    from prism_eval.questions.filtering import Filtering
    from prism_eval.questions.lint import Finding
    from prism_eval.questions.question import Question, State

_REASONS_SHOWN = 5


def show_rates(filtering: Filtering) -> None:
    """Print how often the filter's rule errs, and what it will ask."""
    from prism_eval.leaderboard.writing import counted
    from prism_eval.questions.error_rates import error_rates

    asked = filtering.open
    options = {len(one.options) for one in asked}
    found = list(error_rates(filtering.thresholds, options))
    echo("How often a question is kept by each test, by how often whoever answers it would be right:")
    for with_image in (False, True):
        part = [rate for rate in found if rate.with_image is with_image]
        accuracies = list(part[0].kept)
        echo()
        echo(f"  {'with' if with_image else 'without'} the image")
        show_table(
            ["right answers", "of questions with", *(f"right {_percent(one)}" for one in accuracies), "by chance"],
            [_rate_row(rate) for rate in part],
        )
    echo()
    if odd := sorted(count for count in options if filtering.thresholds.asks % count):
        for count in odd:
            echo(
                f"{filtering.thresholds.asks} is no multiple of {count}: questions with {count} options are asked in "
                f"{counted(filtering.thresholds.asked(count), 'order')}."
            )
    if len(filtering.plan.reasoner) == 1:
        echo("One reader: what another would guess is not noticed. Name a second one, of another family, with -r.")
    models = len(filtering.plan.captioners) - 1 + len(filtering.plan.reasoner)
    echo(
        f"To ask: {counted(len(asked), 'question')} of {len(filtering.rows):,}, {filtering.calls:,} answers "
        f"of {counted(models, 'model')} at most."
    )


def _rate_row(rate: Rate) -> list[str]:
    of = f"{rate.options} options" if rate.options else "any (CapRL's rule)"
    chance = "" if rate.chance is None else _percent(rate.chance)
    return [rate.rule, of, *(_percent(kept) for kept in rate.kept.values()), chance]


def _percent(share: Fraction | float) -> str:
    value = 100 * float(share)
    return f"{value:.1f} %" if 0 < value < 1 or 99 < value < 100 else f"{value:.0f} %"


def show_states(questions: Sequence[Question], states: Sequence[State]) -> None:
    """Print how many questions are in each of some states, and the commonest reasons."""
    from collections import Counter

    from prism_eval.leaderboard.writing import counted

    counts = Counter(one.state for one in questions)
    echo(", ".join(f"{state} {counts[state]:,}" for state in states if counts[state]) or "nothing")
    for state in states:
        reasons = Counter(reason for one in questions if one.state == state for reason in one.reasons)
        for reason, count in reasons.most_common(_REASONS_SHOWN):
            echo(f"  {state}, {counted(count, 'time')}: {reason}")


def show_findings(findings: Sequence[Finding]) -> None:
    """Print what lint found, a rule at a time, with its first cases."""
    from itertools import groupby

    from prism_eval.leaderboard.writing import counted

    for rule, found in groupby(findings, key=lambda one: one.rule):
        cases = list(found)
        echo(f"{rule}: {counted(len(cases), 'finding')}")
        for one in cases[:_REASONS_SHOWN]:
            echo(f"  {', '.join(one.questions) or 'the set'}: {one.says}")
        if len(cases) > _REASONS_SHOWN:
            echo(f"  and {len(cases) - _REASONS_SHOWN:,} more: --format json has all")
    if not findings:
        echo("Nothing found.")


def show_answered(questions: Sequence[Question]) -> None:
    """Print how each model answered all the questions, and whose replies could not be read."""
    from prism_eval.questions.answered import MOSTLY_GUESSED, MOSTLY_READ, answered
    from prism_eval.schema import option_letters

    models = [one for one in answered(questions) if one.asked]
    if not models:
        return
    letters = option_letters(max(len(one.right_at) for one in models))
    show_table(
        [
            "answered by",
            "image",
            "answers",
            "right",
            "abstained",
            "unread",
            *(f"right at {letter}" for letter in letters),
        ],
        [
            [
                one.by,
                "yes" if one.with_image else "no",
                one.asked,
                _percent(one.right / one.asked),
                _percent(one.abstained / one.asked),
                _percent(one.unread / one.asked),
                *(one.right_at[place] if place < len(one.right_at) else "" for place in range(len(letters))),
            ]
            for one in models
        ],
    )
    for one in models:
        if one.unread > (1 - MOSTLY_READ) * one.asked:
            echo(
                f"{one.by}: of {_percent(one.unread / one.asked)} of its answers nothing is known, and questions are "
                "undecided for it: see the reasons, its max_tokens, and the form that the protocol asks for."
            )
        if not one.with_image and one.abstained > (1 - MOSTLY_GUESSED) * one.asked:
            echo(
                f"{one.by}: it would not guess {_percent(one.abstained / one.asked)} of its answers without the image, "
                "and so does not show what can be guessed: read with a model that does."
            )
