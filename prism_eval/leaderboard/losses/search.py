"""The captions of a verdict table searched for the golds, each caption and question once."""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby
from typing import TYPE_CHECKING

from prism_eval.leaderboard.losses.evidence import Evidence, evidence
from prism_eval.leaderboard.losses.golds import golds_of
from prism_eval.leaderboard.losses.question import Question
from prism_eval.leaderboard.losses.statements import Statement, statements
from prism_eval.leaderboard.losses.texts import read_captions, read_items
from prism_eval.leaderboard.verdicts import Verdicts

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
    pair, item, caption, texts = read_captions(verdicts, rows)
    questions = _questions(verdicts, np.unique(item), lenient)
    images = verdicts.items.image_set[item]
    found = np.zeros(item.size, dtype=np.int8)
    # An image's captions together: they are taken apart once, for all questions on them, and then forgotten.
    order = np.lexsort((caption, item, images))
    places = zip(order.tolist(), images[order].tolist(), item[order].tolist(), caption[order].tolist(), strict=True)
    for _, of_image in groupby(places, key=lambda place: place[1]):
        taken_apart: dict[int, list[Statement]] = {}
        known: dict[tuple[int, int], Evidence] = {}
        for place, _, number, text in of_image:
            if text not in taken_apart:
                taken_apart[text] = statements(texts[text].as_py())
            if (number, text) not in known:
                question = questions[number]
                known[number, text] = evidence(taken_apart[text], question) if question else Evidence.UNCLEAR
            found[place] = known[number, text]
    evidences = np.full(verdicts.item.size, Evidence.SILENT, dtype=np.int8)
    evidences[rows] = found[pair]
    return evidences


def _questions(verdicts: Verdicts, items: NDArray[np.int64], lenient: Collection[str]) -> dict[int, Question | None]:
    """What to look for, by item; ``None`` where nothing can be."""
    loose = {number for number, name in enumerate(verdicts.benchmarks) if name in lenient}
    questions: dict[int, Question | None] = {}
    for item, asked in read_items(verdicts, items).items():
        golds = golds_of(asked.kind, asked.golds, asked.options)
        off = not asked.options and int(verdicts.items.benchmark[item]) in loose
        questions[item] = Question(asked.question, golds, off) if golds else None
    return questions
