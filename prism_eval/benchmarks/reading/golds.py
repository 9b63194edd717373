"""Reading the gold answers of a row."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from prism_eval.benchmarks.definition import AnswerRule
from prism_eval.benchmarks.reading.options import MAX_OPTIONS, parse_list
from prism_eval.benchmarks.rows import Row, is_null
from prism_eval.schema import option_letters

_LETTER = re.compile(r"\(?([A-Za-z])\)?[.:]?")
_INDEX = re.compile(r"(\d{1,9})(?:\.0)?")  # pandas makes fractions of whole numbers in a column with gaps
# At least one separator: "ACE" may be a word.
_SEVERAL = re.compile(r"[A-Z](?:[\s,;]+[A-Z])+")


def short_golds(rule: AnswerRule, row: Row, value: object) -> tuple[str, ...]:
    """The accepted answers of a short-answer row.

    Raises:
        RowError: There is no gold answer, or it is not text.
    """
    values = _as_list(rule, row, value)
    if rule.take == "last":
        values = values[-1:]
    # Beside other answers an empty one accepts nothing more.
    golds = tuple(_text(row, part) for part in values if not is_null(part))
    golds = tuple(gold for gold in golds if gold.strip()) or golds[:1]
    if not golds:
        raise row.bad("gold missing", "there is no gold answer")
    if not rule.empty and not golds[0].strip():
        raise row.bad("gold missing", "the gold answer is empty")
    return golds


def choice_gold(rule: AnswerRule, row: Row, value: object, options: tuple[str, ...]) -> str:
    """The gold option's letter.

    Raises:
        RowError: There is no gold, or it is none of the options.
    """
    letters = option_letters(len(options))
    if is_null(value):
        raise row.bad("gold missing", "there is no gold answer")
    text = _text(row, value).strip()
    if rule.choice == "text" and options.count(text) > 1:
        raise row.bad("gold not in options", f"the gold answer {text!r} is the text of several options")
    index = _index(rule, text, options)
    if index is None or index >= len(letters):
        shown = f"{letters[0]}-{letters[-1]}"
        raise row.bad("gold not in options", f"the gold answer {text!r} is not among the options {shown}")
    return letters[index]


def one_choice(rule: AnswerRule, row: Row, value: object) -> object:
    """The gold of a multiple-choice row as one value: a list of one is what it holds, several are joined."""
    values = [part for part in _as_list(rule, row, value) if not is_null(part)]
    return values[0] if len(values) == 1 else ", ".join(_text(row, part) for part in values) or None


def several_letters(value: object, options: tuple[str, ...]) -> tuple[str, ...]:
    """The letters of a gold that names several options, such as ``C`` and ``D``; empty for any other gold."""
    text = value.strip() if isinstance(value, str) else ""
    letters = tuple(re.findall(r"[A-Z]", text)) if _SEVERAL.fullmatch(text) else ()
    return letters if set(letters) <= set(option_letters(len(options))) else ()


def _index(rule: AnswerRule, text: str, options: tuple[str, ...]) -> int | None:
    """The place of the gold option, from 0, which may lie beyond the last; ``None`` if the gold names none."""
    if rule.choice == "letter":
        letter = _LETTER.fullmatch(text)
        return option_letters(MAX_OPTIONS).index(letter[1].upper()) if letter else None
    if rule.choice == "index":
        number = _INDEX.fullmatch(text)
        return int(number[1]) if number else None
    return options.index(text) if text in options else None


def _as_list(rule: AnswerRule, row: Row, value: object) -> list[object]:
    if isinstance(value, list | tuple):
        # Of a conversation each turn has its own.
        return list(value) if rule.take == "last" else parse_list(value)
    # Only where the definition says so: a gold such as "[2, 3]" may be the answer itself.
    if rule.literal and isinstance(value, str) and value.strip().startswith("[") and value.strip().endswith("]"):
        try:
            return parse_list(value)
        except ValueError as error:
            raise row.bad("gold does not parse", f"the gold answer does not parse: {error}") from error
    return [value]


def _text(row: Row, value: object) -> str:
    if isinstance(value, str):
        return value
    # A bool is an int to Python; as a gold it is more likely a column that was mistaken for the answer.
    whole = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if whole or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    raise row.bad("gold does not parse", f"the gold answer is {type(value).__name__}, not text")
