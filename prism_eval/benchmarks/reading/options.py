"""Reading the options of a multiple-choice row."""

from __future__ import annotations

import ast
import re

from prism_eval.benchmarks.definition import Definition, Question
from prism_eval.benchmarks.rows import MISSING, Row
from prism_eval.files.warning_filters import warnings_as
from prism_eval.schema import option_letters

MAX_OPTIONS = 26
"""A reply names its option by one letter, and there are no more."""

MAX_LITERAL = 50_000
"""Longest text, in characters, that is read as a Python list: a deeper or longer one could exhaust the parser."""


def read_options(definition: Definition, row: Row, asked: Question) -> tuple[str, ...]:
    """The options of a row, in order; empty if it has none.

    Raises:
        RowError: The options are there but cannot be read.
    """
    try:
        options = _raw_options(definition, row, asked)
    except ValueError as error:
        raise row.bad("options do not parse", f"options do not parse: {error}") from error
    if len(options) > MAX_OPTIONS:
        raise row.bad("options do not parse", f"{len(options)} options, more than there are letters")
    return options


def parse_list(value: object) -> list[object]:
    """A list, or a string that holds one as Python or JSON would write it.

    Raises:
        ValueError: It is neither; the message says why. Nothing is ever evaluated.
    """
    if isinstance(value, list | tuple):
        return list(value)
    parsed = _literal(value) if isinstance(value, str) else value
    if isinstance(parsed, list | tuple):
        return list(parsed)
    raise ValueError(f"expected a list, found {_short(str(value))}")


def split_lettered(text: str) -> tuple[str, ...]:
    """The options in a text such as ``A. 2; B. 3`` or ``A: x, B: y``: each letter is looked for after the one before.

    Raises:
        ValueError: There is no ``A``, or nothing after it.
    """
    mark = _mark("A").match(text)
    if mark is None:
        raise ValueError(f"no option A at the start of {_short(text)}")
    options = []
    for letter in option_letters(MAX_OPTIONS)[1:]:
        following = _mark(letter).search(text, mark.end())
        options.append(_trimmed(text[mark.end() : following.start() if following else len(text)]))
        if following is None:
            break
        mark = following
    if len(options) < 2:
        raise ValueError(f"only one option in {_short(text)}")
    return tuple(options)


def without_options(definition: Definition, question: str) -> str:
    """The question without the options that stand in it."""
    # The last mark: an earlier one may be part of the question.
    after = definition.options.after
    return question.rpartition(after)[0].rstrip() if after and after in question else question


def _raw_options(definition: Definition, row: Row, asked: Question) -> tuple[str, ...]:
    rule = definition.options
    if rule.format == "fixed":
        return rule.fixed
    if rule.format == "columns":
        values = [row.need((name,), "options") for name in rule.columns]
        return tuple(_text(value) for value in values if value is not None and value != "")
    value = row.get(definition.fields.options)
    if rule.format == "lettered":
        return _lettered(row, asked, value, rule.after)
    if value is MISSING and definition.fields.options:
        row.need(definition.fields.options, "options")  # for its message: the column is not there
    return () if value in (None, MISSING, "") else tuple(_text(part) for part in parse_list(value))


def _lettered(row: Row, asked: Question, value: object, after: str) -> tuple[str, ...]:
    if isinstance(value, list):
        return split_lettered("\n".join(_text(part) for part in value)) if value else ()
    if isinstance(value, str) and value.strip():
        return split_lettered(value.strip())
    question = row.get(asked.question)
    if not after or not isinstance(question, str) or after not in question:
        return ()
    return split_lettered(question.rpartition(after)[2].strip())


def _mark(letter: str) -> re.Pattern[str]:
    # A letter inside a word is none; the last of the marks is the full-width colon of Chinese data sets.
    return re.compile(rf"(?:^|(?<=[\s,;])){letter}\s*[.:)\uff1a]\s*")


def _trimmed(text: str) -> str:
    text = text.strip()
    return text[:-1].rstrip() if text.endswith((";", ",")) else text


def _literal(text: str) -> object:
    if len(text) > MAX_LITERAL:
        raise ValueError(f"a list of {len(text)} characters, more than {MAX_LITERAL}")
    # `literal_eval` reads literals and nothing else. LaTeX in them is full of escapes that Python would warn about.
    try:
        with warnings_as("ignore"):
            return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"{_short(text)} is not a list ({type(error).__name__})") from error


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float):
        return str(value)
    raise ValueError(f"an option is {type(value).__name__}, not text")


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
