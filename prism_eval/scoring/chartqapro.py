"""ChartQAPro: lists, years and texts of the last answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rapidfuzz.distance import Levenshtein

from prism_eval.errors import DataError
from prism_eval.schema import Item
from prism_eval.scoring.base import Comparison, WholeReply
from prism_eval.scoring.literals import list_elements
from prism_eval.scoring.relaxed import TOLERANCE

_LONGEST_UNQUOTED = 5_000
_UNQUOTED = re.compile(r"(?<!['\w])(\w[^,]*?)(?!['\w])")


@dataclass(kw_only=True)
class ChartQAPro(WholeReply):
    """ChartQAPro's rule (``evaluate_predictions.py`` of its repository).

    Elements are compared in order and averaged; a missing or surplus one scores 0. Where the item's ``year`` says "YES"
    they must be equal; else numbers may differ by 5 % and texts are compared by ANLS, strictly above 0.5. The exact
    match that the authors compute for fact checking and multiple choice is never used by their code, nor by this.
    """

    name: ClassVar[str] = "chartqapro"
    quick: ClassVar[bool] = True

    def check(self, item: Item) -> None:
        """Make sure that the item has a gold, and years that can be read.

        Raises:
            DataError: It has none, or its ``year`` is not a list of "YES" and "NO".
        """
        super().check(item)
        _years(item)

    def compare(self, item: Item, extracted: str) -> Comparison:
        """The mean over the gold's and the prediction's elements."""
        golds = _gold_elements(item.golds[-1].strip(".").strip("\n"))
        prediction = extracted.strip(".").strip("\n")
        guesses = _elements(prediction) or [prediction]
        years = _years(item)
        years = years if len(years) >= len(golds) else years * len(golds)
        pairs = zip(golds, guesses, years, strict=False)
        scores = [_equal(gold, guess) if year else _similar(gold, guess) for gold, guess, year in pairs]
        return Comparison(sum(scores) / max(len(golds), len(guesses)))


def _years(item: Item) -> list[bool]:
    """Whether each element of the gold is a year; a single flag stands for all."""
    flags = item.columns.get("year", ["NO"])
    if not isinstance(flags, list | tuple) or not flags or not all(isinstance(flag, str) for flag in flags):
        raise DataError(
            f'{item.benchmark}: item {item.id}: field \'year\' must be a list of "YES" and "NO", not {flags!r}: '
            "mend that row or its field mapping"
        )
    # Of a conversation only the last turn is asked, but the row keeps the flags of all.
    if item.columns.get("question_type") == "Conversational":
        flags = flags[-1:]
    return [flag.upper() == "YES" for flag in flags]


def _gold_elements(gold: str) -> list[str]:
    # Golds such as [Agree, 12] come without quotes.
    inside = re.fullmatch(r"\[(.*)\]", gold.strip()) if len(gold) <= _LONGEST_UNQUOTED else None
    quoted = "[" + _UNQUOTED.sub(r"'\1'", inside.group(1)) + "]" if inside else ""
    return _elements(quoted) or _elements(gold) or [gold]


def _elements(text: str) -> list[str]:
    return [str(part).strip(" '") for part in list_elements(text.lstrip(" \t")) or ()]


def _equal(gold: str, guess: str) -> float:
    return float(gold.strip().lower() == guess.strip().lower())


def _similar(gold: str, guess: str) -> float:
    gold, guess = (text.strip().strip("%").strip() for text in (gold, guess))
    target, number = _number(gold), _number(guess)
    if target is None or number is None:
        return _anls_above_half(gold.lower(), guess.lower())
    if target == 0.0:
        return float(number == 0.0)
    return float(abs(number - target) / abs(target) <= TOLERANCE)


def _number(text: str) -> float | None:
    try:
        return float(text.strip().strip("%"))
    except ValueError:
        return None


def _anls_above_half(gold: str, guess: str) -> float:
    """ANLS as the package ``anls`` of PyPI computes it: a similarity of exactly 0.5 is dropped."""
    longest = max(len(gold), len(guess))
    if longest == 0:
        return 1.0
    half = longest // 2 + 1
    edits = Levenshtein.distance(gold, guess, score_cutoff=half)
    return 1 - edits / longest if edits / longest < 0.5 else 0.0
