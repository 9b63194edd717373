"""The layout of CapRL-QA-75K: a row for each image, with its questions, as CapRL's trainers read it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from prism_eval.errors import RunError
from prism_eval.files.whole import replacing
from prism_eval.questions.question import Question
from prism_eval.questions.question_set import QuestionSet

if TYPE_CHECKING:
    import pyarrow as pa

PROMPT = "<image> Please describe this image in detail."
"""The prompt of every row of CapRL-QA-75K, its full stop included."""
_ROWS = 256
"""Rows that are in memory with their images."""


def write_caprl(questions: QuestionSet, kept: Sequence[Question]) -> None:
    """Write questions beside the set, in the layout of CapRL-QA-75K.

    Args:
        questions: The set.
        kept: Of it, what is written.

    Raises:
        RunError: The file cannot be written, or an image is no longer there.
        DataError: A row names a file outside the set.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema()
    by_image = groupby(sorted(kept, key=lambda one: one.image_digest), key=lambda one: one.image_digest)
    with replacing(questions.kept) as file, pq.ParquetWriter(file, schema) as writer:
        rows: list[dict[str, Any]] = []
        for digest, asked in by_image:
            rows.append(_row(questions, digest, list(asked)))
            if len(rows) == _ROWS:
                writer.write_table(pa.Table.from_pylist(rows, schema))
                rows.clear()
        writer.write_table(pa.Table.from_pylist(rows, schema))


def _row(questions: QuestionSet, digest: str, asked: Sequence[Question]) -> dict[str, Any]:
    path = questions.image_file(asked[0])
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}; build the set again") from error
    truth = [{"question": one.question, "choices": list(one.options), "answer": one.answer} for one in asked]
    return {
        "id": digest,
        "image": {"bytes": data, "path": asked[0].image},
        "prompt": PROMPT,
        "data_source": questions.name,
        "reward_model": {"ground_truth": truth},
    }


def _schema() -> pa.Schema:
    import pyarrow as pa

    text = pa.string()
    one = pa.struct({"question": text, "choices": pa.list_(text), "answer": text})
    # As the hub stores images, so that `datasets` and `verl` open them.
    image = pa.struct({"bytes": pa.binary(), "path": text})
    truth = pa.struct({"ground_truth": pa.list_(one)})
    return pa.schema({"id": text, "image": image, "prompt": text, "data_source": text, "reward_model": truth})
