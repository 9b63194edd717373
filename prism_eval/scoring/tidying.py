r"""What an answer is wrapped in, taken off: of replies and of golds alike, so that a gold given back is itself.

Every function is linear in the text's length: replies are untrusted and may be megabytes of braces.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_ANSWER = 2_000
"""Unwrapping looks at a text once for each wrapper; what is longer than this is no answer in wrapping, but a reply."""

# Full-width forms, styled mathematical letters and digits, circled letters. Not all that NFKC maps: it makes x2 of x².
_STYLED = re.compile("[\uff01-\uff5e\u3000\U0001d400-\U0001d7ff\u24b6-\u24e9]")
_SYMBOLS = re.compile("(?:[\u2600-\u27bf\u2b50\U0001f300-\U0001faff]+\\s*)+")
# What today's models set for a hyphen, a minus, a blank and an apostrophe, where golds have those of ASCII.
_TYPESET = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2212", "-") | dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f", " ")
)
_APOSTROPHE = re.compile(r"(?<=\w)\u2019(?=\w)")
_MINUS = re.compile(r"\A[\u2013\u2014](?=\d)")
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\ufe0f]")
_BOX_TOKEN = re.compile(r"<\|(begin|end)_of_box\|>")
_TURN_STARTS = re.compile(r"<\|(?:im_start|start_header_id|start)\|>\s*(?:assistant)?(?:\s*<\|end_header_id\|>)?")
_TURN_ENDS = re.compile(
    r"<\|(?:im_end|eot_id|eom_id|endoftext|end_of_text|end_of_turn|end|return|user|observation)\|>"
    "|</s>|<end_of_turn>|<eos>|<[|\uff5c]end\u2581of\u2581sentence[|\uff5c]>|\\[/INST\\]"
)
_TOKEN = re.compile("<[|\uff5c]/?[\\w\u2581]{1,40}[|\uff5c]>|<s>|<bos>|<start_of_turn>(?:model)?")

# By the sign they begin with; of one sign, the longest first.
_WRAPPERS = {
    "*": (("**", "**"), ("*", "*")),
    "_": (("__", "__"), ("_", "_")),
    "~": (("~~", "~~"),),
    "`": (("```", "```"), ("`", "`")),
    "$": (("$$", "$$"), ("$", "$")),
    "\\": (("\\(", "\\)"), ("\\[", "\\]")),
    '"': (('"', '"'),),
    "'": (("'", "'"),),
    "\N{LEFT DOUBLE QUOTATION MARK}": (("\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"),),
    "\N{LEFT SINGLE QUOTATION MARK}": (("\N{LEFT SINGLE QUOTATION MARK}", "\N{RIGHT SINGLE QUOTATION MARK}"),),
    "«": (("«", "»"),),
    "「": (("「", "」"),),
}
_COMMAND = re.compile(
    r"\\+(?:boxed|fbox|framebox|text|textbf|textit|textrm|textsf|texttt|mbox|emph|underline|mathbf|mathrm|mathit|mathsf|mathtt"
    r"|operatorname|bm|boldsymbol)\s*\{"
)
_SET_AS_TEXT = re.compile(r"\\(?:text\w{0,2}|mbox|mathrm|mathbf)\s?\{([^{}]*)\}")
_ESCAPED = re.compile(r"\\([%$&#_])")
_SPACING = re.compile(r"\\[ ,;:]|(?<!\\)~")
_DEGREES = re.compile(r"\s?\^\s?(?:\{\s?\\circ\s?\}|\\circ(?![a-z]))")
_TAG = re.compile(r"<(answer|b|strong|i|em|u|code|mark|p|span|center)>(.*)</\1>", re.IGNORECASE | re.DOTALL)
_FENCE_LANGUAGE = re.compile(r"(?:text|json|txt|latex|plaintext|markdown|math)?\n")
_CLOSERS = (("\\)", "\\("), ("\\]", "\\["), ("}", "{"), ("</answer>", "<answer>"))
_CLOSED_BEFORE = re.compile(r"\A(?:</\w{1,10}>|\}|\\\)|\\\]|#{2,6}(?=\s))\s*")
_EMPHASIS = ("**", "__", "`", "*")
_TWINS = ("**", "__", "$", "`", '"', "|")
_NUMBER = re.compile(r"[-+$]?(?:\d[\d,]*)?(?:\.\d+)?%?")


def plain(reply: str) -> str:
    """A reply without its chat template's tokens, and with full-width and styled characters as plain ones."""
    if "<" in reply or "[/" in reply:
        reply = _without_tokens(reply)
    return reply if reply.isascii() else narrow(reply)


def narrow(text: str) -> str:
    """Full-width and styled letters, digits and punctuation as plain ones; nothing invisible."""
    if text.isascii():
        return text
    text = _STYLED.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    return _APOSTROPHE.sub("'", _INVISIBLE.sub("", text).translate(_TYPESET))


