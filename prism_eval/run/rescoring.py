"""A run's stored answers scored again with today's code: its verdicts must come out as they were.

No model is called and no data is read: an item is put together from the tables, as far as a scorer looks at it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Any

from prism_eval.errors import PrismError, RunError, UsageError
from prism_eval.plan.orders import Orders, reorder, restore
from prism_eval.plugins.build import build
from prism_eval.plugins.specs import Spec
from prism_eval.run.assemble import protocol_of, scorer_settings
from prism_eval.run.belonging import check_belonging
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Manifest, Table, read_manifest
from prism_eval.run.trial import scored
from prism_eval.schema import Answer, AnswerForm, Item, ItemKind, Verdict
from prism_eval.scoring.base import SCORER, Scorer

_PLACE = ("captioner", "reasoner", "benchmark", "item", "sample", "order")
_ANSWER = (*_PLACE, "text", "finish_reason")
_VERDICT = (*_PLACE, "kind", "options", "gold", "row", "outcome", "score", "extracted", "note")
_BY_JUDGE = "judge "
"""What the note of a verdict begins with that a judge has made."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A verdict, and which rule made it."""

    outcome: str
    score: float | None
    extracted: str | None
    rule: str

    @property
    def said(self) -> str:
        """It in words: ``correct, '42' by asked-for form``."""
        read = "" if self.extracted is None else f", {self.extracted!r}"
        return f"{self.outcome}{read}{f' by {self.rule}' if self.rule else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An answer whose verdict is another one now."""

    captioner: str
    reasoner: str
    benchmark: str
    item: str
    sample: int
    order: int
    before: Ruled
    after: Ruled


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """What came of scoring a run's answers again.

    Attributes:
        answers: How many were scored.
        unanswered: How many verdicts are there without an answer: nothing can change them.
        changed: Those whose verdict is another one now, in the run's order.
        left_out: By benchmark, why it was not scored again.
    """

    answers: int
    unanswered: int
    changed: tuple[Changed, ...]
    left_out: Mapping[str, str]


def rescore(folder: Path) -> Rescored:
    """Score the answers of a run again, and write nothing.

    Args:
        folder: The run folder.

    Raises:
        RunError: A table is missing or damaged, of another plan, or does not go with the other.
        UsageError: The verdicts were written by a version that did not keep what scorers read.
    """
    run = RunFolder.open(folder)
    check_belonging(run, "answer", "score", manifest=True)
    plan, manifest = run.read_plan(), read_manifest(folder)
    answers, verdicts = Table(folder, "answers"), Table(folder, "verdicts")
    if verdicts.lacks("row"):
        raise UsageError(f"{verdicts.path} is of an older prism-eval: score the run once: prism-eval score {folder}")
    protocol, orders = protocol_of(plan), Orders(plan.orders, plan.seed, rotated=plan.rotate)
    scorers, left_out = _scorers(manifest, scorer_settings(plan, protocol))
    changed, counts = [], Counter(answers=0, unanswered=0)
    try:
        # Mathematics waits for its own processes: several answers at once keep them busy.
        with ThreadPoolExecutor(4) as threads:
            for rows in _rows(answers, verdicts):
                asked = [pair for pair in rows if pair[1]["benchmark"] in scorers]
                with_text = [(answer, verdict) for answer, verdict in asked if answer["text"] is not None]
                counts["answers"] += len(with_text)
                counts["unanswered"] += len(asked) - len(with_text)
                again = partial(_again, answers, scorers, protocol.form, orders)
                slow = any(not scorers[verdict["benchmark"]].quick for _, verdict in with_text)
                ruled = threads.map(again, with_text) if slow else map(again, with_text)
                changed += [one for one in ruled if one is not None]
    finally:
        for scorer in scorers.values():
            scorer.close()
    return Rescored(**counts, changed=tuple(changed), left_out=left_out)


