r"""From a model's reply to the answer in it, by our own rule: the form the protocol asked for, in any typography.

An answer stands behind the marker (``**Answer**: 47``, a heading ``### Answer``, a key of JSON), in ``<answer>`` or in
a ``\boxed{}``; the last of these counts. `read_sentence` reads what stands in none of them, but is said outright.

Every function is linear in the reply's length: replies are untrusted and may be megabytes of braces.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from itertools import islice, takewhile

from prism_eval.schema import AnswerForm
from prism_eval.scoring.markers import first_of, markers
from prism_eval.scoring.tidying import LONGEST_ANSWER, closing_brace, tidy

_LEAD_IN = re.compile(
    r"""[\s*_]*(?:(?:so|thus|therefore|hence),?\s+)?(?:the\s+|my\s+)?(?:(?:final|correct|best|right)\s+)?
    (?:answer|option|choice|result|solution|value)(?:\s+(?:is|would\ be|should\ be|must\ be)\b\s*:?|\s*:)\s*
    | \s*(?:it|this)(?:\s+is|'s)\s+(?=[*_$(]*(?:[-+]?\d|\\|[B-Z]\b))""",
    re.IGNORECASE | re.VERBOSE,
)
_PLACEHOLDER = re.compile(
    r"""[XY] | [$]?LETTER | <[a-z][a-z ,/'-]{2,60}> | \{[a-z_ ]*\} | [._]{3,} | … | X,\ where\ .*
    | (?:the|your)\ (?:option\ )?(?:letter|answer)(?:\ (?:of|here|that|to|goes)\b.*)?
    | \[(?:your|the|final|option|correct|insert)?[ ]?(?:answer|letter|option|number|value|choice)[^\]]*\]""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_SENTENCE = re.compile(
    r"""(?<!wrong\ )(?<!other\ )\b(?:answer|(?:correct|right|best|closest|final)\s{1,4}(?:option|choice|one))
        (?:\s{1,4}choice|\s{1,4}to\s[^.\n]{1,80}?)?
        \s{1,4}(?:is|would\ be|should\ be|must\ be|will\ be)\b
        (?!\s+(?:correct|right|wrong|incorrect|not(?!\ (?:applicable|available|answerable|enough)\b))\b)(?:\ therefore)?
    | (?:答案|(?:正确|正確)(?:选项|選項))(?:应该|應該)?[是为為]
    | (?:答案|[故应應]|因此|所以|(?m:^))[,\uff0c]?\s?[选選](?:择|擇)?(?=\s*[(*]{0,3}[A-Z])
    | (?:正解|答え)は | 정답은
    | \b(?:antwort\ ist|respuesta(?:\ correcta)?\ es|r[ée]ponse\ est|risposta(?:\ corretta)?\ è|resposta(?:\ correta)?
      \ é|(?:câu\ trả\ lời|đáp\ án)(?:\ đúng)?\ là)(?:\s(?:la|a|l')(?=\s|\b))?(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_SAYING = (
    "answer",
    "antwort",
    "respuesta",
    "resposta",
    "réponse",
    "reponse",
    "risposta",
    "option",
    "choice",
    " one is",
)
_SAYING_BEYOND_ASCII = ("答案", "选", "選", "正解", "答え", "정답", "trả lời", "đáp án")
_COPULA = re.compile(r"(?:です|である|입니다|이다)$")
_BULLET = re.compile(r"\A\s*(?:>|\N{BULLET}|\d{1,2}[.)](?=\s+[(*]*[A-Za-z]\b))\s*")
_REASON = re.compile(r"(?<=[^\s.])[.]\s+(?=[A-Z(])|,?\s+(?:because|since|as\ shown|based\ on|according\ to)\b")
# A line with nothing on it but what an answer is about to be wrapped in.
_NOTHING = re.compile(r"(?:[\s*_~#>|:}=${]|\\[\[(]|```\w*|\\(?:text|boxed)\{|</?(?:\w{2,10}|[bipu])>)*", re.IGNORECASE)
_TAG = re.compile(
    r"<(?:final[_-]?)?(?:answer|ans|response|solution|conclusion)>|<final>|\[(?:final[_ -]?)?answer\]", re.IGNORECASE
)
_NOT_ALONE_BEFORE = re.compile(r"(?:\b(?:or|and|not)\s?\}?|\}[\s$\\)\]]{0,9}[,;/&])[\s$\\(\[]{0,9}$", re.IGNORECASE)
_NOT_ALONE_BEHIND = re.compile(
    r"""^[\s$\\)\]]{0,9}(?:(?:\\text\{\s?)?or\b
      | (?:(?:\\text\{\s?)?and\b[\s}]{0,2}|[,/&])[\s$\\(\[]{0,9}\\boxed\{[^{}]{0,99}\})""",
    re.IGNORECASE | re.VERBOSE,
)
_JOINS_TAGS = re.compile(r"</\w{1,20}>\s{0,9}(?:or|and|,|/|&)\s{0,9}$", re.IGNORECASE)
_NEXT_QUESTION = re.compile(r"\n\s{0,9}(?:#{1,4} ?)?(?:Question|Human|User|Instruction)\s?\d{0,3}:", re.IGNORECASE)
_SUM = re.compile(r"[-\d\s.,+*/()\u00d7\u00f7%$]{1,60}\s=\s(?=-?[$]?\d)")
_LAST_LINE = re.compile(
    r"""(?:\A|\n)[ \t]*(?: [#]{4}[ \t]+(?P<hashes>\S.*) | ```\w*\n(?P<fenced>[^`\n]+)\n```
      | (?P<mark>\*{1,3}|_{1,2}|\${1,2}|`)(?P<dressed>[^*_$`\n][^*\n]*)(?P=mark)\.? )\s*\Z""",
    re.VERBOSE,
)
_LISTED = re.compile(r"\s*(?:[-*\N{BULLET}]|\d{1,2}[.)])\s+(\S.*)")
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

    A model that goes on with a question of its own has given its answer before that.

    Returns:
        The answer, tidied; ``None`` if the reply does not keep to the form.
    """
    for question in islice(_NEXT_QUESTION.finditer(reply), 3):
        if found := _read_form(reply[: question.start()], form):
            return found
    return _read_form(reply, form)


def _read_form(reply: str, form: AnswerForm) -> str | None:
    marked = next(_marked(reply, form.marker), None) if form.marker else None
    tagged = _tagged(reply)
    found = max((one for one in (marked, tagged) if one), default=None)
    box = _last_box(reply)
    if box and (found is None or box[0] > found[0]):
        whole = _whole_of(reply, box)
        if whole is None:
            return tidy(reply[slice(*box)]) or None
        return found[1] if found else tidy(whole)
    return found and found[1]


def _whole_of(reply: str, box: tuple[int, int]) -> str | None:
    """The line that a box is one of several parts of, if it is: "A or B", each boxed, is not B."""
    start = max(reply.rfind("\n", 0, box[0]) + 1, box[0] - LONGEST_ANSWER)
    stop = reply.find("\n", box[1])
    stop = min(stop if stop >= 0 else len(reply), box[1] + LONGEST_ANSWER)
    before, behind = reply[start : box[0] - 7], reply[box[1] + 1 : stop]
    return reply[start:stop] if _NOT_ALONE_BEFORE.search(before) or _NOT_ALONE_BEHIND.match(behind) else None


def _tagged(reply: str) -> tuple[int, str] | None:
    tags = deque(_TAG.finditer(reply), maxlen=2)
    if not tags:
        return None
    opened = tags[-1]
    content = reply[opened.end() : opened.end() + LONGEST_ANSWER]
    content = re.split(r"</|\[/", content, maxsplit=1)[0]
    if len(tags) > 1 and _JOINS_TAGS.search(between := reply[tags[0].end() : opened.start()][-LONGEST_ANSWER:]):
        content = re.sub(r"</\w+>", "", between) + content
    answer = tidy(_out_of_sentence(content))
    return (opened.end(), answer) if answer else None


def _marked(reply: str, marker: str) -> Iterator[tuple[int, str]]:
    """The answers behind markers, with their places, the last one first."""
    dummies = []
    for match in markers(reply, marker):
        answer = _answer_behind(reply, match)
        if _PLACEHOLDER.fullmatch(answer):
            # An instruction that is repeated, unless there is no other answer, and the gold may be "X".
            dummies.append((match.end(), answer))
        elif answer:
            yield match.end(), answer
    yield from ((place, answer) for place, answer in dummies if len(answer) == 1)


def _answer_behind(reply: str, match: re.Match[str]) -> str:
    quote = reply[match.start() - 1 : match.start()]
    if '"' in match["dress"]:
        value = _json_value(reply[match.end() : match.end() + LONGEST_ANSWER])
        if value is not None:
            return tidy(value)
    content = _content(reply, match.end())
    if match["letter"] is not None:
        content = content.lstrip(" \t.;,")
    if quote in {'"', "\N{LEFT DOUBLE QUOTATION MARK}", "`"} and quote:
        content = re.split('["\N{RIGHT DOUBLE QUOTATION MARK}`]', content, maxsplit=1)[0] or content
    return tidy(_out_of_sentence(content))


def _out_of_sentence(content: str) -> str:
    """What is left of "The answer is C." and its like."""
    content = _BULLET.sub("", content)
    lead_in = _LEAD_IN.match(content)
    content = content[lead_in.end() :] if lead_in and content[lead_in.end() :].strip(" *_.") else content
    return _SUM.sub("", content, count=1) if _SUM.match(content) else content


def _content(reply: str, start: int) -> str:
    """What stands behind a marker: the rest of its line, or what is below it where that holds nothing."""
    lines = [
        line for line in reply[start : start + LONGEST_ANSWER + 100].split("\n")[:12] if not _NOTHING.fullmatch(line)
    ]
    # Of a list below the marker, each element is an answer.
    below = reply[start:].lstrip(" \t*")[:1] == "\n"
    listed = [element[1] for element in takewhile(bool, map(_LISTED.match, lines)) if element] if below else []
    return ", ".join(listed) if listed else next(iter(lines), "")


def _json_value(text: str) -> str | None:
    """A value of JSON as it was written; backslashes are mostly LaTeX's, and what JSON makes of those is not meant."""
    value = re.match(
        r'\s*(?:\{\s*"\w+"\s*:\s*)?(?:"((?:[^"\\]|\\.)*)"|(\[[^\[\]\n]*\])|([^\s",}\]]+))', text, re.DOTALL
    )
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
    hints = _SAYING if reply.isascii() else _SAYING + _SAYING_BEYOND_ASCII
    start = max(0 if anywhere else reply.rstrip().rfind("\n") + 1, first_of(reply, hints))
    last = None
    for match in _SENTENCE.finditer(reply, start):
        last = match
    if last is None:
        return None
    content = _content(reply, last.end())[:_LONGEST_SENTENCE]
    said = tidy(content if anywhere else _REASON.split(content, maxsplit=1)[0])
    return _COPULA.sub("", said).lstrip(": ") or None


def read_last_line(reply: str) -> str | None:
    """The answer that stands alone on the last line, set off from what is above it: ``**47**``, ``#### 47``.

    Returns:
        The answer, tidied; ``None`` if the last line is set like any other.
    """
    line = _LAST_LINE.search(reply[-_LONGEST_SENTENCE:])
    return tidy(line["hashes"] or line["fenced"] or line["dressed"]) or None if line else None
