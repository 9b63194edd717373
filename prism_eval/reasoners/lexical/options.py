"""Picking one of several options by what the caption says in the question's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prism_eval.reasoners.lexical.extraction import extract
from prism_eval.reasoners.lexical.question import Question
from prism_eval.reasoners.lexical.reckoning import reckon
from prism_eval.reasoners.lexical.statements import Reading
from prism_eval.reasoners.lexical.tokens import normal, telling

# Shares are sums of floats: equal evidence may differ in the last digit, and is still no evidence.
_CLEAR = 1e-6
_LETTERED = re.compile(r"^[ \t]*\(?([A-Ja-j])[).:][ \t]+(\S.*)$", re.MULTILINE)


def written_out(question: str) -> tuple[str, list[str]]:
    """A question without the options that stand in its text, each on a line after its letter, and those options."""
    found = list(_LETTERED.finditer(question))
    # Letters in any other order are something else: initials, or an enumeration that goes on.
    letters = "".join(match[1] for match in found).upper()
    if len(found) < 2 or not "ABCDEFGHIJ".startswith(letters):
        return question, []
    return question[: found[0].start()], [match[2] for match in found]


def pick(question: Question, options: Sequence[str], reading: Reading, *, least: float) -> int | None:
    """The index of the option with most evidence; ``None`` if there is none, or as much for another."""
    keys = [telling(normal(option)) for option in options]
    scores = _scores(question, keys, reading, least)
    index = _winner(scores)
    if index is None:
        index = _matching(_reckoned(question, reading, least), keys)
    return index


def _scores(question: Question, options: list[frozenset[str]], reading: Reading, least: float) -> list[float]:
    """For each option, the best statement's support of the question times its share of the option."""
    # What all options say tells none of them apart.
    everywhere = frozenset.intersection(*options) if options else frozenset()
    telling = [keys - everywhere or keys for keys in options]
    scores = [0.0] * len(options)
    for support, statement in reading.supports(question.keys):
        if support < least:
            continue
        for index, keys in enumerate(telling):
            # An option may repeat the question: only what it adds is evidence for it.
            new = keys - question.keys.keys() or keys
            share = len(new & statement.keys) / len(new) if new else 0.0
            scores[index] = max(scores[index], support * share)
    return scores


def _winner(scores: list[float]) -> int | None:
    ranked = sorted(range(len(scores)), key=lambda index: -scores[index])
    if not ranked or scores[ranked[0]] <= 0:
        return None
    tied = len(ranked) > 1 and scores[ranked[0]] - scores[ranked[1]] < _CLEAR
    return None if tied else ranked[0]


def _reckoned(question: Question, reading: Reading, least: float) -> frozenset[str]:
    found = extract(question, reading, least=least)
    answer = found[1] if found else reckon(question, reading.table)
    return telling(answer) if answer else frozenset()


def _matching(answer: frozenset[str], options: list[frozenset[str]]) -> int | None:
    matching = [index for index, keys in enumerate(options) if answer and answer == keys]
    return matching[0] if len(matching) == 1 else None
