"""What is used of lmms-eval's objects. It has no types of its own; these say what a newer version may not change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

ONE_AT_A_TIME = threading.RLock()
"""Held while a task's code runs: it is written for one thread, keeps global state, and aggregates with its output
redirected. What it does cannot be interrupted: whoever waits, waits until it is done."""

Document = Mapping[str, Any]
"""A row of a task's data set; what its columns hold only the task's own code knows."""


class Config(Protocol):
    """A task file as lmms-eval read it: a task's own code may have put anything into the fields typed ``object``."""

    dataset_path: str
    dataset_name: str | None
    dataset_kwargs: dict[str, object] | None
    test_split: str | None
    validation_split: str | None
    doc_to_choice: object
    process_results: object
    score_key: str | None


class FilterChain(Protocol):
    """What a task does to a reply before it is graded."""

    name: str

    def apply(self, instances: Sequence[object], docs: object) -> object:
        """Write each instance's filtered reply into it."""
        ...


class InnerTask(Protocol):
    """lmms-eval's own task: ``ConfigurableTask``, or a class of a task's own."""

    OUTPUT_TYPE: str
    config: Config
    eval_docs: Sequence[Document]
    eval_docs_no_media: Sequence[Document]
    _filters: Sequence[FilterChain]

    def aggregation(self) -> Mapping[str, Callable[..., object]]:
        """Metric to its aggregation, the main metric first."""
        ...

    def process_results(self, doc: Document, results: Sequence[object]) -> Mapping[str, object]:
        """Metric to what it says of the replies to a document."""
        ...

    def doc_to_messages(self, doc: Document) -> object:
        """The chat messages that put a document to a model."""
        ...

    def doc_to_target(self, doc: Document) -> object:
        """The gold answer, several, or a choice's index."""
        ...

    def doc_to_choice(self, doc: Document) -> Sequence[str]:
        """The texts of the choices that a gold's index counts."""
        ...


class Manager(Protocol):
    """The index of the tasks in some folders."""

    task_index: Mapping[str, Mapping[str, Any]]
    all_tasks: Sequence[str]


class ModelRequest(Protocol):
    """What lmms-eval asks of a model: context, messages of a document, arguments, document, task and split."""

    args: tuple[object, Callable[[Document], object], object, int, str, str]
