"""ChartQAPro: lists, years and texts of the last answer."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import ClassVar

from rapidfuzz.distance import Levenshtein

from prism_eval.errors import DataError
from prism_eval.schema import Item
from prism_eval.scoring.base import Comparison, WholeReply
from prism_eval.scoring.relaxed import TOLERANCE

_UNQUOTED = re.compile(r"(?<!['\w])(\w[^,]*?)(?!['\w])")
_LONGEST_LITERAL = 5_000
_DEEPEST_LITERAL = 50


@dataclass(kw_only=True)
class ChartQAPro(WholeReply):
    """ChartQAPro's rule (``evaluate_predictions.py`` of its repository).

    Elements are compared in order and averaged; a missing or surplus one scores 0. Where the item's ``year`` says "YES"
    they must be equal; else numbers may differ by 5 % and texts are compared by ANLS, strictly above 0.5. The exact
    match that the authors compute for fact checking and multiple choice is never used by their code, nor by this.
    """

    name: ClassVar[str] = "chartqapro"

    def compare(self, item: Item, extracted: str) -> Comparison:
        """The mean over the gold's and the prediction's elements.

        Raises:
            DataError: The item's ``year`` is not a list of "YES" and "NO".
        """
        golds = _gold_elements(item.golds[-1].strip(".").strip("\n"))
        prediction = extracted.strip(".").strip("\n")
        guesses = _literal_elements(prediction) or [prediction]
        years = self._years(item, len(golds))
        pairs = zip(golds, guesses, years, strict=False)
        scores = [_equal(gold, guess) if year else _similar(gold, guess) for gold, guess, year in pairs]
        return Comparison(sum(scores) / max(len(golds), len(guesses)))

    def _years(self, item: Item, count: int) -> list[bool]:
        flags = item.extra.get("year", ["NO"])
        if not isinstance(flags, list | tuple) or not flags or not all(isinstance(flag, str) for flag in flags):
            raise DataError(
                f'{item.benchmark}: item {item.id}: field \'year\' must be a list of "YES" and "NO", not {flags!r}: '
                "mend that row or its field mapping"
            )
        if item.extra.get("question_type") == "Conversational":
            flags = flags[-1:]
        years = [flag.upper() == "YES" for flag in flags]
        return years if len(years) >= count else years * count


def _gold_elements(gold: str) -> list[str]:
    inside = re.fullmatch(r"\[(.*)\]", gold.strip())
    if inside is None or len(gold) > _LONGEST_LITERAL:
        return _literal_elements(gold) or [gold]
    quoted = "[" + _UNQUOTED.sub(r"'\1'", inside.group(1)) + "]"
    return _literal_elements(quoted) or _literal_elements(gold) or [gold]


def _literal_elements(text: str) -> list[str] | None:
    """The elements of a Python list literal as text; ``None`` for other text, and for text too long or deep to read."""
    text = text.lstrip(" \t")
    if not text.startswith("[") or len(text) > _LONGEST_LITERAL or text.count("[") + text.count("(") > _DEEPEST_LITERAL:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return [str(part).strip(" '") for part in value] if isinstance(value, list) else None


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
