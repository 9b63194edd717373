"""Reading the options of a multiple-choice row."""

from __future__ import annotations

import ast
import io
import itertools
import json
import math
import re
import tokenize
from collections.abc import Mapping, Sequence
from decimal import Decimal

from prism_eval.benchmarks.definition import Definition, Question
from prism_eval.benchmarks.rows import MISSING, Row, is_null, short
from prism_eval.files.warning_filters import warnings_as
from prism_eval.schema import option_letters

MAX_OPTIONS = 26
"""A reply names its option by one letter, and there are no more."""

MAX_LITERAL = 50_000
"""Longest text, in characters, that is read as a Python list: a deeper or longer one could exhaust the parser."""


def read_options(definition: Definition, row: Row, asked: Question) -> tuple[str, ...]:
    """The options of a row, in order; empty if it has none.

    Raises:
        RowError: The options are there but cannot be read, or leave nothing to choose.
    """
    column = row.column(definition.fields.options or definition.options.columns or asked.question)
    try:
        raw = _raw_options(definition, row, asked)
        options = _texts(raw)
    except ValueError as error:
        raise column.bad("options do not parse", f"options do not parse: {error}") from error
    # The gold of a row whose options are lost would be read as if there had never been any.
    if not options and any(map(is_null, raw)):
        raise column.bad("options missing", f"none of the {len(raw)} options holds anything")
    if len(options) > MAX_OPTIONS:
        raise row.bad("options do not parse", f"{len(options)} options, more than there are letters")
    return options


def parse_list(value: object) -> list[object]:
    """A list, or a string that holds one as Python or JSON would write it. A list that wraps one list is that list.

    Raises:
        ValueError: It is neither; the message says why. Nothing is ever evaluated.
    """
    parsed = _literal(value) if isinstance(value, str) else value
    if isinstance(parsed, list | tuple):
        while len(parsed) == 1 and isinstance(parsed[0], list | tuple):
            parsed = parsed[0]
        return list(parsed)
    raise ValueError(f"expected a list, found {short(str(value))!r}")


def split_lettered(text: str) -> tuple[str, ...]:
    """The options in a text such as ``A. 2; B. 3`` or ``A: x, B: y``: each letter is looked for after the one before.

    Raises:
        ValueError: There is no ``A``, or nothing after it.
    """
    mark = _mark("A").match(text)
    if mark is None:
        raise ValueError(f"no option A at the start of {short(text)!r}")
    options = []
    for letter in option_letters(MAX_OPTIONS)[1:]:
        following = _mark(letter).search(text, mark.end())
        options.append(_trimmed(text[mark.end() : following.start() if following else len(text)]))
        if following is None:
            break
        mark = following
    if len(options) < 2:
        raise ValueError(f"only one option in {short(text)!r}")
    return tuple(options)


def without_options(definition: Definition, question: str) -> str:
    """The question without the options that stand in it."""
    # The last mark: an earlier one may be part of the question.
    after = definition.options.after
    return question.rpartition(after)[0].rstrip() if after and after in question else question


def _raw_options(definition: Definition, row: Row, asked: Question) -> Sequence[object]:
    rule = definition.options
    if rule.format == "fixed":
        return rule.fixed
    if rule.format == "columns":
        return [row.need((name,), "options") for name in rule.columns]
    value = row.get(definition.fields.options)
    if rule.format == "lettered":
        options = _lettered(row, asked, value, rule.after)
        return options or option_letters(len(_stated(row.get(rule.drawn), rule.after))) or rule.fixed
    if value is MISSING and definition.fields.options:
        row.need(definition.fields.options, "options")  # for its message: the column is not there
    return _listed(value)


def _listed(value: object) -> Sequence[object]:
    if value in (None, MISSING) or (isinstance(value, str) and not value.strip()):
        return ()
    parsed = _literal(value) if isinstance(value, str) else value
    return _by_letter(parsed) if isinstance(parsed, Mapping) else parse_list(parsed)


def _lettered(row: Row, asked: Question, value: object, after: str) -> Sequence[object]:
    if isinstance(value, Mapping):
        return _by_letter(value)
    if isinstance(value, list) or (isinstance(value, str) and value.strip().startswith("[")):
        texts = _texts(parse_list(value))
        return split_lettered("\n".join(texts)) if texts else ()
    if isinstance(value, str) and value.strip():
        return split_lettered(value.strip())
    return _stated(row.get(asked.question), after)


def _stated(text: object, after: str) -> Sequence[object]:
    """The options that a text goes on with after its question."""
    if not after or not isinstance(text, str) or after not in text:
        return ()
    return split_lettered(text.rpartition(after)[2].strip())


def _by_letter(options: Mapping[object, object]) -> list[object]:
    """The options of a table such as ``{"A": "x", "B": "y"}``, whichever order it is in."""
    found = {str(key).strip(" .:()").upper(): value for key, value in options.items()}
    letters = option_letters(len(options))
    if set(found) != set(letters) or len(options) > MAX_OPTIONS:
        raise ValueError(f"the keys {short(', '.join(map(str, options)))!r} are not the letters from A on")
    return [found[letter] for letter in letters]


def _texts(parts: Sequence[object]) -> tuple[str, ...]:
    """The options as texts. Empty ones at the end are padding; of any other the letters behind it would be wrong."""
    texts = ["" if is_null(part) else _text(part) for part in parts]
    while texts and not texts[-1]:
        texts.pop()
    if "" in texts:
        raise ValueError(f"option {texts.index('') + 1} of {len(texts)} is empty")
    # Right whatever is replied: it would only raise the score.
    if len(texts) == 1:
        raise ValueError(f"{short(texts[0])!r} is the only option: there is nothing to choose")
    return tuple(texts)


def _mark(letter: str) -> re.Pattern[str]:
    # A letter inside a word is none; the last of the marks is the full-width colon of Chinese data sets.
    return re.compile(rf"(?:^|(?<=[\s,;])){letter}\s*[.:)\uff1a]\s*")


def _trimmed(text: str) -> str:
    text = text.strip()
    return text[:-1].rstrip() if text.endswith((";", ",")) else text


def _literal(text: str) -> object:
    if len(text) > MAX_LITERAL:
        raise ValueError(f"a list of {len(text)} characters, more than {MAX_LITERAL}")
    text = text.strip()
    # `literal_eval` reads literals and nothing else. LaTeX in them is full of escapes that Python would warn about.
    try:
        with warnings_as("ignore"):
            found = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        return _json(text, error)
    if _has_neighbours(text):
        raise ValueError(f"{short(text)!r} has no commas, as numpy prints arrays: write it as a list")
    return found


def _json(text: str, error: BaseException) -> object:
    # Tried second: of what both can read, LaTeX's backslashes are more often Python's than JSON's.
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"{short(text)!r} is not a list ({type(error).__name__})") from error


def _has_neighbours(text: str) -> bool:
    """Whether two texts stand side by side without a comma: Python would make them one text, and so one option."""
    if text.count("'") + text.count('"') < 4:
        return False
    blank = {tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT}
    kinds = [token.type for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in blank]
    return (tokenize.STRING, tokenize.STRING) in itertools.pairwise(kinds)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | Decimal) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    raise ValueError(f"an option is {type(value).__name__}, not text")
