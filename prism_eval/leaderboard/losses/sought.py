"""What is looked for in a caption: a number or a few words; and what else would be of its kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from prism_eval.leaderboard.losses.quantities import Quantity
from prism_eval.leaderboard.losses.statements import Statement
from prism_eval.reasoners.lexical.vocabulary import STOPWORDS

_COLOUR_NAMES = """
red orange yellow green blue purple violet pink brown black white gray grey teal cyan magenta turquoise beige gold
golden silver navy maroon olive lime indigo tan cream crimson
"""
_COLOURS = frozenset(_COLOUR_NAMES.split())
_HARDLY_BY_CHANCE = 3
"""Significant digits from which a number is distinctive."""


@dataclass(frozen=True)
class Asked:
    """What a question holds itself, and so is no answer to it."""

    words: frozenset[str]
    quantities: tuple[Quantity, ...]


@dataclass(frozen=True)
class NumberSought:
    """A number, in whatever way it is written."""

    quantity: Quantity

    @property
    def distinctive(self) -> bool:
        """Whether it is hardly met by chance, as years and small numbers are."""
        return self.quantity.digits >= _HARDLY_BY_CHANCE and self.quantity.kind != "year"

    def said_in(self, statement: Statement) -> bool:
        """Whether a statement holds it, perhaps rounded."""
        return any(self.quantity.equals(found) for found in statement.quantities)

    def near_in(self, statement: Statement) -> bool:
        """Whether a statement holds a number that charts' scorers take for it."""
        return any(found.near(self.quantity) for found in statement.quantities)

    def rival_in(self, statement: Statement, asked: Asked, *, certain: bool) -> bool:
        """Whether a statement holds another number that the question does not hold itself.

        Args:
            statement: The statement.
            asked: What the question holds.
            certain: Whether the statement is about nothing but what is asked for, so that any number is another one;
                else only one of the same kind is.
        """
        others = (found for found in statement.quantities if certain or self._is_like(found))
        return any(not any(found.equals(own) for own in asked.quantities) for found in others)

    def _is_like(self, found: Quantity) -> bool:
        # "One of the bars" counts nothing.
        counts = not (found.spelt and found.values == (1.0,))
        kinds = {found.kind, self.quantity.kind}
        return counts and (len(kinds) == 1 or kinds == {"number", "percent"})


@dataclass(frozen=True)
class TextSought:
    """A few words.

    Attributes:
        phrase: They, as `plain_words` makes them.
        options: The phrases of the other options; ``None`` where the question has none.
    """

    phrase: str
    options: tuple[str, ...] | None = None

    @cached_property
    def words(self) -> frozenset[str]:
        """The words."""
        return frozenset(self.phrase.split())

    @property
    def distinctive(self) -> bool:
        """Whether they are hardly met by chance, as short ones and colours are."""
        return len(self.phrase) > 2 and not self.words <= STOPWORDS | _COLOURS

    def said_in(self, statement: Statement) -> bool:
        """Whether they stand in a statement, one after the other."""
        return self.words <= statement.words and f" {self.phrase} " in statement.line

    def near_in(self, statement: Statement) -> bool:
        """Never: words are the same, or they are not."""
        return False

    def rival_in(self, statement: Statement, asked: Asked, *, certain: bool) -> bool:
        """Whether a statement holds another option, another colour, or any other words beside the question's.

        Args:
            statement: The statement.
            asked: What the question holds.
            certain: Whether the statement is about nothing but what is asked for, so that any words are others.
        """
        if not certain and self.options is not None:
            return any(f" {option} " in statement.line for option in self.options)
        if not certain and not self.words.isdisjoint(_COLOURS):
            return bool(statement.words & _COLOURS - self.words - asked.words)
        return bool(statement.words - asked.words - STOPWORDS)


Sought = NumberSought | TextSought
