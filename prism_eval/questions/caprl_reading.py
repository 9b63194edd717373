"""Questions out of a file in the layout of CapRL-QA-75K, made a set that can be filtered again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from prism_eval.benchmarks.rows import RowError
from prism_eval.benchmarks.sources.parquet import parquet_rows
from prism_eval.benchmarks.sources.unreadable import unreadable
from prism_eval.errors import DataError
from prism_eval.files.budgets import MAX_BYTES, regular
from prism_eval.files.parquet import damage
from prism_eval.questions.question import Question
from prism_eval.questions.question_set import QuestionSet
from prism_eval.questions.written import read_choices
from prism_eval.schema import Image

_COLUMNS = ("id", "image", "reward_model")


def import_caprl(path: Path, questions: QuestionSet) -> int:
    """Make a set of the questions in a Parquet file; returns how many there are.

    Args:
        path: The file: a row for each image, with ``id``, ``image`` and ``reward_model.ground_truth``.
        questions: The set, whose questions they become.

    Raises:
        DataError: The file cannot be read, or a row is not of the layout.
        RunError: The set cannot be written.
    """
    found: list[Question] = []
    for number, row in enumerate(_rows(path), start=1):
        image = _image(row.get("image"), f"{path} row {number}")
        name = questions.add_image(image)
        for place, truth in enumerate(_truths(row, f"{path} row {number}"), start=1):
            found.append(
                Question(
                    id=f"{row.get('id') or number}/{place}",
                    image=name,
                    image_digest=image.digest,
                    image_name=image.name,
                    generator={"from": path.name},
                    **_read(truth),
                )
            )
    questions.write(found)
    return len(found)


def _rows(path: Path) -> Iterator[Mapping[str, object]]:
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(regular(path)).names
    except damage() as error:
        raise unreadable(path, "Parquet", error) from error
    if missing := [name for name in _COLUMNS if name not in names]:
        raise DataError(f"{path} is no file of CapRL's questions: it has no column {', '.join(missing)}")
    for row in parquet_rows(path, _COLUMNS):
        if isinstance(row, RowError):
            raise row
        yield row.values


def _image(cell: object, where: str) -> Image:
    data, name = (cell.get("bytes"), cell.get("path")) if isinstance(cell, Mapping) else (cell, "")
    if not isinstance(data, bytes) or not data:
        raise DataError(f"{where}: column image holds no bytes: images must be in the file")
    if len(data) > MAX_BYTES:
        raise DataError(f"{where}: the image has {len(data):,} bytes, more than {MAX_BYTES:,}")
    return Image(data, str(name or ""))


def _truths(row: Mapping[str, object], where: str) -> Sequence[Mapping[str, object]]:
    reward = row.get("reward_model")
    truths = reward.get("ground_truth") if isinstance(reward, Mapping) else None
    if not isinstance(truths, list) or not all(isinstance(one, Mapping) for one in truths):
        raise DataError(f"{where}: reward_model.ground_truth is no list of questions")
    return truths


def _read(truth: Mapping[str, object]) -> dict[str, Any]:
    """What a question is asked by. Of one that is none it is what stands there: the filter drops it, and says why."""
    choices, answer = truth.get("choices"), str(truth.get("answer") or "")
    written = read_choices(
        str(truth.get("question") or ""), [str(one) for one in choices] if isinstance(choices, list) else [], answer
    )
    return {"question": written.question, "options": written.options, "answer": written.answer or answer}
