"""The captions of a verdict table searched for the golds, each caption and question once."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from prism_eval.leaderboard.losses.evidence import Evidence, evidence
from prism_eval.leaderboard.losses.golds import golds_of
from prism_eval.leaderboard.losses.question import Question
from prism_eval.leaderboard.losses.statements import Statement, statements
from prism_eval.leaderboard.numbering import label_numbers, numbered
from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.schema import ItemKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def searched(verdicts: Verdicts, wanted: NDArray[np.bool_], lenient: Collection[str]) -> NDArray[np.int8]:
    """Shape (verdicts,): what each wanted verdict's caption says of its golds, an `Evidence`; else `Evidence.SILENT`.

    Args:
        verdicts: The verdicts.
        wanted: Shape (verdicts,): those whose captions are searched.
        lenient: The benchmarks whose scorer lets a number be off by 5 %.

    Raises:
        RunError: The table cannot be read, or holds golds or options that are no lists.
    """
    import numpy as np

    rows = np.flatnonzero(wanted)
    # Orders of options and readers of one caption find the same in it.
    pair = verdicts.captioner[rows] * len(verdicts.items) + verdicts.item[rows]
    found, first = numbered(pair * (int(verdicts.sample.max(initial=0)) + 1) + verdicts.sample[rows])
    once = rows[first]
    captions = verdicts.table.take(once, ("caption",))["caption"].combine_chunks().fill_null("").dictionary_encode()
    caption, texts = label_numbers(captions), captions.dictionary
    questions = _questions(verdicts, np.unique(verdicts.item[once]), lenient)
    answers = np.zeros(once.size, dtype=np.int8)
    # An image's captions together: they are taken apart once, for all questions on them, and then forgotten.
    order = np.lexsort((caption, verdicts.item[once], verdicts.items.image_set[verdicts.item[once]]))
    places = zip(order.tolist(), verdicts.item[once][order].tolist(), caption[order].tolist(), strict=True)
    for _, of_image in groupby(places, key=lambda place: int(verdicts.items.image_set[place[1]])):
        taken_apart: dict[int, list[Statement]] = {}
        known: dict[tuple[int, int], Evidence] = {}
        for place, item, text in of_image:
            question = questions[item]
            if question is None:
                answers[place] = Evidence.UNCLEAR
                continue
            if text not in taken_apart:
                taken_apart[text] = statements(texts[text].as_py())
            if (item, text) not in known:
                known[item, text] = evidence(taken_apart[text], question)
            answers[place] = known[item, text]
    evidences = np.full(verdicts.item.size, Evidence.SILENT, dtype=np.int8)
    evidences[rows] = answers[found]
    return evidences


def _questions(verdicts: Verdicts, items: NDArray[np.int64], lenient: Collection[str]) -> dict[int, Question | None]:
    """What to look for, by item; ``None`` where nothing can be."""
    import numpy as np

    # A row of each item has all that is said once an item.
    first = np.full(len(verdicts.items), -1)
    first[verdicts.item[::-1]] = np.arange(verdicts.item.size)[::-1]
    rows = first[items]
    said = verdicts.table.take(rows, ("question", "gold")).to_pylist()
    # The table gives rows by rising place.
    by_row = dict(zip(np.sort(rows).tolist(), said, strict=True))
    options = verdicts.items.options.take(items).to_pylist()
    choice = verdicts.items.choice[items].tolist()
    loose = np.isin(verdicts.items.benchmark[items], [verdicts.benchmarks.index(name) for name in lenient]).tolist()
    questions: dict[int, Question | None] = {}
    for item, row, listed, letters, off in zip(items.tolist(), rows.tolist(), options, choice, loose, strict=True):
        kind = ItemKind.CHOICE if letters else ItemKind.SHORT
        golds = golds_of(kind, _texts(verdicts, by_row[row]["gold"]), _texts(verdicts, listed))
        questions[item] = Question(by_row[row]["question"] or "", golds, off and not letters) if golds else None
    return questions


def _texts(verdicts: Verdicts, listing: str | None) -> Sequence[str]:
    try:
        texts = json.loads(listing or "[]")
    except ValueError:
        texts = None
    if not isinstance(texts, list):
        raise verdicts.table.spoilt(f"has options or answers that are no JSON list of texts: {listing!r}")
    return [str(text) for text in texts]
