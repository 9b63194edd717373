"""The filter: a run that asks every question with its image and without, and what its verdicts say of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prism_eval.errors import PrismError
from prism_eval.plan import Plan, make_plan
from prism_eval.questions.arms import BLIND, arms_of
from prism_eval.questions.askable import folded, unaskable
from prism_eval.questions.caprl_parquet import write_caprl
from prism_eval.questions.excluded import Excluded
from prism_eval.questions.question import Arm, Question
from prism_eval.questions.question_set import QuestionSet
from prism_eval.questions.thresholds import Thresholds
from prism_eval.run.execute import run_plan
from prism_eval.run.result import RunResult


class Runs(Protocol):
    """What carries out a plan."""

    def __call__(self, plan: Plan, *, out: Path, overwrite: bool) -> RunResult:
        """As `prism_eval.run.execute.run_plan`."""
        ...


PROTOCOL = "questions"
"""What questions are filtered under: where a reader may say that it cannot know, nobody notices that it would have
guessed right."""


@dataclass(frozen=True)
class Filtering:
    """A set of questions before it is filtered.

    Attributes:
        questions: The set.
        rows: All of it: ``open`` is what will be asked; the rest was dropped, or never was a question.
        plan: The run in which they are asked.
        thresholds: The rule.
        before: The rows as they stand in the set.
    """

    questions: QuestionSet
    rows: Sequence[Question]
    plan: Plan
    thresholds: Thresholds
    before: Sequence[Question] = ()

    @property
    def open(self) -> Sequence[Question]:
        """The questions that will be asked."""
        return [one for one in self.rows if one.state == "open"]

    @property
    def calls(self) -> int:
        """How many answers that takes, those included that the store may have."""
        models = len(self.plan.captioners) - 1 + len(self.plan.reasoner)
        return sum(self.thresholds.asked(len(one.options)) for one in self.open) * models


def prepare(
    questions: QuestionSet,
    *,
    seeing: Sequence[str],
    readers: Sequence[str],
    thresholds: Thresholds,
    excluded: Excluded | None = None,
    **settings: object,
) -> Filtering:
    """Say what a filter would ask. Nothing is written, and no model is called.

    Args:
        questions: The set; whatever an earlier filter decided is decided anew.
        seeing: Spec strings of models that answer with the image.
        readers: Spec strings of reasoners that answer without, first the one that will score.
        thresholds: The rule.
        excluded: Images that no question may show.
        settings: Further keys of the run's plan, such as ``protocol``, ``seed`` and ``concurrency``.

    Raises:
        UsageError: A spec or a setting will not do.
        DataError: The questions cannot be read.
    """
    plan = make_plan(
        {
            "captioners": [*(f"direct({spec})" for spec in seeing), BLIND],
            "reasoner": list(readers),
            "benchmarks": [f"{questions.definition}:open"],
            "data": str(questions.folder),
            "protocol": PROTOCOL,
            "samples": 1,
            "orders": thresholds.asks,
            "rotate": True,
            "thumbnails": False,
            **settings,
        },
        where="the command",
    )
    before = questions.read()
    # What a row says of its image may be anybody's word: looked for are the bytes that will be shown.
    left_out = {image.name: excluded.why(image) for image in questions.shown(before)} if excluded else {}
    rows = [_before_asking(one, left_out.get(one.image, "")) for one in before]
    return Filtering(questions, list(_once(rows)), plan, thresholds, before)


def _once(questions: Iterable[Question]) -> Iterator[Question]:
    """The questions, less those that ask what another one has asked about the same image."""
    seen: set[tuple[str, str]] = set()
    for one in questions:
        asked = one.image, folded(one.question)
        if one.state == "open" and asked in seen:
            yield one.become("dropped", "another question asks the same about its image")
            continue
        if one.state == "open":
            seen.add(asked)
        yield one


def _before_asking(question: Question, left_out: str) -> Question:
    if question.state in ("image", "failed"):
        return question
    reasons = [f"its image {left_out}"] if left_out else []
    reasons += unaskable(question)
    return question.become("dropped", *reasons) if reasons else question.become("open")


def ask(filtering: Filtering, run: Runs = run_plan) -> RunResult | None:
    """Ask the open questions; ``None`` where there are none.

    Killed on the way, the set holds them as open, and the same call goes on from the store.

    Args:
        filtering: What is asked.
        run: Carries out a plan, as `run_plan` does: with its store, its progress display, its ready plugins.

    Raises:
        PrismError: The run could not be carried out to its end.
    """
    filtering.questions.write(filtering.rows)
    if not filtering.open:
        return None
    try:
        # Another filter's run may lie there. Its answers are in the store.
        return run(filtering.plan, out=filtering.questions.run, overwrite=True)
    except PrismError:
        # What was decided before stands until all is decided anew: a slip of the pen or a dead server costs nothing.
        filtering.questions.write(filtering.before)
        raise


def decide(filtering: Filtering) -> list[Question]:
    """What becomes of each question, once the run has asked them; written into the set.

    Raises:
        RunError: The run's verdicts are missing or damaged, or the set cannot be written.
    """
    options = {one.id: len(one.options) for one in filtering.open}
    arms = arms_of(filtering.questions.run, options) if options else {}
    decided = [_decided(one, arms, filtering.thresholds) if one.state == "open" else one for one in filtering.rows]
    filtering.questions.write(decided)
    write_caprl(filtering.questions, [one for one in decided if one.state == "kept"])
    return decided


def _decided(question: Question, arms: Mapping[str, Sequence[Arm]], thresholds: Thresholds) -> Question:
    answered = arms.get(question.id)
    if answered is None:  # of a run that a setting limits to a part of the questions
        return question.become("undecided", "the run did not ask it")
    state, reasons = thresholds.decide(answered, len(question.options))
    return question.become(state, *reasons, arms=tuple(answered))
