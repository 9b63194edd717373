"""Scoring in several threads at once: a task's own code, which is written for one, runs in one at a time."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace

import pytest
from PIL import Image as Pillow

from prism_eval.lmms.tasks.benchmark import benchmark_of
from prism_eval.lmms.tasks.scorer import LmmsScorer
from prism_eval.lmms.tasks.task import Task
from prism_eval.schema import Answer, AnswerForm, Item, ItemKind, Outcome


class Inner:
    """A task whose code keeps its place in global state, as lmms-eval's tasks do."""

    OUTPUT_TYPE = "generate_until"
    inside = 0
    graded: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.config = SimpleNamespace(
            process_results=None,
            score_key=None,
            dataset_path="owner/data",
            dataset_name=None,
            dataset_kwargs={"revision": "abc"},
            test_split="test",
            doc_to_choice=None,
        )
        self.eval_docs = self.eval_docs_no_media = [{"gold": str(number)} for number in range(50)]
        self._filters = [SimpleNamespace(name="none", apply=self._apply)]

    def aggregation(self):
        return {"exact": sum}

    def doc_to_messages(self, doc):
        Inner.inside += 1
        alone = Inner.inside == 1
        time.sleep(0.001)
        Inner.inside -= 1
        picture = {"type": "image", "url": Pillow.new("L", (4, 4), int(doc["gold"]))}
        text = {"type": "text", "text": f"What is {doc['gold']}? {'' if alone else 'not alone'}".strip()}
        return [{"role": "user", "content": [picture, text]}]

    def doc_to_target(self, doc):
        return doc["gold"]

    def process_results(self, doc, results):
        Inner.inside += 1
        alone = Inner.inside == 1
        Inner.graded += tuple(results)
        time.sleep(0.001)
        Inner.inside -= 1
        if results[0] == "boom":
            raise ValueError("no grade for boom")
        return {"exact": float(alone and results[0] == doc["gold"])}

    def _apply(self, instances, docs):
        for instance in instances:
            instance.filtered_resps["none"] = instance.resps[0]


@dataclass
class Instance:
    """Stands for lmms-eval's carrier of a reply."""

    request_type: str
    arguments: tuple
    idx: int
    metadata: dict
    doc: object
    resps: list
    filtered_resps: dict = field(default_factory=dict)


@pytest.fixture(autouse=True)
def _instances(monkeypatch):
    for name in ("lmms_eval", "lmms_eval.api", "lmms_eval.api.instance"):
        module = ModuleType(name)
        module.Instance = Instance
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(Inner, "graded", ())


def item(document):
    return Item(
        benchmark="lmms:t",
        id=str(document),
        kind=ItemKind.SHORT,
        question="?",
        images=(),
        golds=("",),
        cluster="c",
        columns={"doc": document},
    )


def test_two_tasks_are_never_inside_lmms_eval_at_once():
    scorers = [LmmsScorer(task=Task(name, Inner())) for name in "ab"]

    def score(number):
        return scorers[number % 2].score(item(number // 2), Answer(str(number // 2)), AnswerForm())

    with ThreadPoolExecutor(8) as threads:
        verdicts = list(threads.map(score, range(100)))
    assert {(verdict.outcome, verdict.score) for verdict in verdicts} == {(Outcome.CORRECT, 1.0)}


def test_documents_are_read_while_replies_are_graded():
    benchmark = benchmark_of(Task("t", Inner()))
    with ThreadPoolExecutor(4) as threads:
        items, verdicts = [], []
        for one in benchmark.items():
            items.append(one)
            verdicts.append(threads.submit(benchmark.scorer.score, one, Answer(one.golds[0]), AnswerForm()))
        assert {verdict.result().score for verdict in verdicts} == {1.0}
    assert [one.question for one in items] == [f"What is {number}?" for number in range(50)]
    assert [one.golds for one in items] == [(str(number),) for number in range(50)]
    assert len({one.images[0].digest for one in items}) == 50
    assert (benchmark.name, benchmark.size(), benchmark.revision) == ("lmms:t", 50, "abc")


def test_a_reply_is_graded_once_whoever_asks():
    scorer = LmmsScorer(task=Task("a", Inner()))
    together = threading.Barrier(8)

    def score(_):
        together.wait(timeout=10)
        return scorer.score(item(3), Answer("3"), AnswerForm())

    with ThreadPoolExecutor(8) as threads:
        verdicts = list(threads.map(score, range(8)))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.CORRECT}
    assert Inner.graded == ("3",)


def test_the_aggregation_has_what_was_graded_and_says_why_it_has_no_number():
    scorer = LmmsScorer(task=Task("a", Inner()))
    gathered, spoilt = scorer.aggregation(), scorer.aggregation()
    for document, reply in enumerate(["0", "wrong", "boom", "3"]):
        verdict = scorer.score(item(document), Answer(reply), AnswerForm())
        gathered.add(item(document), verdict)
        spoilt.add(item(document), verdict)
    assert gathered.metrics() == {"exact": 2.0}
    silent = scorer.score(item(4), Answer(""), AnswerForm())
    scorer.task.inner.eval_docs_no_media[4] = {}  # its code fails where the gold is not there
    spoilt.add(item(4), silent)
    assert "grading of a failed: KeyError" in spoilt.metrics()["exact"]
