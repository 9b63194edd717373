"""Questions written by a model: a run that captions each image once, and what its captions hold of questions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from prism_eval.captioners.spoken import spoken
from prism_eval.data_sets.opening import open_data_set
from prism_eval.errors import PrismError, UsageError
from prism_eval.files.budgets import read_document
from prism_eval.plan import Plan, Stage, load_protocol, make_plan
from prism_eval.questions.excluded import Excluded
from prism_eval.questions.images import image_rows
from prism_eval.questions.layout import read_questions
from prism_eval.questions.question import Question
from prism_eval.questions.question_set import QuestionSet
from prism_eval.questions.written import Written
from prism_eval.run.execute import run_plan
from prism_eval.run.reading import Table
from prism_eval.run.result import RunResult
from prism_eval.schema import Caption

PROTOCOL = "questions"
"""What a model is asked that writes questions, and how it is sampled."""
_COLUMNS = ("image", "key", "text", "finish_reason", "error", "note")


class Captions(Protocol):
    """What carries out the first stage of a plan."""

    def __call__(self, plan: Plan, *, out: Path, overwrite: bool, stages: tuple[Stage, ...]) -> RunResult:
        """As `prism_eval.run.execute.run_plan`."""
        ...


@dataclass(frozen=True)
class Building:
    """What is asked of the model that writes questions.

    Attributes:
        questions: The set that they go into.
        plan: The run that asks.
        prompt: SHA-256 of the prompt.
        before: The rows that stood in the set, if it was there already.
    """

    questions: QuestionSet
    plan: Plan
    prompt: str
    before: Sequence[Question] = ()


def plan_building(
    source: str,
    questions: QuestionSet,
    writer: str,
    *,
    prompt: Path | None = None,
    excluded: Excluded | None = None,
    limit: int = 0,
    **settings: object,
) -> Building:
    """Put the images of a data set into a set, and say what will be asked of them.

    Args:
        source: The data set, as `prism_eval.data_sets.opening.open_data_set` takes it: a folder of images, WebDataset
            tars or Parquet files.
        questions: The set; questions that were built there before are built anew.
        writer: The spec string of the model.
        prompt: A file with the prompt; by default the protocol's, which asks for CapRL's layout.
        excluded: Images that are left out.
        limit: Images at most; 0 for all.
        settings: Further keys of the run's plan, such as ``seed`` and ``concurrency``.

    Raises:
        UsageError: A spec or a setting will not do, there is no such data set, or the set has been filtered.
        DataError: A table of the data set is none.
        RunError: The set cannot be written.
    """
    before = questions.read() if questions.rows.exists() else []
    if any(one.arms for one in before):
        raise UsageError(
            f"{questions.folder} has been filtered, which building would undo: name a new folder with --out"
        )
    text = _prompt(prompt) if prompt else ""
    protocol = f"{PROTOCOL}?caption.prompt={quote(text)}" if text else PROTOCOL
    plan = make_plan(
        {
            "captioners": [writer],
            "benchmarks": [f"{questions.definition}:image"],
            "data": str(questions.folder),
            "protocol": protocol,
            "samples": 1,
            "thumbnails": False,
            **settings,
        },
        where="the command",
    )
    parts = open_data_set(source)
    asked = load_protocol(protocol).caption.prompt
    questions.write(image_rows(parts, questions, excluded=excluded, limit=limit))
    return Building(questions, plan, hashlib.sha256(asked.encode()).hexdigest(), before)


def _prompt(path: Path) -> str:
    try:
        text = read_document(path).decode("utf-8-sig").strip()
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read the prompt {path}: {error}") from error
    if not text:
        raise UsageError(f"the prompt {path} is empty: write what the model shall be asked")
    return text


def build(building: Building, run: Captions = run_plan) -> tuple[list[Question], RunResult | None]:
    """Have the questions written, and put them into the set; returns them, and the run if there was an image to ask.

    Args:
        building: What is asked.
        run: Carries out a plan, as `run_plan` does.

    Raises:
        PrismError: The run could not be carried out to its end.
    """
    rows = building.questions.read()
    result = None
    if any(one.state == "image" for one in rows):
        try:
            result = run(building.plan, out=building.questions.writing, overwrite=True, stages=("caption",))
        except PrismError:
            # What was written before stands until all is there anew.
            building.questions.write(building.before or rows)
            raise
    said = {row["image"]: row for row in _said(building)} if result else {}
    made = [question for one in rows for question in _made(one, said.get(one.image_digest), building)]
    building.questions.write(made)
    return made, result


def _said(building: Building) -> Iterator[Mapping[str, object]]:
    return Table(building.questions.writing, "captions").rows(_COLUMNS)


def _made(image: Question, said: Mapping[str, object] | None, building: Building) -> Iterator[Question]:
    """The questions of one image, and what of the reply was none; in place of nothing at all, why."""
    if image.state != "image":
        yield image
        return
    if said is None or said["text"] is None:
        yield image.become("failed", str(said["error"]) if said else "the run has no reply for it")
        return
    finish = Table(building.questions.writing, "captions").ended(said["finish_reason"])
    reply = spoken(Caption(str(said["text"]), finish))
    generator = {
        "by": building.plan.captioners[0],
        "call": str(said["key"]),
        "prompt": building.prompt,
        "reply": hashlib.sha256(str(said["text"]).encode()).hexdigest(),
    }
    about = image.model_copy(update={"generator": generator})
    written = read_questions(reply.text)
    if not written:
        cut = f" ({said['note'] or finish.value})" if finish.cut else ""
        yield about.become("failed", f"its reply holds no question{cut}")
    for number, one in enumerate(written, start=1):
        yield _question(about, number, one)


def _question(image: Question, number: int, written: Written) -> Question:
    said = {"question": written.question, "options": written.options, "answer": written.answer}
    made = image.model_copy(update={**said, "id": f"{image.image_digest[:16]}-{number}"})
    return made.become("failed", written.problem) if written.problem else made.become("open")
