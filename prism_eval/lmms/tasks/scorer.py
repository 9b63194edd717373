"""Verdicts by lmms-eval's own `process_results`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import ClassVar

from prism_eval.lmms.reply import graded_text
from prism_eval.lmms.tasks.task import GradingError, Task
from prism_eval.schema import Answer, AnswerForm, FinishReason, Item, Outcome, Verdict
from prism_eval.scoring.aggregation import Aggregation
from prism_eval.scoring.base import Comparison, Scorer
from prism_eval.scoring.wording import is_abstention, is_refusal


@dataclass(kw_only=True)
class LmmsScorer(Scorer):
    """Hands each reply to one task's `process_results`; several threads may ask at once, and take turns.

    Reasoning tags are stripped, as lmms-eval strips them. Where the protocol asked for a form and the reply keeps to
    it, what stands in the form is graded; else the whole reply. The score is always lmms-eval's; an answer that it
    scores 0 is further told apart into wrong, abstained, refused, truncated and empty.

    Attributes:
        task: The task.
    """

    name: ClassVar[str] = "lmms"
    extra: ClassVar[str] = "lmms"

    task: Task

    @property
    def identity(self) -> Mapping[str, object]:
        """The task, and the version of lmms-eval that grades it."""
        return {"plugin": self.name, "version": self.version, "task": self.task.name, "lmms_eval": version("lmms-eval")}

    def score(self, item: Item, answer: Answer, form: AnswerForm) -> Verdict:
        """Say how an answer ended. What lmms-eval cannot grade has failed: it is never a score."""
        said = graded_text(answer, form)
        if not said.strip():
            # Some tasks draw a letter at random where they find none; silence shall not be lucky.
            return Verdict(_silent(answer), 0.0, note=answer.note or "no answer")
        try:
            grade = self.task.grade(_document(item), said)
        except GradingError as error:
            return Verdict(Outcome.FAILED, None, said, str(error))
        return Verdict(_outcome(grade.score, said, answer, form), grade.score, said, f"lmms-eval: {grade.metric}")

    def check(self, item: Item) -> None:
        """Nothing to look for: lmms-eval keeps the golds to itself, and says what is wrong with one when it grades."""

    def parse(self, item: Item, reply: str) -> str | None:
        """lmms-eval parses inside `process_results`: the reply as it is."""
        return reply

    def compare(self, item: Item, extracted: str) -> Comparison:
        """lmms-eval's score of a reply.

        Raises:
            GradingError: It could not be graded.
        """
        grade = self.task.grade(_document(item), extracted)
        return Comparison(grade.score, grade.metric)

    def aggregation(self) -> LmmsAggregation:
        """A gatherer that ends in the task's own aggregation: often more than the mean of the scores."""
        return LmmsAggregation(self.task)


class LmmsAggregation(Aggregation):
    """Hands what was graded to the task's own aggregation, at the end."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._graded: list[tuple[int, str]] = []

    def add(self, item: Item, verdict: Verdict) -> None:
        """Take in what was graded; an answer that failed is in no number."""
        if verdict.outcome is not Outcome.FAILED:
            self._graded.append((_document(item), verdict.extracted or ""))

    def metrics(self) -> Mapping[str, object]:
        """Metric to lmms-eval's number; to the reason, as text, where its aggregation fails."""
        values: dict[str, list[object]] = defaultdict(list)
        for index, said in self._graded:
            try:
                grade = self._task.grade(index, said)
            except GradingError as error:
                # A reply without an answer is graded here for the first time; without it every number is another.
                return dict.fromkeys(self._task.metrics, str(error))
            for metric, value in grade.metrics.items():
                values[metric].append(value)
        return {metric: self._aggregated(metric, values[metric]) for metric in self._task.metrics if metric in values}

    def _aggregated(self, metric: str, values: Iterable[object]) -> object:
        try:
            return self._task.aggregate(metric, list(values))
        except GradingError as error:
            return str(error)


def _document(item: Item) -> int:
    return int(item.columns["doc"])


def _outcome(score: float, said: str, answer: Answer, form: AnswerForm) -> Outcome:
    if score >= 0.5:
        return Outcome.CORRECT
    # A part of a score is lmms-eval's word that there was an answer.
    if score > 0:
        return Outcome.WRONG
    if is_abstention(said, form.abstain):
        return Outcome.ABSTAINED
    if answer.finish_reason is FinishReason.FILTERED or is_refusal(said):
        return Outcome.REFUSED
    return Outcome.TRUNCATED if answer.finish_reason.cut else Outcome.WRONG


def _silent(answer: Answer) -> Outcome:
    if answer.finish_reason.cut:
        return Outcome.TRUNCATED
    return Outcome.REFUSED if answer.finish_reason is FinishReason.FILTERED else Outcome.UNPARSED
