"""The documents of one task: lmms-eval's file of samples, read, sorted and checked against what its results say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.jsonl import jsonl_rows
from prism_eval.errors import DataError
from prism_eval.files.jsonable import jsonable
from prism_eval.files.packed import plain_name, unpacked
from prism_eval.leaderboard.imports.logs import TaskLog, part
from prism_eval.leaderboard.imports.scores import NoScore, score_of
from prism_eval.plugins.identity import digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a model made of one document.

    Attributes:
        doc: The document's row in its split, from 0.
        digest: lmms-eval's digest of the document without its images, or ours of what it keeps of it; empty where the
            file has neither.
        question: The prompt.
        target: The gold answer, as text.
        reply: What was scored of the model's reply.
        score: In [0, 1]; ``None`` where a judge failed.
        media: What names its images, where the file says it.
        fields: What else the line says of the document, by name.
    """

    doc: int
    digest: str
    question: str
    target: str
    reply: str
    score: float | None
    media: tuple[str, ...]
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Samples:
    """All documents of a task, by rising place, and the metric that they were scored by."""

    metric: str
    documents: tuple[Sample, ...]


def read_samples(log: TaskLog) -> Samples:
    """The documents of a task.

    Raises:
        NoScore: No metric of the task says anything of a single document.
        DataError: The file is missing or damaged, holds a document twice, or not as many as its results say.
    """
    if log.samples is None:
        raise NoScore(f"{log.results} has no file of its samples beside it: lmms-eval writes one with --log_samples")
    lines = sorted(_lines(log.samples), key=lambda line: line[0])
    for (doc, _, where), (before, _, other) in zip(lines[1:], lines, strict=False):
        if doc == before:
            raise DataError(
                f"{other} and {where}: doc_id {doc} is there twice; the file was added to, or the task has filters"
            )
    wanted = part(log.of_task("n-samples"), "effective")
    if not lines or (isinstance(wanted, int) and wanted != len(lines)):
        raise DataError(f"{log.samples} holds {len(lines):,} documents, and its results say {wanted}")
    metric = _metric(log, [values for _, values, _ in lines])
    return Samples(metric, tuple(_sample(log.task, metric, *line) for line in lines))


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any], str]]:
    for row in _rows(path):
        if isinstance(row, RowError):
            raise row
        doc = row.values.get("doc_id")
        if not isinstance(doc, int) or isinstance(doc, bool) or doc < 0:
            raise DataError(f"{row.where}: no doc_id")
        yield doc, row.values, row.where


def _rows(path: Path) -> Iterator[Row | RowError]:
    if plain_name(path).endswith(".jsonl"):
        yield from jsonl_rows(path)
        return
    try:
        with unpacked(path) as file:
            said = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as lmms-eval's samples: {error}") from error
    # One object a task, as it was before 0.2.3.
    listed = part(said, "logs")
    for number, entry in enumerate(listed if isinstance(listed, list) else []):
        yield Row(number, entry if isinstance(entry, dict) else {}, f"{path} entry {number + 1}")


def _metric(log: TaskLog, lines: Sequence[Mapping[str, Any]]) -> str:
    """The first of the task's metrics that every document has: others are about a part of them."""
    for metric in log.metrics:
        if all(metric in line for line in lines):
            if part(log.of_task("higher_is_better"), metric) is False:
                raise NoScore(f"of its {metric} less is better")
            return metric
    raise NoScore(f"{log.samples} has none of its metrics ({', '.join(log.metrics) or 'none is named'}) on every line")


def _sample(task: str, metric: str, doc: int, line: Mapping[str, Any], where: str) -> Sample:
    value, known = line[metric], line.get("doc")
    try:
        score = score_of(task, metric, value)
    except NoScore:
        raise
    except DataError as error:
        raise DataError(f"{where}: {error}") from error
    return Sample(
        doc=doc,
        digest=str(line.get("doc_hash") or ("" if known is None else digest_of(jsonable(known)))),
        question=_text(line["input"] if "input" in line else _prompt(line.get("arguments"))),
        target=_text(line.get("target")),
        reply=_text(line.get("filtered_resps")),
        score=score,
        media=_listed(line.get("input_media")),
        fields={**(value if isinstance(value, Mapping) else {}), **(known if isinstance(known, Mapping) else {})},
    )


def _prompt(arguments: object) -> object:
    """The prompt of a line that has none by itself: before 0.2.4 it is the first argument of its first request."""
    while isinstance(arguments, list | Mapping) and arguments:
        values = [*arguments.values()] if isinstance(arguments, Mapping) else arguments
        # 0.2.3 takes it for a list, and writes it letter by letter.
        if len(values) > 1 and all(isinstance(value, str) and len(value) == 1 for value in values):
            return "".join(values)
        arguments = values[0]
    return arguments if isinstance(arguments, str) else None


def _listed(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),) if value else ()


def _text(value: object) -> str:
    # One request a document is the rule; of several the reply is a list.
    if isinstance(value, list) and len(value) == 1:
        return _text(value[0])
    return value if isinstance(value, str) else "" if value is None else str(value)
