"""Answers of readers that need no model against what they say today: those can be asked again, and cost nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from prism_eval.errors import PrismError
from prism_eval.plan.orders import Orders, reorder
from prism_eval.reasoners.lexical import Lexical
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Manifest, Table, reasoners_of
from prism_eval.run.rescoring import item_of
from prism_eval.run.verification.finding import Finding
from prism_eval.schema import Caption

_SAID = ("reasoner", "text")
_PUT = ("captioner", "benchmark", "item", "kind", "question", "options", "gold", "row", "order", "caption")


def unlike_readings(folder: RunFolder, manifest: Manifest) -> Iterator[Finding]:
    """Answers that `lexical` does not give to the caption and the question beside them.

    Args:
        folder: The run folder.
        manifest: Its manifest.

    Raises:
        RunError: A table or the plan cannot be read.
    """
    readers = {str(one.get("label")): reader for one in reasoners_of(manifest) if (reader := _reader(one))}
    if not readers:
        return
    plan = folder.read_plan()
    orders = Orders(plan.orders, plan.seed, rotated=plan.rotate)
    rows = zip_longest(Table(folder.path, "answers").rows(_SAID), Table(folder.path, "verdicts").rows(_PUT))
    wrong, first = 0, ""
    for said, put in rows:
        if said is None or put is None:
            return  # told by whoever holds the tables against each other
        reader = readers.get(said["reasoner"])
        # A control's answer is to no caption at all.
        if reader is None or said["text"] is None or put["caption"] is None:
            continue
        try:
            text = _answered(reader, put, orders)
        except (ValueError, TypeError, LookupError, AttributeError):
            continue  # what no run writes is told by whoever scores it
        if text != said["text"]:
            wrong, first = wrong + 1, first or f"{put['benchmark']} {put['item']}, {put['captioner']}"
    if wrong:
        yield Finding("answers.parquet", "answers that lexical does not give", wrong, first)


def _reader(said: Mapping[str, Any]) -> Lexical | None:
    identity = dict(said.get("identity") or {})
    try:
        reader = Lexical(min_evidence=identity.get("min_evidence", -1))
    except (PrismError, TypeError):
        return None
    # That of another version may read otherwise.
    return reader if dict(reader.identity) == identity else None


def _answered(reader: Lexical, put: Mapping[str, Any], orders: Orders) -> str:
    item = item_of(put)
    shown = reorder(item, orders.of(item)[put["order"]]) if put["order"] else item
    return reader.reply(Caption(put["caption"]), shown).text
