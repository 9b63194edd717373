"""A caption as statements: its sentences and lines, each with the words to find it by."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from prism_eval.leaderboard.losses.numerals import THIN
from prism_eval.leaderboard.losses.quantities import Quantity, quantities
from prism_eval.scoring.tidying import narrow

# What parts words and is never part of a number or a name; line breaks part statements.
_BLANKS = str.maketrans(
    dict.fromkeys('\N{LEFT SINGLE QUOTATION MARK}\N{EN DASH}!"#$%&()*+:;=?@[\\]^_`{|}~“”«»-—/<>\t°', " ")
    | dict.fromkeys("'\N{RIGHT SINGLE QUOTATION MARK}")
)
_NAMES = "january february march april may june july august september october november december"
_MONTHS = _NAMES.split()
# "May" is a word, too, and "12 may be" is no date.
_MONTH = "|".join(rf"{name[:3]}(?:{name[3:]})?\.?" for name in _MONTHS if name != "may") + "|sept\\.?"
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?[ ](\d{4}))"
_DATE = re.compile(
    rf"\b(?:{_DAY}[ ](?:of[ ])?({_MONTH})(?![a-z]){_YEAR}?|({_MONTH})[ ]{_DAY}(?![\d:]){_YEAR}?|"
    rf"{_DAY}[ ](?:of[ ])?(may){_YEAR}|(may)[ ]{_DAY}(?![\d:]){_YEAR}?)(?!\d)"
)
_ISO_DATE = re.compile(r"\b(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b")
# Letters that are no letter with an accent.
_STROKES = str.maketrans("łøđ", "lod")
_GROUPED = re.compile(rf"(?<=\d)[{THIN}](?=\d{{3}}(?!\d))")
_END = "\v"
# Two blanks for a comma: with one, "12, 300" would be a number with a blank between its thousands.
_ENDS = ("\r", "\n"), (". ", _END), ("? ", _END), ("! ", _END), ("。", _END), (".\n", "\n"), (", ", "  "), (",\n", "\n")
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
        # Made plain, these blanks would no longer say that they group digits.
        text = unicodedata.normalize("NFKD", narrow(_GROUPED.sub("'", text)))
        text = "".join(character for character in text if not unicodedata.combining(character))
        text = text.lower().translate(_STROKES)
    return _with_dates(text.lower().replace("'s", ""))


def _with_dates(text: str) -> str:
    """The text with dates as ``march 5 2020``, however they are written: else one would be held for another."""
    text = _ISO_DATE.sub(lambda found: f"{_MONTHS[int(found[2]) - 1]} {int(found[3])} {found[1]}", text)
    return _DATE.sub(_date, text)


def _date(found: re.Match[str]) -> str:
    parts = [part for part in found.groups() if part]
    month = next(part for part in parts if not part.isdigit())
    day, *year = (part for part in parts if part.isdigit())
    # Without a year it may be no date: of "Jan 12" in a chart the answer may be "Jan".
    name = next(name for name in _MONTHS if name.startswith(month[:3])) if year else month
    return " ".join([name, str(int(day)), *year])


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
