"""A caption as statements that can be searched for the words of a question."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from prism_eval.reasoners.lexical.table import Table, read_table
from prism_eval.reasoners.lexical.tokens import keys_in, normal

# Not after a capital, which is an initial. Chinese and Japanese sentences end without a space.
_SENTENCE_END = re.compile(r"(?<=[^A-Z\s][.!?])\s+(?=[\"“(]?[A-Z0-9])|(?<=[。\uff01\uff1f])")

# No image needs more; a model that did not stop writing can fill megabytes.
_MOST_CHARACTERS = 100_000


class Statement(NamedTuple):
    """A sentence or line with the keys in it."""

    text: str
    keys: frozenset[str]


@dataclass(frozen=True)
class Reading:
    """A caption, read once for all questions on it.

    Attributes:
        text: The caption in normal characters, up to a length that no image needs.
    """

    text: str

    @cached_property
    def statements(self) -> list[Statement]:
        """The caption's sentences and lines, in order."""
        parts = (part for line in self.text.splitlines() for part in _SENTENCE_END.split(line))
        return [Statement(part, frozenset(keys_in(part))) for part in parts if part.strip()]

    @cached_property
    def frequency(self) -> Mapping[str, int]:
        """In how many statements each key occurs."""
        return Counter(key for statement in self.statements for key in statement.keys)

    @cached_property
    def table(self) -> Table:
        """The labelled values that the caption's layout gives away."""
        return read_table(self.text)

    def weight(self, key: str) -> float:
        """How telling a key is: the rarer in this caption the more; one that does not occur, as one that does once.

        It is the inverse document frequency, with the statements for documents.
        """
        return math.log(1 + (len(self.statements) + 1) / max(1, self.frequency.get(key, 0)))

    def supports(self, keys: Iterable[str]) -> Iterator[tuple[float, Statement]]:
        """Each statement with the share of the keys' weight that it holds."""
        weights = {key: self.weight(key) for key in keys}
        # A question without a telling word is supported by nothing, not by everything.
        total = sum(weights.values()) or 1.0
        for statement in self.statements:
            # Summed in the keys' own order: in a set's, the last digit, and so which of equals is first, is by chance.
            yield sum(weight for key, weight in weights.items() if key in statement.keys) / total, statement


# The questions on one caption come together, those on a few captions side by side.
@lru_cache(maxsize=8)
def read(caption: str) -> Reading:
    """Read a caption; what is read of it is kept for the questions that follow."""
    return Reading(normal(caption[:_MOST_CHARACTERS]))
