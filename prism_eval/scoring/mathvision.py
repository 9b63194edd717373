"""MathVision: answer phrases, normalised LaTeX, equal values after rounding to two decimals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from prism_eval.schema import Item, ItemKind
from prism_eval.scoring.base import Comparison, Scorer
from prism_eval.scoring.letters import read_letter
from prism_eval.scoring.maths.latex import latex_value
from prism_eval.scoring.tidying import tidy

_PHRASES = ("the final answer is", "the answer is", "the correct answer is", "the answer should be")
# In the authors' order, in which each replacement sees what those before it left.
_OUTER = (
    (" ", ""),
    ("\\,", ""),
    ("∞", "\\infty"),
    ("+\\infty", "\\infty"),
    ("\\\\", "\\"),
    ("\n", ""),
    ("\\text", ""),
    ("\\mbox", ""),
    ("bmatrix", "pmatrix"),
    ("\\left", ""),
    ("\\right", ""),
    ("^{\\circ}", ""),
    ("^\\circ", ""),
    ("{m}^3", ""),
    ("m^3", ""),
    ("{units}", ""),
    ("units", ""),
    ("{km}", ""),
    ("km", ""),
)
_INNER = (
    ("\\!", ""),
    ("\\\\", "\\"),
    ("tfrac", "frac"),
    ("dfrac", "frac"),
    ("\\$", ""),
    ("$", ""),
    ("\\%", ""),
    ("{.", "{0."),
)
_BRACKETED_LETTER = re.compile(r"\(([a-e])\)")
_BRACED_LETTER = re.compile(r"\{([a-e])\}")
_BARE_FRACTION = re.compile(r"\\frac(?!\{)(?:(.)([^{])|(.)(?=\{))")
_RATIO = re.compile(r"-?[1-9]\d*/[1-9]\d*|-?[1-9]\d*/-[1-9]\d*|0/-?[1-9]\d*|-?[1-9]\d*/0|0/0")


@dataclass(kw_only=True)
class MathVision(Scorer):
    """MathVision's rules (``evaluation/evaluate.py`` and ``utils.py`` of MATH-V's repository).

    Where the authors run Python's ``eval`` on text a model wrote, `latex_value` reads a number or gives up.
    """

    name: ClassVar[str] = "mathvision"
    reads_latex: ClassVar[bool] = True

    def parse(self, item: Item, reply: str) -> str | None:
        """The answer by its phrase or box, normalised; a reply of several lines without either holds none."""
        reply = reply.strip()
        # The authors would compare all of it with the gold, and find it unequal: wrong, where nothing was answered.
        prose = "\n" in reply and "oxed{" not in reply and _stated(reply) == reply
        return None if prose else find_answer(reply) or None

    def admit(self, item: Item, written: str) -> str | None:
        """The option's letter if the answer names one, else the answer normalised: a value is as good."""
        named = read_letter(written, item) if item.kind is ItemKind.CHOICE else None
        return named or normalise(written) or None

    def compare(self, item: Item, extracted: str) -> Comparison:
        """As the authors compare; a gold answer tidied as answers are counts too, so that to repeat it is right."""
        tidied = [normalise(tidy(gold)) for gold in item.golds]
        return Comparison(float(_is_right(item, extracted) or extracted in tidied))

    def official(self, item: Item, reply: str) -> float | None:
        """The comparison of what `find_answer` reads, which may be nothing and then equals nothing."""
        return float(_is_right(item, find_answer(reply)))


def _is_right(item: Item, answer: str) -> bool:
    """Equal to a gold, or, for multiple choice, to the text of the gold option."""
    choice = item.kind is ItemKind.CHOICE
    texts = [item.options[item.letters.index(gold)] for gold in item.golds] if choice else []
    return any(is_equal(gold, answer) for gold in (*item.golds, *texts))


def find_answer(reply: str) -> str:
    """The answer in a reply: a closing or opening letter, a number after "is", an answer phrase, or the last box."""
    found = _BRACED_LETTER.sub(r"\1", _BRACKETED_LETTER.sub(r"\1", normalise(_stated(reply.strip()))))
    return found.rstrip(".").lstrip(":").strip()


