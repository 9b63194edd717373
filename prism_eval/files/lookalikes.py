"""A text as whoever reads it takes it: what looks alike is alike, and what is not seen is not there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Formatting characters, variation selectors and tags; and what is none, and shows as nothing all the same: joiners and
# fillers, a Braille blank.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_LONGEST = 4
"""Characters that one may stand for: a ligature is three letters. One that is a whole sentence is read as itself."""


def plain(text: str) -> tuple[str, Sequence[int]]:
    """The text in the characters that its own stand for, and from which of its characters each is.

    Fullwidth and other forms of a letter become the letter (Unicode's NFKC, character by character); of what nothing is
    seen is left out.
    """
    # Most texts are what they look like, and captions are long.
    if text.isascii() or (unicodedata.is_normalized("NFKC", text) and not _UNSEEN.search(text)):
        return text, range(len(text))
    made: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character.isascii():
            made.append(character)
            places.append(place)
        elif not _UNSEEN.match(character):
            alike = unicodedata.normalize("NFKC", character)
            alike = alike if len(alike) <= _LONGEST else character
            made += alike
            places += [place] * len(alike)
    return "".join(made), places