def _scorers(manifest: Manifest, settings: Mapping[str, Any]) -> tuple[dict[str, Scorer], dict[str, str]]:
    """By benchmark its scorer, as the run had it; and why some have none here."""
    made: dict[str, Scorer] = {}
    scorers, left_out = {}, {}
    for entry in manifest["benchmarks"]:
        benchmark, name = str(entry["name"]), str(entry.get("scorer"))
        try:
            # One object for all that share a scorer: mathematics has processes, and they are few.
            made[name] = made.get(name) or build(SCORER, Spec.parse(name), settings)
        except PrismError as error:
            left_out[benchmark] = str(error)
        else:
            scorers[benchmark] = made[name]
    return scorers, left_out


def _rows(answers: Table, verdicts: Table) -> Iterator[list[tuple[dict[str, Any], dict[str, Any]]]]:
    """The rows of both tables side by side, some thousand at a time.

    Raises:
        RunError: They are not of the same answers.
    """
    for said, ruled in zip_longest(answers.batches(_ANSWER), verdicts.batches(_VERDICT)):
        places = [said and said.select(_PLACE), ruled and ruled.select(_PLACE)]
        if said is None or ruled is None or not places[0].equals(places[1]):
            raise RunError(f"{verdicts.path} does not go with {answers.path}: score the run again")
        yield list(zip(said.to_pylist(), ruled.to_pylist(), strict=True))


def _again(
    answers: Table,
    scorers: Mapping[str, Scorer],
    form: AnswerForm,
    orders: Orders,
    rows: tuple[dict[str, Any], dict[str, Any]],
) -> Changed | None:
    """An answer scored again; ``None`` where its verdict is as it was."""
    said, ruled = rows
    try:
        item = item_of(ruled)
        order = orders.of(item)[ruled["order"]] if ruled["order"] else tuple(range(len(item.options)))
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        where = f"item {ruled['item']} of {ruled['benchmark']}, captioner {ruled['captioner']}"
        raise RunError(f"a row holds what no run writes ({where}): {error}: score the run again") from error
    answer = Answer(said["text"], answers.ended(said["finish_reason"]))
    found, left_open = scored(scorers[item.benchmark], reorder(item, order), answer, form)
    now, _ = restore(found, item, order)
    before = Ruled(ruled["outcome"], ruled["score"], ruled["extracted"], ruled["note"] or "")
    # What a judge decided is as it was, if it is still for a judge to decide.
    by_judge = before.rule.startswith(_BY_JUDGE)
    if (by_judge and left_open is not None) or _same(before, now):
        return None
    after = Ruled(now.outcome.value, now.score, now.extracted, now.note)
    return Changed(**{name: ruled[name] for name in _PLACE}, before=before, after=after)


def _same(before: Ruled, now: Verdict) -> bool:
    return (before.outcome, before.score, before.extracted) == (now.outcome.value, now.score, now.extracted)


def item_of(row: Mapping[str, Any]) -> Item:
    """The item of a row of verdicts, without its images: what a scorer looks at, and what is put to a reader.

    Raises:
        ValueError: The row holds what no run writes; so may a `TypeError` or an `AttributeError` say.
    """
    besides = _object(row["row"])
    return Item(
        benchmark=row["benchmark"],
        id=row["item"],
        kind=ItemKind(row["kind"]),
        question=row.get("question", ""),
        images=(),
        golds=_texts(row["gold"]),
        cluster="",
        options=_texts(row["options"]),
        columns=besides.get("columns") or MappingProxyType({}),
        abstain=besides.get("abstain") or "",
        stored_prompt=besides.get("stored") or "",
    )


# The same in every row of an item, and often in those of a whole benchmark.
@lru_cache(maxsize=4096)
def _texts(cell: str) -> tuple[str, ...]:
    return tuple(json.loads(cell))


@lru_cache(maxsize=4096)
def _object(cell: str | None) -> Mapping[str, Any]:
    return MappingProxyType(json.loads(cell)) if cell else MappingProxyType({})
