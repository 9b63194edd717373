"""A caption as statements: its sentences and lines, each with the words to find it by."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property

from prism_eval.leaderboard.losses.quantities import Quantity, quantities
from prism_eval.scoring.tidying import narrow

# What parts words and is never part of a number or a name; line breaks part statements.
_BLANKS = str.maketrans(
    dict.fromkeys('\N{LEFT SINGLE QUOTATION MARK}\N{EN DASH}!"#$%&()*+:;=?@[\\]^_`{|}~“”«»-—/<>\t°', " ")
    | dict.fromkeys("'\N{RIGHT SINGLE QUOTATION MARK}")
)
# Letters that are no letter with an accent.
_STROKES = str.maketrans("łøđ", "lod")
_END = "\v"
_ENDS = ("\r", "\n"), (". ", _END), ("? ", _END), ("! ", _END), ("。", _END), (".\n", "\n"), (", ", " "), (",\n", "\n")
_MOST_CHARACTERS = 100_000
"""No image needs more; a model that did not stop writing can fill megabytes."""


@dataclass(eq=False)
class Statement:
    """A sentence or a line.

    Attributes:
        text: It, in lower case, without accents and wide forms.
        words: The words in it.
        heading: The words of the heading that it stands under.
        before: The words of the sentences before it in its line.
    """

    text: str
    words: frozenset[str]
    heading: frozenset[str]
    before: frozenset[str]

    @cached_property
    def quantities(self) -> list[Quantity]:
        """The numbers in it."""
        return quantities(self.text, self.words)

    @cached_property
    def line(self) -> str:
        """Its words in order, a blank before and after each."""
        return f" {plain_words(self.text)} "


def folded(text: str) -> str:
    """A text in lower case, without accents, wide forms and typeset signs."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", narrow(text))
        text = "".join(character for character in text if not unicodedata.combining(character))
        text = text.lower().translate(_STROKES)
    return text.lower().replace("'s", "")


def plain_words(text: str) -> str:
    """The words of a text that `folded` has made plain, with single blanks."""
    return " ".join(filter(None, (word.strip(".,") for word in text.translate(_BLANKS).split())))


def statements(caption: str) -> list[Statement]:
    """The statements of a caption, in order."""
    # Each of these steps is one pass in C over the whole: word by word it would take ten times as long.
    text = folded(caption[:_MOST_CHARACTERS]) + "\n"
    for end, mark in _ENDS:
        text = text.replace(end, mark)
    found: list[Statement] = []
    heading: frozenset[str] = frozenset()
    above = ""
    for line, plain in zip(text.split("\n"), text.translate(_BLANKS).split("\n"), strict=True):
        if _heads(line, above):
            heading = frozenset(plain.split())
        above, before = line, frozenset[str]()
        for said, part in zip(line.split(_END), plain.split(_END), strict=True):
            if words := frozenset(part.split()):
                found.append(Statement(said, words, heading, before))
                before |= words
    return found


def _heads(line: str, above: str) -> bool:
    """Whether what follows a line is about it: a list, a section, the rows of a table; a blank line ends them."""
    if line.lstrip().startswith("|"):
        return not above.lstrip().startswith("|")
    return not line.strip() or line.startswith("#") or line.rstrip(" *").endswith(":")
