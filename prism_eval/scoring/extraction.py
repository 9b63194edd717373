r"""From a model's reply to the answer in it, by our own rule: the form the protocol asked for, in any typography.

An answer stands behind the marker (``**Answer**: 47``, a heading ``### Answer``, a key of JSON), in ``<answer>`` or in
a ``\boxed{}``; the last of these counts. `read_sentence` reads what stands in none of them, but is said outright.

Every function is linear in the reply's length: replies are untrusted and may be megabytes of braces.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from functools import lru_cache

from prism_eval.schema import AnswerForm
from prism_eval.scoring.tidying import LONGEST_ANSWER, closing_brace, tidy

# Readers asked in English think, and now and then close, in another language.
_STEMS = (
    r"ans(?:wer)?|(?:correct|right|best|final|chosen|selected)[ ]+(?:option|choice|letter)|答案|答え|정답|antwort"
    r"|respuesta|r[ée]ponse|resposta|risposta|ответ"
)
_IN_FRONT = re.compile(
    r"(?:^|[^\w\s,]|,\s*(?=$)|\b(?:so|thus|therefore|hence|and|then|now|the|my|our|your|final|correct|best|right|short|overall"
    r"|die|la|final|最终|最終|正确|正確|所以|因此|故))[\W_]*$",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"^\W*(?:step\s*)?\d{1,2}[.):]\W*$", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:no|not|any|without|an|each|every)[\W_]*$", re.IGNORECASE)
_LEAD_IN = re.compile(
    r"""[\s*_]*(?:(?:so|thus|therefore|hence),?\s+)?(?:the\s+|my\s+)?(?:(?:final|correct|best|right)\s+)?
    (?:answer|option|choice|result|solution|value)(?:\s+(?:is|would\ be|should\ be|must\ be)\b\s*:?|\s*:)\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_PLACEHOLDER = re.compile(
    r"""[XY] | [$]?LETTER | <[a-z][a-z ,/'-]{2,60}> | \{[a-z_ ]*\} | [._]{3,} | … | X,\ where\ .* | the\ letter.*
    | (?:the|your)\ (?:option\ )?(?:letter|answer)\b.*
    | \[(?:your|the|final|option|correct|insert)?[ ]?(?:answer|letter|option|number|value|choice)[^\]]*\]""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_SENTENCE = re.compile(
    r"""(?<!wrong\ )(?<!other\ )\b(?:answer|(?:correct|right|best|closest|final)\s{1,4}(?:option|choice|one))
        (?:\s{1,4}choice|\s{1,4}to\s[^.\n]{1,80}?)?
        \s{1,4}(?:is|would\ be|should\ be|must\ be|will\ be)\b(?!\s+(?:not|correct|right|wrong|incorrect)\b)
    | 答案(?:应该|應該)?[是为為]""",
    re.IGNORECASE | re.VERBOSE,
)
_REASON = re.compile(r"(?<=[^\s.])[.]\s+(?=[A-Z(])|,?\s+(?:because|since|as\ shown|based\ on|according\ to)\b")
# A line with nothing on it but what an answer is about to be wrapped in.
_NOTHING = re.compile(r"(?:[\s*_~#>|:}=]|\\text\{)*")
_OPENED = re.compile(r"(?:\\\[|\\\(|\$|```\w*|\\boxed\{|\{|<answer>|[*_]|\s)*", re.IGNORECASE)
_TAG = re.compile(r"<(?:final[_-]?)?answer>", re.IGNORECASE)
_NOT_ALONE_BEFORE = re.compile(r"\b(?:or|and|not)[\s$\\(\[]*$", re.IGNORECASE)
_NOT_ALONE_BEHIND = re.compile(r"^[\s$\\)\]]*(?:(?:or|and)\b|[,/&][\s$\\(\[]*\\boxed)", re.IGNORECASE)
# Markers that nothing readable follows are passed over, but not without end.
_MOST_MARKERS = 50
_LONGEST_SENTENCE = 300


def last_boxed(text: str) -> str | None:
    r"""The content of the last ``\boxed{}`` whose braces close; ``None`` if there is none."""
    box = _last_box(text)
    return None if box is None else text[slice(*box)].strip()


def _last_box(text: str) -> tuple[int, int] | None:
    end = len(text)
    while (start := text.rfind("\\boxed{", 0, end)) >= 0:
        stop = closing_brace(text, start + 7, end)
        if stop is not None:
            return start + 7, stop
        # Never past the box before: ten thousand boxes that do not close are still read in one pass.
        end = start
    return None


def read_form(reply: str, form: AnswerForm) -> str | None:
    r"""The answer as it stands in the form asked for: behind the last marker, in ``<answer>``, or boxed.

    Returns:
        The answer, tidied; ``None`` if the reply does not keep to the form.
    """
    marked = next(_marked(reply, form.marker), None) if form.marker else None
    tagged = _tagged(reply)
    found = max((one for one in (marked, tagged) if one), default=None)
    box = _last_box(reply)
    if box and (found is None or box[0] > found[0]) and not (found and _is_part(reply, box, found)):
        return tidy(reply[slice(*box)]) or None
    return found and found[1]


def _is_part(reply: str, box: tuple[int, int], found: tuple[int, str]) -> bool:
    """Whether a box is one of several parts of a line: "A or B", each boxed, is not B."""
    start = max(reply.rfind("\n", 0, box[0]) + 1, found[0])
    stop = reply.find("\n", box[1])
    before = reply[start : box[0] - 7][-LONGEST_ANSWER:]
    behind = reply[box[1] + 1 : stop if stop >= 0 else len(reply)][:LONGEST_ANSWER]
    return bool(_NOT_ALONE_BEFORE.search(before) or _NOT_ALONE_BEHIND.match(behind))


def _tagged(reply: str) -> tuple[int, str] | None:
    opened = None
    for tag in _TAG.finditer(reply):
        opened = tag
    if opened is None:
        return None
    content = reply[opened.end() : opened.end() + LONGEST_ANSWER].partition("</")[0]
    answer = tidy(_out_of_sentence(content))
    return (opened.end(), answer) if answer else None


def _marked(reply: str, marker: str) -> Iterator[tuple[int, str]]:
    """The answers behind markers, with their places, the last one first."""
    pattern = _marker_pattern(marker)
    dummies = []
    for match in reversed(deque(pattern.finditer(reply), maxlen=_MOST_MARKERS)):
        if not _marks(reply, match):
            continue
        answer = _answer_behind(reply, match)
        if _PLACEHOLDER.fullmatch(answer):
            # An instruction that is repeated, unless there is no other answer, and the gold may be "X".
            dummies.append((match.end(), answer))
        elif answer:
            yield match.end(), answer
    yield from ((place, answer) for place, answer in dummies if len(answer) == 1)


@lru_cache(maxsize=16)
def _marker_pattern(marker: str) -> re.Pattern[str]:
    stem = marker.strip().rstrip(" :=>-\N{EN DASH}\N{EM DASH}\N{FULLWIDTH COLON}")
    stems = _STEMS if stem.casefold() == "answer" else re.escape(stem or marker.strip())
    return re.compile(
        rf"""(?<![^\W_])(?:{stems})(?:[ _-]?(?:letter|choice|option|index|key)\b)?
        (?P<dress>(?:[*_`~"'\N{{RIGHT DOUBLE QUOTATION MARK}} \t\}}\]]|\\\)|\([^()\n]{{1,40}}\)|</?\w{{1,10}}>){{0,9}}?)
        (?: (?:[ ]*\b(?:is|are|would\ be|should\ be)\b)?[*_ \t]*
            (?P<separator>[:\N{{FULLWIDTH COLON}}→⇒是为為]|=>?|->)
          | (?P<loose>[ \t](?:-|\N{{EN DASH}}|\N{{EM DASH}})(?=[ \t])|\|)
          | (?P<heading>[ \t*_#:.~\}}]*(?=\r?\n))
          | (?P<letter>(?=[ \t]+[*_(\[$`"]{{0,4}}[A-Z][*_)\]$`".]{{0,5}}[ \t]*(?:\n|\Z)))
        )""",
        re.IGNORECASE | re.VERBOSE,
    )


def _marks(reply: str, match: re.Match[str]) -> bool:
    """Whether a word is the marker: "I gave no answer: sorry" is a sentence, "So the final answer: 4" the form."""
    start = match.start()
    before = reply[max(reply.rfind("\n", max(start - 80, 0), start) + 1, start - 80) : start]
    alone = not any(sign.isalnum() for sign in before) or bool(_NUMBERING.match(before))
    if match["loose"]:
        return alone
    if _DENIED.search(before):
        return False
    in_front = alone or bool(_IN_FRONT.search(before))
    if match["separator"] is None:
        return in_front and (match["letter"] is not None or _opens_line(before))
    return in_front or match.group()[0].isupper()


def _opens_line(before: str) -> bool:
    words = re.findall(r"\w+", before)
    return len(words) <= 3 and all(_IN_FRONT.search(word) or word.isdigit() for word in words)


def _answer_behind(reply: str, match: re.Match[str]) -> str:
    quote = reply[match.start() - 1 : match.start()]
    if '"' in match["dress"]:
        value = _json_value(reply[match.end() : match.end() + LONGEST_ANSWER])
        if value is not None:
            return tidy(value)
    content = _content(reply, match.end())
    if quote in {'"', "\N{LEFT DOUBLE QUOTATION MARK}", "`"} and quote:
        content = re.split('["\N{RIGHT DOUBLE QUOTATION MARK}`]', content, maxsplit=1)[0] or content
    return tidy(_out_of_sentence(content))


def _out_of_sentence(content: str) -> str:
    """What is left of "The answer is C." and its like."""
    lead_in = _LEAD_IN.match(content)
    return content[lead_in.end() :] if lead_in and content[lead_in.end() :].strip(" *_.") else content


def _content(reply: str, start: int) -> str:
    """What stands behind a marker: the rest of its line, or what is below it where that holds nothing."""
    content = ""
    for line in reply[start : start + LONGEST_ANSWER + 100].split("\n")[:12]:
        if not content and _NOTHING.fullmatch(line):
            continue
        content = f"{content}\n{line.strip()}".strip()
        if not _OPENED.fullmatch(content):
            break
    return content


def _json_value(text: str) -> str | None:
    """A value of JSON as it was written; backslashes are mostly LaTeX's, and what JSON makes of those is not meant."""
    value = re.match(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\[[^\[\]\n]*\])|([^\s",}\]]+))', text, re.DOTALL)
    if value is None:
        return None
    written = next(group for group in value.groups() if group is not None)
    return re.sub(r'\\([\\"/])', r"\1", written)


def read_sentence(reply: str, *, anywhere: bool = False) -> str | None:
    """The answer of the last sentence that says one outright, as "So the answer is 30." does.

    Args:
        reply: The reply.
        anywhere: Whether the sentence may stand before the last line: for letters, which cannot be mistaken.

    Returns:
        The answer, tidied; ``None`` if no sentence says one.
    """
    start = 0 if anywhere else reply.rstrip().rfind("\n") + 1
    last = None
    for match in _SENTENCE.finditer(reply, start):
        last = match
    if last is None:
        return None
    content = _content(reply, last.end())[:_LONGEST_SENTENCE].partition("\n")[0]
    return tidy(content if anywhere else _REASON.split(content, maxsplit=1)[0]).lstrip(": ") or None