def _without_tokens(reply: str) -> str:
    reply = _BOX_TOKEN.sub(lambda match: "<answer>" if match[1] == "begin" else "</answer>", reply)
    reply = _TURN_STARTS.sub("", reply)
    # A model that does not stop goes on with turns that nobody asked for.
    for end in _TURN_ENDS.finditer(reply):
        if reply[: end.start()].strip():
            reply = reply[: end.start()]
            break
    return _TOKEN.sub("", reply)


def tidy(text: str) -> str:
    r"""Take off what an answer is wrapped in: emphasis, quotes, ``$``, ``\boxed{}``, ``\text{}``, tags, a full stop."""
    text = text.strip()
    if len(text) >= LONGEST_ANSWER:
        return text
    if not text.isascii():
        text = _without_symbols(narrow(text))
    before = None
    # What begins and ends in a letter or digit is in no wrapping: most answers.
    while before != text and not (text[:1].isalnum() and text[-1:].isalnum()):
        before = text
        text = _without_remains(_unwrapped(text))
        text = _out_of_command(_without_full_stop(text.rstrip(",;\N{IDEOGRAPHIC FULL STOP} \t")))
    return _MINUS.sub("-", text)


def _without_symbols(text: str) -> str:
    """A text without check marks and pictures at its ends, unless it is nothing else."""
    opening = _SYMBOLS.match(text)
    start = opening.end() if opening else 0
    stop = (
        len(text.rstrip("\u2705\u2714\u2713\u2611\u274c\u2728\U0001f389\U0001f44d\U0001f3af "))
        if start < len(text)
        else 0
    )
    return text[start:stop].strip() or text


def _unwrapped(text: str) -> str:
    for left, right in _WRAPPERS.get(text[:1], ()):
        if len(text) > len(left) + len(right) and text.startswith(left) and text.endswith(right):
            inner = text[len(left) : -len(right)]
            # "$5 and $6" is in no wrapping.
            if left not in inner and right not in inner and inner.strip():
                text = (_FENCE_LANGUAGE.sub("", inner, count=1) if left == "```" else inner).strip()
    tagged = _TAG.fullmatch(text) if text.startswith("<") else None
    return tagged[2].strip() if tagged else text


def _without_remains(text: str) -> str:
    r"""Take off what closes something that opened before the marker, as in ``\[\text{Answer: C}\]``."""
    text = _CLOSED_BEFORE.sub("", text)
    for mark in _EMPHASIS:
        if text.startswith(mark) and text.count(mark) % 2 and text != mark:
            text = text[len(mark) :].lstrip()
    for closer, opener in _CLOSERS:
        if text.endswith(closer) and text.count(closer) > text.count(opener):
            text = text[: -len(closer)].rstrip()
    for mark in _TWINS:
        if text.endswith(mark) and text.count(mark) % 2 and not text.endswith("\\" + mark) and text != mark:
            text = text[: -len(mark)].rstrip()
    # Half-open intervals mix their brackets.
    surplus = text.count(")") + text.count("]") - text.count("(") - text.count("[")
    if surplus > 0 and text.endswith((")", "]")) and not text.endswith(("\\)", "\\]")):
        text = text[:-1].rstrip()
    return text.removeprefix("=").lstrip()


def _out_of_command(text: str) -> str:
    command = _COMMAND.match(text)
    if command and text.endswith("}") and closing_brace(text, command.end(), len(text)) == len(text) - 1:
        return text[command.end() : -1].strip()
    return text


def _without_full_stop(text: str) -> str:
    if not text.endswith(".") or text.endswith("..."):
        return text
    rest = text[:-1]
    last = rest.rsplit(None, 1)[-1] if rest.strip() else ""
    # "3.5." and "U.S.." end in a full stop, "U.S." does not.
    return text if "." in last.rstrip(".") and not rest.endswith(".") and not _NUMBER.fullmatch(last) else rest.rstrip()


def unset(text: str) -> str:
    r"""A text without the LaTeX that only sets it, as in ``47\%``, ``1{,}234`` and ``\$1.2\text{ million}``."""
    if "\\" not in text and "{,}" not in text:
        return text
    text = _ESCAPED.sub(r"\1", _SET_AS_TEXT.sub(r"\1", text).replace("{,}", ","))
    return " ".join(_SPACING.sub(" ", _DEGREES.sub("\N{DEGREE SIGN}", text).replace("\\!", "")).split())


def closing_brace(text: str, start: int, end: int) -> int | None:
    """Where the brace that opened just before ``start`` closes; ``None`` if it does not before ``end``."""
    depth, place = 1, start
    while depth:
        # Both by ``find``, which passes a megabyte of either in no time.
        closes = text.find("}", place, end)
        if closes < 0:
            return None
        depth += text.count("{", place, closes) - 1
        place = closes + 1
    return place - 1


def words(text: str) -> str:
    """A text without wrapping and without the differences of case and white space."""
    return folded(tidy(text))


def folded(text: str) -> str:
    """A text without the differences of case and white space."""
    return " ".join(text.casefold().split())
