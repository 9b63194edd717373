"""From a model's reply to the answer in it, by our own rule: the form the protocol asked for comes first.

Every function is linear in the reply's length: replies are untrusted and may be megabytes of braces.
"""

from __future__ import annotations

import re

from prism_eval.schema import AnswerForm, Item

_LEAD_IN = re.compile(r"(?:so |thus |therefore |hence )?,? ?(?:the |my )?(?:final |correct |best )?$", re.IGNORECASE)
_DECORATION = " \t\r>#-"
_WRAPPERS = (
    ("**", "**"),
    ("__", "__"),
    ("`", "`"),
    ("$", "$"),
    ('"', '"'),
    ("\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"),
    ("*", "*"),
)
_LETTER = re.compile(r"(?:option |choice )?(\()?([A-Za-z])(?(1)\))(?:$|([:)])|([.,])(?=\s|$)|(?=\s))", re.IGNORECASE)

_NUMBER = re.compile(r"[-+$]?(?:\d[\d,]*)?(?:\.\d+)?%?")
# Unwrapping looks at the text once for each wrapper; what is longer than this is no answer in wrapping, but a reply.
_LONGEST_ANSWER = 2_000


def last_boxed(text: str) -> str | None:
    r"""The content of the last ``\boxed{}`` whose braces close; ``None`` if there is none."""
    end = len(text)
    while (start := text.rfind("\\boxed{", 0, end)) >= 0:
        stop = _closing_brace(text, start + 7, end)
        if stop is not None:
            return text[start + 7 : stop].strip()
        # Never past the box before: ten thousand boxes that do not close are still read in one pass.
        end = start
    return None


def _closing_brace(text: str, start: int, end: int) -> int | None:
    depth = 1
    for brace in re.compile(r"[{}]").finditer(text, start, end):
        depth += 1 if brace.group() == "{" else -1
        if depth == 0:
            return brace.start()
    return None


def read_form(reply: str, form: AnswerForm) -> str | None:
    r"""The answer as it stands in the form asked for: the last ``Answer: X`` line, or the boxed answer.

    Returns:
        The answer, tidied; ``None`` if the reply does not keep to the form.
    """
    if form.boxed:
        opened = reply.rfind("<answer>")
        boxed = last_boxed(reply[opened + 8 :] if opened >= 0 else reply)
        if boxed:
            return tidy(boxed)
    return _last_marked_line(reply, form.marker)


def _last_marked_line(reply: str, marker: str) -> str | None:
    # Splitting a megabyte into lines costs more than looking through it once.
    if marker.casefold() not in reply.casefold():
        return None
    after = ""
    for line in reversed(reply.splitlines()):
        found = _after_marker(line, marker)
        if found is not None:
            # Some models write the marker as a heading and the answer below it.
            return tidy(found) or tidy(after) or None
        after = line if line.strip() else after
    return None


def _after_marker(line: str, marker: str) -> str | None:
    plain = line.replace("**", "").replace("__", "").lstrip(_DECORATION)
    at = plain[: len(marker) + 40].casefold().find(marker.casefold())
    # "I gave no answer: sorry" is a sentence, "So the final answer: 4" the line that was asked for.
    if at < 0 or not _LEAD_IN.fullmatch(plain[:at]):
        return None
    return plain[at + len(marker) :]


def tidy(text: str) -> str:
    r"""Take off what models wrap an answer in: emphasis, quotes, ``$``, ``\boxed{}``, ``\text{}``, a full stop."""
    text = text.strip()
    before = None
    while before != text and len(text) < _LONGEST_ANSWER:
        before = text
        for left, right in _WRAPPERS:
            inner = text[len(left) : -len(right)]
            # "$5 and $6" is in no wrapping.
            if text.startswith(left) and text.endswith(right) and inner and left not in inner:
                text = inner.strip()
        text = _unwrap_command(_without_full_stop(text))
    return text


def _unwrap_command(text: str) -> str:
    for command in ("\\boxed{", "\\text{", "\\textbf{", "\\mathbf{", "\\mathrm{"):
        if text.startswith(command) and _closing_brace(text, len(command), len(text)) == len(text) - 1:
            return text[len(command) : -1].strip()
    return text


def _without_full_stop(text: str) -> str:
    rest = text[:-1]
    if not text.endswith(".") or rest.endswith("."):
        return text
    # "3.5." ends in a full stop, "U.S." does not.
    return text if "." in rest and not _NUMBER.fullmatch(rest) else rest.rstrip()


def read_letter(written: str, item: Item) -> str | None:
    """The option a short answer names, by its letter or by its exact text; ``None`` if it names none or several.

    Args:
        written: The answer alone, such as ``C``, ``(c)``, ``C. Hermione``, ``option C`` or ``Hermione``.
        item: A multiple-choice item.
    """
    if len(written) > _LONGEST_ANSWER:
        return None
    match = _LETTER.match(written)
    if match is not None:
        letter, rest = match.group(2).upper(), written[match.end() :].strip()
        if letter in item.letters and _tells_one(match, letter, rest, item):
            return letter
    named = [letter for letter, option in item.lettered if same_answer(option, written)]
    return named[0] if len(named) == 1 else None


def _tells_one(match: re.Match[str], letter: str, rest: str, item: Item) -> bool:
    if not rest:
        return True
    option = item.options[item.letters.index(letter)]
    if same_answer(option, rest.lstrip("-: ")):
        return True
    # "A statue" begins with an article; "A. statue" and "(A) statue" name an option, whatever they say of it.
    bracketed = bool(match.group(1)) or bool(match.group(3)) or match.group(4) == "."
    return bracketed and match.group(2).isupper() and not _names_another(rest, letter, item)


def _names_another(rest: str, letter: str, item: Item) -> bool:
    return any(word != letter and word in item.letters for word in re.findall(r"\b[A-Z]\b", rest[:200]))


def same_answer(left: str, right: str) -> bool:
    """Equal but for wrapping, case and white space; two blank texts say nothing, and are not the same answer."""
    return folded(tidy(left)) == folded(tidy(right)) != ""


def folded(text: str) -> str:
    """A text without the differences of case and white space."""
    return " ".join(text.casefold().split())
