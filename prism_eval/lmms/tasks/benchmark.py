"""A task of lmms-eval as a source of rows, and the benchmark made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from prism_eval.benchmarks.benchmark import Benchmark
from prism_eval.benchmarks.definition import AnswerRule, Definition, Fields, Source
from prism_eval.benchmarks.opening import HUB, SYNTHETIC
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.files.folders import user_path
from prism_eval.lmms.prompt import Encoder, PromptError, read_messages
from prism_eval.lmms.tasks.loading import TASK_ERRORS, first_line, load
from prism_eval.lmms.tasks.scorer import LmmsScorer
from prism_eval.lmms.tasks.task import Task
from prism_eval.lmms.theirs import Document

_CITATION = """@article{zhang2024lmmseval,
  title={LMMs-Eval: Reality Check on the Evaluation of Large Multimodal Models},
  author={Zhang, Kaichen and Li, Bo and Zhang, Peiyuan and Pu, Fanyi and others},
  journal={arXiv preprint arXiv:2407.12772},
  year={2024}
}"""


class LmmsTasks:
    """What the prefix ``lmms:`` opens."""

    extra: ClassVar[str] = "lmms"

    @staticmethod
    def open(name: str, data: str | Path) -> Benchmark:
        """A task of lmms-eval as a benchmark.

        Args:
            name: The task's name, or the path of its file.
            data: A folder of task files that is searched before lmms-eval's own tasks; ``synthetic`` and ``hub`` mean
                lmms-eval's own alone. Where the documents are, the task says itself.

        Raises:
            BrokenPlugin: lmms-eval is installed but cannot be imported.
            UsageError: There is no such task, or it cannot be answered from captions.
            DataError: The task or its documents cannot be read.
        """
        folder = None if data in (SYNTHETIC, HUB) else user_path(data)
        return benchmark_of(Task(*load(name, folder)))


def benchmark_of(task: Task) -> Benchmark:
    """The benchmark that asks an opened task's documents and grades by its code."""
    return Benchmark(_definition(task), TaskSource(task), LmmsScorer(task=task))


@dataclass(frozen=True)
class TaskSource:
    """The documents of a task as rows: ``doc``, ``question``, ``images`` and ``answer``."""

    task: Task

    @property
    def origin(self) -> str:
        """The data set that the task names, and the version of lmms-eval that reads it."""
        from importlib.metadata import version

        config = self.task.inner.config
        files = (config.dataset_kwargs or {}).get("data_files")
        named = [config.dataset_path, config.dataset_name, str(files) if files else None, self.task.split]
        return f"{', '.join(str(part) for part in named if part)} through lmms-eval {version('lmms-eval')}"

    @property
    def revision(self) -> str | None:
        """The commit that the task file pins, if it does."""
        revision = (self.task.inner.config.dataset_kwargs or {}).get("revision")
        return str(revision) if revision else None

    @property
    def image_folder(self) -> None:
        """None: rows hold the images' bytes."""
        return None

    def size(self) -> int:
        """How many documents the task has."""
        return self.task.size

    def rows(self) -> Iterator[Row | RowError]:
        """The documents in order, each with lmms-eval's own prompt."""
        # One for each reading: it keeps pictures.
        encoder = Encoder()
        for index in range(self.task.size):
            where = f"lmms:{self.task.name}, document {index}"
            try:
                yield Row(index, self._columns(index, self.task.document(index), encoder), where)
            except PromptError as error:
                yield RowError("prompt cannot be used", f"{where}: {error}")
            except TASK_ERRORS as error:
                yield RowError("task fails", f"{where}: the task's own code fails: {first_line(error)}")

    def _columns(self, index: int, document: Document, encoder: Encoder) -> dict[str, object]:
        prompt = read_messages(self.task.messages(document), encoder)
        # A split may keep its golds secret: process_results has its own way to them, or fails and is told apart.
        answer = self.task.targets(document) or [""]
        columns = {"doc": index, "question": prompt.text, "images": list(prompt.pictures), "answer": answer}
        # Only a synthetic twin has it: what its images show, for the captioner that knows.
        return columns | ({"facts": document["facts"]} if "facts" in document else {})


def _definition(task: Task) -> Definition:
    config = task.inner.config
    return Definition(
        name="lmms",
        variant=task.name,
        title=f"{task.name} (lmms-eval)",
        summary=f"The task {task.name} of lmms-eval: its documents, prompts, process_results and aggregation.",
        licence=_licence(task),
        homepage="https://github.com/EvolvingLMMs-Lab/lmms-eval",
        citation=_CITATION,
        source=Source(dataset=str(config.dataset_path), config=config.dataset_name, split=task.split),
        fields=Fields(id=(("doc",),), question=("question",), answer=("answer",), images=(("images",),)),
        scoring={"official": LmmsScorer.name},
        # Options stand in lmms-eval's own prompt, where they cannot be put into another order.
        kind="short",
        answer=AnswerRule(empty=True),
        columns={"doc": ("doc",)},
    )


def _licence(task: Task) -> str:
    stated = getattr(getattr(task.inner.eval_docs, "info", None), "license", "")
    return stated or "not stated by lmms-eval: see the data set's page"
