"""What became of the fact that answers an item in each entry's caption: on twins it is known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from prism_eval.schema import option_letters

WHOLE = "oracle"
"""The entry that states every fact, one a line."""


class Truth(StrEnum):
    """What an entry's caption makes of a fact.

    ``RELABELLED``: something else in it than the answer was put wrong, so that it is a fact about something else.
    """

    STATED = "stated"
    FALSIFIED = "answer falsified"
    RELABELLED = "label falsified"
    DROPPED = "dropped"


class Told(NamedTuple):
    """An item, an entry, and what the entry's caption makes of the fact that answers it."""

    benchmark: str
    item: str
    captioner: str
    truth: Truth


def told(rows: Sequence[dict[str, Any]], dropping: Sequence[str], falsifying: Sequence[str]) -> Iterator[Told]:
    """The truth about each item and entry; items whose fact cannot be told from the others are left out.

    Args:
        rows: Verdicts of a run of oracles on twins, `WHOLE` among them.
        dropping: The oracles that leave facts out, and state the others as they are.
        falsifying: The oracles that state every fact, some of them wrongly.
    """
    captions = {(row["benchmark"], row["item"], row["captioner"]): row["caption"] or "" for row in rows}
    for row in rows:
        if row["captioner"] != WHOLE:
            continue
        key, golds, facts = (row["benchmark"], row["item"]), _golds(row), row["caption"].split("\n")
        place = _answering(facts, row["question"], golds)
        if place is None:
            continue
        yield Told(*key, WHOLE, Truth.STATED)
        for entry in dropping:
            stated = facts[place] in captions[*key, entry].split("\n")
            yield Told(*key, entry, Truth.STATED if stated else Truth.DROPPED)
        for entry in falsifying:
            line = captions[*key, entry].split("\n")[place]
            wrong = Truth.RELABELLED if any(_holds(line, gold) for gold in golds) else Truth.FALSIFIED
            yield Told(*key, entry, Truth.STATED if line == facts[place] else wrong)


def _golds(row: dict[str, Any]) -> list[str]:
    golds, options = json.loads(row["gold"]), json.loads(row["options"])
    texts = dict(zip(option_letters(len(options)), options, strict=True))
    return [texts[gold] for gold in golds] if row["kind"] == "choice" else golds


def _answering(facts: Sequence[str], question: str, golds: Sequence[str]) -> int | None:
    """The fact that holds a gold and is most in the question's words."""
    asked = set(re.findall(r"\w+", question.lower()))
    rated = []
    for place, fact in enumerate(facts):
        words = set(re.findall(r"\w+", fact.lower()))
        if any(_holds(fact, gold) for gold in golds):
            rated.append((len(words & asked) - 0.2 * len(words - asked), place))
    rated.sort(reverse=True)
    alone = len(rated) == 1 or (len(rated) > 1 and rated[0][0] > rated[1][0])
    return rated[0][1] if alone else None


def _holds(line: str, gold: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(gold)}(?!\w)", line, re.IGNORECASE) is not None
