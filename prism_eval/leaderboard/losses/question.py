"""What a question is about, and how much of it each statement of a caption is about."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from prism_eval.leaderboard.losses.golds import Gold
from prism_eval.leaderboard.losses.quantities import quantities
from prism_eval.leaderboard.losses.sought import Asked
from prism_eval.leaderboard.losses.statements import Statement, folded, plain_words
from prism_eval.reasoners.lexical.vocabulary import EXTREMES, NEGATIONS, STOPWORDS

# They say what kind of thing is asked for, and a caption need not repeat them: "the car is red" tells its colour.
_OF_KINDS = """
color colour number many much year value percentage percent amount name kind type count get got find calculate determine
give list select choose tell approximately about per
"""
_KINDS = frozenset(_OF_KINDS.split())
# "The least popular" is no high one.
_EXTREMES = {word: sign for word, sign in EXTREMES.items() if word != "popular"} | {"most": 1}
_RECKONED = "sum total combined difference gap average mean median ratio increase decrease"
_TURNING = frozenset({*_RECKONED.split(), *NEGATIONS, *_EXTREMES})
"""Words that make a question another one: a sum, a difference, the highest, a denial."""
_OTHERS = _TURNING - _EXTREMES.keys()
_TURNED = 0.5
"""What is left of a statement that lacks a name, a number or a turning word of the question."""
_UNMET = 0.5
"""What a word weighs that the caption has nowhere, and may have another word for."""
_BESIDE, _TOPIC = 0.5, 0.75
"""What a word weighs that is not in the sentence, but before it in its paragraph; and in the caption's opening."""
# Notes on the form of the answer, and places of images.
_ASIDE = re.compile(r"\([^()]*\)|<image \d+>")
# Where a sentence ends. A search for sentences that ask would take the square of a text that asks nothing.
_END = re.compile(r"(?<=[.?!])(?=\s)|\n")
_NAME = re.compile(r"(?<=\w )(?:[A-Z][\w-]*|\w*\d\w*)|\b[A-Z]{2,}\b")


class Coverage(NamedTuple):
    """How much of what a question is about a statement holds, in [0, 1].

    Attributes:
        loose: Where the caption may have other words for what it has nowhere.
        strict: Where it may not.
    """

    loose: float
    strict: float


_LONGEST = 4000
"""Characters of a question that are read, from its end: it is asked there."""


@dataclass(frozen=True)
class Question:
    """A question, as what a statement must be about to answer it.

    Attributes:
        text: As it was asked.
        golds: Its golds.
        lenient: Whether its scorer lets numbers be off by 5 %.
    """

    text: str
    golds: tuple[Gold, ...]
    lenient: bool

    @cached_property
    def asked(self) -> Asked:
        """What it holds itself."""
        plain = folded(self.text)
        words = plain_words(plain).split()
        return Asked(frozenset(words), tuple(quantities(plain, words)))

    @cached_property
    def telling(self) -> tuple[str, ...]:
        """The words of the sentence that asks which say what it is about; of all sentences where it has none."""
        text = _ASIDE.sub(" ", self.text[-_LONGEST:])
        asking = [sentence for sentence in _END.split(text) if sentence.endswith("?") and len(sentence) > 1]
        return _telling((asking or [text])[-1]) or _telling(text)

    @cached_property
    def turning(self) -> frozenset[str]:
        """Those of them that make it another question's where they are missing: names, numbers, the highest."""
        names = {word for name in _NAME.findall(self.text[-_LONGEST:]) for word in plain_words(folded(name)).split()}
        return frozenset(word for word in self.telling if word in names or word in _TURNING)

    def is_turned_by(self, statement: Statement) -> bool:
        """Whether a statement has a word that makes it another question's."""
        return not statement.words.isdisjoint(_OTHERS - self.asked.words)

    def coverage(self, said: Sequence[Statement]) -> list[Coverage]:
        """How much of what it is about each statement of a caption holds; empty where all of them hold nothing."""
        topic = said[0].words if said else frozenset()
        held = {word: [_held(statement, word, topic) for statement in said] for word in self.telling}
        met = {word: sum(shares) for word, shares in held.items()}
        if not any(met.values()):
            return []
        # The inverse document frequency within the caption, as the lexical reasoner weighs words.
        weights = [math.log(1 + (len(said) + 1) / max(1, count)) for count in met.values()]
        excused = (1 if met[word] or word in self.turning else _UNMET for word in self.telling)
        strict, loose = sum(weights), sum(map(operator.mul, weights, excused))
        covered = [sum(map(operator.mul, weights, shares)) for shares in zip(*held.values(), strict=True)]
        # Of another year, another name or the lowest instead of the highest, it is about something else.
        turns = [held[word] for word in self.turning]
        turned = [_TURNED if any(not shares[place] for shares in turns) else 1 for place in range(len(said))]
        return [Coverage(part * left / loose, part * left / strict) for part, left in zip(covered, turned, strict=True)]


def _telling(text: str) -> tuple[str, ...]:
    words = plain_words(folded(text)).split()
    return tuple(dict.fromkeys(word for word in words if word not in STOPWORDS and word not in _KINDS))


def _held(statement: Statement, word: str, topic: frozenset[str]) -> float:
    if word in _EXTREMES:
        return float(any(_EXTREMES.get(other) == _EXTREMES[word] for other in statement.words))
    forms = (word, f"{word}s", word.removesuffix("s"))
    if not statement.words.isdisjoint(forms) or not statement.heading.isdisjoint(forms):
        return 1.0
    # The year of the sentence before is not this one's, nor is each year that the title spans.
    if word.isdigit():
        return 0.0
    if not topic.isdisjoint(forms):
        return _TOPIC
    return 0.0 if statement.before.isdisjoint(forms) else _BESIDE
