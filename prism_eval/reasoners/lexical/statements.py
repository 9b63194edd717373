"""A caption as statements that can be searched for the words of a question."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from prism_eval.reasoners.lexical.table import Table, read_table
from prism_eval.reasoners.lexical.tokens import Token, normal, tokenize

_SENTENCE_END = re.compile(r"(?<=[^A-Z\s][.!?])\s+(?=[\"“(]?[A-Z0-9])|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence or line with its tokens."""

    text: str
    tokens: list[Token]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """A caption, read once for all questions on it.

    Attributes:
        statements: Its sentences and lines, in order.
        frequency: In how many statements each key occurs.
        table: The labelled values that its layout gives away.
    """

    statements: list[Statement]
    frequency: Mapping[str, int]
    table: Table

    def weight(self, key: str) -> float:
        """How telling a key is: the rarer in this caption the more, most of all where it does not occur."""
        return math.log(1 + (len(self.statements) + 1) / max(1, self.frequency.get(key, 0)))

    def supports(self, keys: Iterable[str]) -> Iterator[tuple[float, Statement]]:
        """Each statement with the share of the keys' weight that it holds."""
        weights = {key: self.weight(key) for key in keys}
        total = sum(weights.values()) or 1.0
        for statement in self.statements:
            yield sum(weights[key] for key in weights.keys() & statement.keys) / total, statement


@lru_cache(maxsize=8)
def read(caption: str) -> Reading:
    """Split a caption into statements and labelled values."""
    text = normal(caption)
    statements = [_statement(part) for line in text.splitlines() for part in _SENTENCE_END.split(line) if part.strip()]
    frequency = Counter(key for statement in statements for key in statement.keys)
    return Reading(statements, frequency, read_table(text))


def _statement(text: str) -> Statement:
    tokens = tokenize(text)
    return Statement(text, tokens, frozenset(token.key for token in tokens))
