"""A few questions to read for each benchmark: first those on which captioners disagree."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from prism_eval.errors import RunError
from prism_eval.leaderboard.verdicts import VERDICTS, read_rows
from prism_eval.schema import Outcome

PER_BENCHMARK = 6
MOST_CAPTIONERS = 8
_CAPTION, _REPLY, _QUESTION, _GOLDS = 900, 400, 1500, 5

_OUTCOMES = ("captioner", "benchmark", "item", "cluster", "sample", "order", "outcome", "score")
_TEXTS = ("question", "options", "gold", "caption", "answer", "extracted", "note")

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of one captioner's caption; texts are cut to a bounded length."""

    captioner: str
    outcome: Outcome
    score: float | None
    extracted: str | None
    note: str
    caption: str | None
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One question, its lettered options, its accepted answers and each captioner's first reply."""

    benchmark: str
    item: str
    question: str
    options: tuple[tuple[str, str], ...]
    golds: tuple[str, ...]
    replies: tuple[Reply, ...]

    @property
    def split(self) -> bool:
        """Whether captioners score differently on it."""
        return len({reply.score for reply in self.replies if reply.score is not None}) > 1


@dataclass(slots=True)
class _Candidate:
    key: Key
    cluster: str
    outcomes: dict[str, str]
    low: float = 1.0
    high: float = 0.0

    def add(self, row: Mapping[str, Any]) -> None:
        self.outcomes[row["captioner"]] = row["outcome"]
        if row["score"] is not None:
            self.low, self.high = min(self.low, row["score"]), max(self.high, row["score"])


def read_examples(folder: Path, captioners: Sequence[str]) -> dict[str, list[Example]]:
    """Pick and read the examples of a run folder, by benchmark.

    The verdict table is read twice, so that memory holds outcomes only, and the texts only of what was picked.

    Args:
        folder: The run folder.
        captioners: Labels, best first; the first `MOST_CAPTIONERS` are shown.

    Raises:
        RunError: The verdict table cannot be read.
    """
    shown = captioners[:MOST_CAPTIONERS]
    candidates: dict[Key, _Candidate] = {}
    for row in read_rows(folder, _OUTCOMES):
        if _is_first(row) and row["captioner"] in shown:
            key = row["benchmark"], row["item"]
            candidates.setdefault(key, _Candidate(key, row["cluster"], {})).add(row)
    benchmarks = dict.fromkeys(benchmark for benchmark, _ in candidates)
    picked = [
        key
        for benchmark in benchmarks
        for key in _pick([candidate for key, candidate in candidates.items() if key[0] == benchmark])
    ]
    texts = _read_texts(folder, picked, shown)
    examples: dict[str, list[Example]] = {benchmark: [] for benchmark in benchmarks}
    for key in picked:
        examples[key[0]].append(_example(key, [texts[key][name] for name in shown if name in texts[key]]))
    return examples


def _pick(candidates: Iterable[_Candidate]) -> list[Key]:
    """Take from each pattern of outcomes in turn, the widest disagreement first, preferring images not yet shown."""
    patterns: dict[tuple[tuple[str, str], ...], list[_Candidate]] = {}
    for candidate in candidates:
        patterns.setdefault(tuple(sorted(candidate.outcomes.items())), []).append(candidate)
    queues = sorted(patterns.values(), key=lambda queue: (queue[0].low - queue[0].high, -len(queue)))
    picked: list[_Candidate] = []
    while any(queues) and len(picked) < PER_BENCHMARK:
        for queue in filter(None, queues):
            seen = {candidate.cluster for candidate in picked}
            fresh = next((candidate for candidate in queue if candidate.cluster not in seen), queue[0])
            queue.remove(fresh)
            picked.append(fresh)
    return [candidate.key for candidate in picked[:PER_BENCHMARK]]


def _read_texts(folder: Path, keys: Sequence[Key], captioners: Sequence[str]) -> dict[Key, dict[str, dict[str, Any]]]:
    texts: dict[Key, dict[str, dict[str, Any]]] = {key: {} for key in keys}
    for row in read_rows(folder, (*_OUTCOMES, *_TEXTS), items=sorted({item for _, item in keys})):
        key = row["benchmark"], row["item"]
        if key in texts and _is_first(row) and row["captioner"] in captioners:
            texts[key][row["captioner"]] = row
    return texts


def _is_first(row: Mapping[str, Any]) -> bool:
    return bool(row["sample"] == 0 and row["order"] == 0)


def _example(key: Key, rows: Sequence[Mapping[str, Any]]) -> Example:
    return Example(
        benchmark=key[0],
        item=key[1],
        question=_head(rows[0]["question"] or "", _QUESTION),
        options=tuple(zip(ascii_uppercase, _texts(rows[0]["options"]), strict=False)),
        golds=tuple(_texts(rows[0]["gold"])[:_GOLDS]),
        replies=tuple(_reply(row) for row in rows),
    )


def _texts(listing: str | None) -> list[str]:
    try:
        texts = json.loads(listing or "[]")
    except ValueError as error:
        raise RunError(f"{VERDICTS}: {listing!r} is no JSON list of texts; score the run again") from error
    return [_head(str(text), _REPLY) for text in texts] if isinstance(texts, list) else [_head(str(texts), _REPLY)]


def _reply(row: Mapping[str, Any]) -> Reply:
    return Reply(
        captioner=row["captioner"],
        outcome=Outcome(row["outcome"]),
        score=row["score"],
        extracted=None if row["extracted"] is None else _head(row["extracted"], _REPLY),
        note=_head(row["note"] or "", _REPLY),
        caption=None if row["caption"] is None else _head(row["caption"], _CAPTION),
        answer=None if row["answer"] is None else _tail(row["answer"], _REPLY),
    )


def _head(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _tail(text: str, length: int) -> str:
    # A reply ends in its answer, so its end is the part to keep.
    return text if len(text) <= length else "…" + text[1 - length :].lstrip()
