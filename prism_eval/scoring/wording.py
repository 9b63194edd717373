"""How models say that they do not know, or will not say."""

from __future__ import annotations

import re

from prism_eval.scoring.extraction import folded, tidy

_CONTRACTIONS = (
    ("\N{RIGHT SINGLE QUOTATION MARK}", "'"),
    ("can't", "cannot"),
    ("cant ", "cannot "),  # with its blank: not "cantilever"
    ("can not", "cannot"),
    ("won't", "will not"),
    ("n't", " not"),
    ("i'm", "i am"),
)
_ABSTENTION = re.compile(
    r"""(?:(?:i\ am\ )?sorry,?\ (?:but\ )?)?
    (?:(?:the|this|that|a)\ (?:question|answer|caption|image|description)\ |i\ |we\ |it\ |there\ )?
    (?: (?:cannot|could\ not|(?:am\ |are\ |is\ )?(?:unable|not\ able|not\ possible|impossible)\ to)\ (?:be\ )?
            (?:answer|determine|tell|say|know|infer|conclude|identif)
      | do\ not\ know
      | (?:does|do)\ not\ (?:say|mention|state|specify|provide|contain|give|show|tell|include|describe)
      | (?:is\ |are\ )?not\ (?:stated|mentioned|specified|given|provided)
      | (?:is\ |has\ |provides\ |gives\ )?(?:insufficient|no|not\ enough)\ (?:information|detail|context)
    )""",
    re.VERBOSE,
)
_REFUSAL = re.compile(
    r"""(?:i\ am\ )?(?:very\ |so\ |really\ )?sorry\b | i\ apologi[sz]e\b | unfortunately\b
    | as\ an?\ (?:ai|artificial|large|language)\b
    | i\ (?:cannot|will\ not|must\ decline|am\ (?:unable|not\ able)\ to)\b""",
    re.VERBOSE,
)
_REFUSED_ACT = re.compile(r"\b(?:cannot|will not|unable to|not able to|decline to)\b")
# "The caption does not say, but it is likely B" is an answer.
_HEDGE = re.compile(r"\b(?:but|however|so|therefore|thus|likely|probably|best guess|answer is)\b")
# Longer replies reason: somewhere in them nearly always stands that the caption does not say this or that.
_SHORT_REPLY = 400


def is_abstention(text: str, phrase: str) -> bool:
    """Whether a text ends by saying that the question cannot be answered, in the protocol's phrase or near it.

    Args:
        text: An answer, or a whole reply; of a long one only the protocol's phrase on its last line counts.
        phrase: What the protocol told the reasoner to write.
    """
    text = text.strip()
    last = _spelled_out(tidy(text[-_SHORT_REPLY:].rpartition("\n")[2]))
    if last.startswith(_spelled_out(phrase)):
        return True
    said = _ABSTENTION.match(last) if len(text) <= _SHORT_REPLY else None
    return said is not None and not _HEDGE.search(last, said.end())


def is_refusal(text: str) -> bool:
    """Whether a reply declines to answer, such as "I'm sorry, I can't help with that"."""
    opening = _spelled_out(text.strip()[:_SHORT_REPLY])
    if not _REFUSAL.match(opening):
        return False
    act = _REFUSED_ACT.search(opening)
    return act is not None and not _HEDGE.search(opening, act.end())


def _spelled_out(text: str) -> str:
    text = folded(text)
    for short, long in _CONTRACTIONS:
        text = text.replace(short, long)
    return text
