"""One task of lmms-eval, opened without a model: its documents, its prompts and its own grading."""

from __future__ import annotations

import contextlib
import inspect
import io
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from prism_eval.errors import PrismError
from prism_eval.lmms.tasks.loading import TASK_ERRORS, first_line
from prism_eval.lmms.tasks.metrics import score_of
from prism_eval.lmms.theirs import ONE_AT_A_TIME, Document, InnerTask

# Where lmms-eval keeps what asks a language model. A task does not declare that it is graded by one.
_JUDGES = ("lmms_eval.llm_judge", "lmms_eval.verifiers")


class GradingError(PrismError):
    """lmms-eval could not grade a reply; the text says why."""


@dataclass(frozen=True, slots=True)
class Grade:
    """What lmms-eval says of one reply.

    Attributes:
        metrics: Metric to value, as `process_results` returns them.
        metric: The main metric: the first of the task's list that this document has.
        score: The main metric's value for this reply alone, in [0, 1].
    """

    metrics: Mapping[str, object]
    metric: str
    score: float


@dataclass
class Task:
    """A task of lmms-eval. It may be asked from several threads; the task's own code runs in one of them at a time.

    Attributes:
        name: Its name there.
        inner: lmms-eval's own object.
        judged: Whether its grading asks a language model.
    """

    name: str
    inner: InnerTask
    judged: bool = field(init=False)
    _grades: dict[tuple[int, str], Grade] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        # Found out once: it takes reading the bytecode of the task's functions.
        self.judged = _asks_a_judge(self.inner.config.process_results)

    @property
    def size(self) -> int:
        """How many documents the task asks about."""
        return len(self.inner.eval_docs)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The task's metrics, the main one first."""
        return tuple(self.inner.aggregation())

    @property
    def split(self) -> str:
        """The split whose documents are asked."""
        return str(self.inner.config.test_split or self.inner.config.validation_split)

    def document(self, index: int) -> Document:
        """A document with its images decoded, which the copy that grading reads is without."""
        with ONE_AT_A_TIME:
            return self.inner.eval_docs[index]

    def messages(self, doc: Document) -> object:
        """What lmms-eval would send a chat model."""
        with ONE_AT_A_TIME:
            return self.inner.doc_to_messages(doc)

    def targets(self, doc: Document) -> list[str]:
        """The gold answer or answers as text; empty where the split keeps them secret."""
        with ONE_AT_A_TIME:
            target = self.inner.doc_to_target(doc)
            if isinstance(target, int) and self.inner.config.doc_to_choice is not None:
                target = self.inner.doc_to_choice(doc)[target]
        values = target if isinstance(target, list | tuple) else [target]
        return [str(value) for value in values if value is not None]

    def grade(self, index: int, reply: str) -> Grade:
        """Grade one reply to one document with lmms-eval's filters and `process_results`.

        A grade is kept, for the aggregation at the end and because a judge may have been paid for it. The grading of a
        reply cannot be interrupted, and nothing bounds its time: meanwhile every other thread that needs lmms-eval
        waits, whatever the task.

        Raises:
            GradingError: Its code failed, or its language model did.
        """
        with ONE_AT_A_TIME:
            known = self._grades.get((index, reply))
            if known is None:
                known = self._grades[index, reply] = self._grade(index, reply)
            return known

    def aggregate(self, metric: str, values: Sequence[object]) -> object:
        """The task's own aggregation of one metric over many documents.

        Raises:
            GradingError: Its code failed.
        """
        combine = self.inner.aggregation()[metric]
        wants_arguments = "args" in inspect.signature(combine).parameters
        # Some print tables, and some write a submission file to where lmms-eval's command line says.
        with ONE_AT_A_TIME, tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            more = {"args": SimpleNamespace(output_path=folder)} if wants_arguments else {}
            try:
                return combine(list(values), **more)
            except TASK_ERRORS as error:
                raise GradingError(f"lmms-eval's {metric} of {self.name} failed: {first_line(error)}") from error

    def _grade(self, index: int, reply: str) -> Grade:
        with self._watched() as problems:
            metrics = self._process(index, reply)
        # A judge that is down logs an error and returns 0, which would be a score.
        if problems:
            raise GradingError(f"lmms-eval's judge for {self.name} failed: {problems[0]}")
        # A document need not have every metric of its task.
        metric = next((name for name in self.metrics if name in metrics), None)
        if metric is None:
            raise GradingError(f"lmms-eval's {self.name} gave none of its metrics: {', '.join(map(str, metrics))}")
        return Grade(metrics, metric, self._score(metric, metrics[metric]))

    def _process(self, index: int, reply: str) -> Mapping[str, object]:
        try:
            doc = self.inner.eval_docs_no_media[index]
            # Without lmms-eval's decorator, which would wait 8 s for its own code to change its mind.
            process_results = inspect.unwrap(type(self.inner).process_results)
            metrics: Mapping[str, object] = process_results(self.inner, doc, [self._filtered(doc, index, reply)])
        except TASK_ERRORS as error:
            raise GradingError(f"lmms-eval's grading of {self.name} failed: {first_line(error)}") from error
        return metrics

    def _score(self, metric: str, value: object) -> float:
        score = score_of(value, score_key=self.inner.config.score_key, alone=lambda: self.aggregate(metric, [value]))
        if score is None:
            raise GradingError(
                f"lmms-eval's {metric} of {self.name} is no score in 0..1 or 0..100 for one answer: it cannot be ranked"
            )
        return score

    def _filtered(self, doc: Document, index: int, reply: str) -> object:
        """The reply after the first of the task's filters: without any, the reply."""
        from lmms_eval.api.instance import Instance

        instance = Instance(
            request_type=self.inner.OUTPUT_TYPE,
            arguments=(),
            idx=0,
            metadata={"task": self.name, "doc_id": index, "repeats": 1},
            doc=doc,
            resps=[reply],
        )
        chain = self.inner._filters[0]  # noqa: SLF001 - its public `apply_filters` works on a whole run only
        chain.apply([instance], None)
        return instance.filtered_resps[chain.name]

    @contextlib.contextmanager
    def _watched(self) -> Iterator[list[str]]:
        """The errors that a judged task logs while it grades: it would turn each of them into a score of 0."""
        problems: list[str] = []
        if not self.judged:
            yield problems
            return
        from loguru import logger

        # By thread: a document that is read meanwhile may log errors of its own.
        own = threading.get_ident()
        sink = logger.add(
            lambda message: problems.append(message.record["message"].strip().partition("\n")[0]),
            level="ERROR",
            filter=lambda record: record["thread"].id == own,
        )
        try:
            yield problems
        finally:
            logger.remove(sink)


def _asks_a_judge(function: object, depth: int = 3) -> bool:
    """Whether a function, or one of its module that it calls, uses lmms-eval's language-model judges."""
    code, names = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    if code is None:
        return False
    used = [names[name] for name in code.co_names if name in names]
    if any(str(getattr(value, "__module__", None) or type(value).__module__).startswith(_JUDGES) for value in used):
        return True
    own = [value for value in used if getattr(value, "__globals__", None) is names]
    # To a depth: functions of one module may call each other in circles.
    return depth > 0 and any(_asks_a_judge(value, depth - 1) for value in own)