def _stated(text: str) -> str:
    text = _lone_letter(text)
    number = text.rpartition("is ")[2].rstrip(".")
    if _is_float(number):
        text = number
    if "oxed{" not in text:
        return _after_phrases(text)
    return "\\boxed{" + text.rpartition("oxed{")[2] if text.count("oxed{") > 1 else text


def _lone_letter(text: str) -> str:
    for letter in "ABCDE":
        ends = (f" {letter}.", f" ({letter}).")
        starts = (f"{letter}\n", f"({letter})\n", f"({letter}) {letter}\n")
        if text.endswith(ends) or text.startswith(starts):
            return letter
    return text


def _after_phrases(text: str) -> str:
    # As the authors do, every phrase in turn on what is left, and the end of its line or sentence ends the answer.
    for phrase in _PHRASES:
        for written in (phrase, phrase.replace("the", "The")):
            _, found, rest = text.rpartition(written)
            text = rest.strip()
            if found:
                text = text.partition("\n")[0].partition(". ")[0]
    return text


def normalise(text: str) -> str:
    """One spelling for an answer: lower case, without box, left-hand side, units, degrees, spaces and text commands."""
    text = text.lower().replace("{}", "")
    opened, closed = text.find("oxed{"), text.rfind("}")
    if opened >= 0 and opened + 5 <= closed:
        text = text[opened + 5 : closed]
    first_close, first_open = text.find("}"), text.find("{")
    # A brace that nothing opened belonged to the box.
    if first_close >= 0 and (first_open < 0 or first_close < first_open):
        text = text[:first_close]
    text = text.rpartition("=")[2].rpartition("\\approx")[2]
    for old, new in _OUTER:
        text = text.replace(old, new)
    return _simple_latex(text)


def _simple_latex(text: str) -> str:
    for old, new in _INNER:
        text = text.replace(old, new)
    if text.startswith("."):
        text = "0" + text
    if "sqrt" in text:
        text = re.sub(r"\\sqrt(?!\{)(.)", r"\\sqrt{\1}", text)
        text = _BARE_FRACTION.sub(_braced_fraction, text)
    if text == "0.5":
        return "\\frac{1}{2}"
    # The authors read a ratio with `int`, which takes no decimals; the length keeps megabytes of digits away.
    if len(text) < 40 and _RATIO.fullmatch(text):
        over, _, under = text.partition("/")
        return f"\\frac{{{over}}}{{{under}}}"
    return text


def _braced_fraction(match: re.Match[str]) -> str:
    over, under, alone = match.groups()
    return f"\\frac{{{alone}}}" if alone else f"\\frac{{{over}}}{{{under}}}"


def is_equal(gold: str, given: str) -> bool:
    """Equal as texts, as tuples of rounded values, or as values rounded to two decimals."""
    gold, given = gold.lower(), given.lower()
    if not gold.strip(" ") or not given.strip(" "):
        return False
    if gold.strip() == given.strip():
        return True
    gold, given = _rounded_tuple(gold), _rounded_tuple(given)
    if gold == given:
        return True
    target, value = latex_value(gold, leading=True), latex_value(given, leading=True)
    return target is not None and value is not None and round(float(target), 2) == round(float(value), 2)


def _rounded_tuple(text: str) -> str:
    parts = text[1:-1].split(",")
    # No tuple of a school book is longer, and each part is read for its value.
    if text[:1] + text[-1:] not in {"()", "[]"} or len(parts) < 2 or len(text) > 1_000:
        return text
    rounded = [part if "infty" in part or part in {"a", "-a"} else _rounded(part) for part in parts]
    return text if None in rounded else f"{text[0]}{','.join(filter(None, rounded))}{text[-1]}"


def _rounded(part: str) -> str | None:
    value = latex_value(part, leading=True)
    if value is None:
        return None
    # The authors print whole numbers and rounded ones apart: 2 is not 2.004.
    return str(int(value)) if value == int(value) else str(round(float(value), 2))


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
