"""Verdicts by lmms-eval's own `process_results`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, ClassVar

from prism_eval.lmms.task import Grade, GradingError, Task
from prism_eval.schema import Answer, AnswerForm, FinishReason, Item, Outcome, Verdict
from prism_eval.scoring.aggregation import Aggregation
from prism_eval.scoring.base import Comparison, Scorer
from prism_eval.scoring.extraction import read_form, strip_reasoning
from prism_eval.scoring.wording import is_abstention, is_refusal


@dataclass(kw_only=True)
class LmmsScorer(Scorer):
    """Hands each reply to one task's `process_results`.

    Reasoning tags are stripped, as lmms-eval strips them. Where the protocol asked for a form and the reply keeps to
    it, what stands in the form is graded; else the whole reply. The score is always lmms-eval's; an answer that it
    scores 0 is further told apart into wrong, abstained, refused, truncated and empty.

    Attributes:
        task: The task.
    """

    name: ClassVar[str] = "lmms"
    extra: ClassVar[str] = "lmms"

    task: Task
    _graded: dict[tuple[int, str], Grade] = field(default_factory=dict, init=False, repr=False)

    @property
    def identity(self) -> Mapping[str, Any]:
        """The task, and the version of lmms-eval that grades it."""
        return {"plugin": self.name, "version": self.version, "task": self.task.name, "lmms_eval": version("lmms-eval")}

    def score(self, item: Item, answer: Answer, form: AnswerForm) -> Verdict:
        """Say how an answer ended. What lmms-eval cannot grade has failed: it is never a score."""
        reply = strip_reasoning(answer.text)
        said = asked_for(reply, form)
        if not said.strip():
            return Verdict(_silent(answer), 0.0, note="no answer")
        try:
            grade = self._grade(int(item.extra["doc"]), said)
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
        grade = self._grade(int(item.extra["doc"]), extracted)
        return Comparison(grade.score, grade.metric)

    def aggregation(self) -> LmmsAggregation:
        """The task's own aggregation."""
        return LmmsAggregation(self)

    def aggregate(self, graded: Iterable[tuple[int, str]]) -> dict[str, Any]:
        """The task's own aggregation over many answers.

        Args:
            graded: Document and the text that was graded, one for each answer that did not fail.

        Returns:
            Metric to lmms-eval's number; to the reason, as text, where its aggregation fails.
        """
        values: dict[str, list[Any]] = defaultdict(list)
        for index, said in graded:
            for metric, value in self._grade(index, said).metrics.items():
                values[metric].append(value)
        return {metric: self._aggregate(metric, values[metric]) for metric in self.task.metrics if metric in values}

    def _aggregate(self, metric: str, values: list[Any]) -> Any:
        try:
            return self.task.aggregate(metric, values)
        except GradingError as error:
            return str(error)

    def _grade(self, index: int, said: str) -> Grade:
        key = (index, said)
        if key not in self._graded:
            self._graded[key] = self.task.grade(index, said)
        return self._graded[key]


class LmmsAggregation(Aggregation):
    """Hands what was graded to the task's own aggregation, at the end."""

    def __init__(self, scorer: LmmsScorer) -> None:
        self._scorer = scorer
        self._graded: list[tuple[int, str]] = []

    def add(self, item: Item, verdict: Verdict) -> None:
        """Take in what was graded; an answer that failed is in no number."""
        if verdict.outcome is not Outcome.FAILED:
            self._graded.append((int(item.extra["doc"]), verdict.extracted or ""))

    def metrics(self) -> Mapping[str, Any]:
        """Metric to lmms-eval's number; to the reason, as text, where its aggregation fails."""
        return self._scorer.aggregate(self._graded)


def asked_for(reply: str, form: AnswerForm) -> str:
    """What of a reply is graded: what stands in the form the protocol asked for, else all of it."""
    written = read_form(reply, form) if form.marker else None
    return reply if written is None else written


def _outcome(score: float, said: str, answer: Answer, form: AnswerForm) -> Outcome:
    if score >= 0.5:
        return Outcome.CORRECT
    if score > 0:
        return Outcome.WRONG
    if is_abstention(said, form.abstain):
        return Outcome.ABSTAINED
    if answer.finish_reason is FinishReason.FILTERED or is_refusal(said):
        return Outcome.REFUSED
    return Outcome.TRUNCATED if answer.finish_reason is FinishReason.LENGTH else Outcome.WRONG


def _silent(answer: Answer) -> Outcome:
    if answer.finish_reason is FinishReason.LENGTH:
        return Outcome.TRUNCATED
    return Outcome.REFUSED if answer.finish_reason is FinishReason.FILTERED else Outcome.UNPARSED
