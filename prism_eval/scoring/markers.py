"""Where a reply has the marker that the protocol asked for: ``Answer:``, in whatever typography or language."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache

# Readers asked in English think, and now and then close, in another language.
_STEMS = (
    r"(?<![^\W_])(?:ans(?:wer)?|(?:correct|right|best|final|chosen|selected)[ ]+(?:option|choice|letter)"
    r"|antwort|antwoord|respuesta(?:[ ]correcta)?|r[ée]ponse|resposta|risposta|svar|jawaban|cevap|odpowied[zź]"
    r"|đáp[ ]án|câu[ ]trả[ ]lời|ответ|उत्तर)|答案|正解|答え|回答|答|정답|الإجابة"
)
# What every stem holds: looking for these costs a tenth of the patterns.
_HINTS = ("ans", "option", "choice", "letter", "antw", "resp", "rép", "rep", "risp", "svar", "jawab", "cevap", "odpow")
_HINTS_BEYOND_ASCII = ("đáp", "trả lời", "ответ", "उत्तर", "答", "正解", "정답", "الإجابة")
_IN_FRONT = re.compile(
    r"(?:^|[^\w\s,]|,\s*(?=$)|\b(?:so|thus|therefore|hence|and|then|now|the|my|our|your|final|correct|best|right|short|overall"
    r"|die|la|final|最终|最終|正确|正確|所以|因此|故))[\W_]*$",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"^\W*(?:step\s*)?\d{1,2}[.):]\W*$", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:no|not|any|without|an|each|every)[\W_]*$", re.IGNORECASE)
# Markers that nothing readable follows are passed over, but not without end.
_MOST_MARKERS = 50
_LONGEST_WORD = 20


def markers(reply: str, marker: str) -> Iterator[re.Match[str]]:
    """The places where a reply marks an answer, the last one first.

    Args:
        reply: The reply.
        marker: What the protocol asked for; of ``Answer:`` other wordings and languages are taken, too.
    """
    pattern = _pattern(marker)
    hints: tuple[str, ...] = (_stem(marker)[:1].lower(),)
    if _stem(marker).casefold() == "answer":
        hints = _HINTS if reply.isascii() else _HINTS + _HINTS_BEYOND_ASCII
    found = deque(pattern.finditer(reply, first_of(reply, hints)), maxlen=_MOST_MARKERS)
    return (match for match in reversed(found) if _marks(reply, match))


def first_of(reply: str, hints: Iterable[str]) -> int:
    """A place in front of the first of some words, which are in lower case; the reply's length if it has none."""
    lowered = reply.lower()
    found = [place for hint in hints if (place := lowered.find(hint)) >= 0]
    if not found:
        return len(reply)
    # Some letters grow when they are lowered, and then places are not the reply's.
    return max(min(found) - _LONGEST_WORD, 0) if len(lowered) == len(reply) else 0


def _stem(marker: str) -> str:
    marker = marker.strip()
    return marker.rstrip(" :=>-\N{EN DASH}\N{EM DASH}\N{FULLWIDTH COLON}") or marker


@lru_cache(maxsize=16)
def _pattern(marker: str) -> re.Pattern[str]:
    stem = _stem(marker)
    stems = _STEMS if stem.casefold() == "answer" else rf"(?<![^\W_]){re.escape(stem)}"
    return re.compile(
        rf"""(?:{stems})(?:[ _-]?(?:letter|choice|option|index|key)\b)?
        (?P<dress>(?:[*_`~"'\N{{RIGHT DOUBLE QUOTATION MARK}} \t\}}\]]|\\\)|\([^()\n]{{1,40}}\)
          |[ ]\[[^\[\]\n]{{1,40}}\](?=[ *]*:)|</?\w{{1,10}}>){{0,9}}?)
        (?: (?:[ ]*\b(?:is|are|would\ be|should\ be)\b)?[*_ \t]*
            (?P<separator>[:\N{{FULLWIDTH COLON}}→⇒】]|=>?|->)
          | (?P<loose>[ \t](?:-|\N{{EN DASH}}|\N{{EM DASH}})(?=[ \t])|\|)
          | (?P<heading>[ \t*_#:.~\}}]*(?=\r?\n))
          | (?P<letter>(?=[ \t.;,]+[*_(\[$`"]{{0,4}}[A-Z][*_)\]$`".]{{0,5}}[ \t]*(?:\n|\Z)))
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
