"""How models say that they do not know, or will not say."""

from __future__ import annotations

import re

from prism_eval.scoring.tidying import folded, tidy

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
# Answers that shut a question: nothing is said with them but that, so that what follows is a reason.
_CLOSED = re.compile(
    r"""(?:(?:(?:the|this|that)\ (?:question|answer)|it|this)\ (?:is\ )?(?=\w+able|not\ |cannot|can't|can\ not|un))?
    (?P<word>
        (?P<none>not\ applicable|unanswer(?:able|abe)|not\ answerable|n\s?/\s?a|n\.a\.|unknown|not\ available|no\ answer
          |undetermined|(?:cannot|can\ not|can't)\ be\ (?:determined|answered)
          |(?:not\ enough|insufficient)\ information)
        | none | no | yes | true | false)
    (?:[.!]?\s*$ | [.,;:!](?=\s) | \s*[(\u2013\u2014] | \s-\s | \s*\n
      | \s+(?=(?:because|since|as|from|based|given|due)\b))""",
    re.IGNORECASE | re.VERBOSE,
)
_DENIED = re.compile(
    r"(?:it |this )?(?:is |are |was )?(?:not|isn['\u2019]t|aren['\u2019]t|never)\s+(?:an? |the )?", re.IGNORECASE
)
_EITHER_OR = re.compile(
    r"yes\s?/\s?no|yes and no|(?:either\s+)?\S+(?:\s\S+){0,2}?,?\s+or\s+\S+(?:\s\S+){0,2}", re.IGNORECASE
)
_SEVERAL_NUMBERS = re.compile(
    r"""[^\d=]{0,20}\d[\d.,]*[%?]?
        (?:\s*[-\u2013/;?&|]\s*|,\s+|\s+(?:(?:to|and|through|vs\.?|minus)\s+)?|\s*\(or\s+)\d[\d.,]*[^\d=]{0,20}
    | (?:.{0,20}\s)?(?:not|isn't|(?:more|less|fewer|greater)\ than|at\ (?:least|most)|above|below|over|under|up\ to)
        \s[^a-z=]{0,3}\d.{0,20}
    | .{0,9}[<>\u2264\u2265]\s*\d.{0,20}""",
    re.IGNORECASE | re.VERBOSE,
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
    shut = _CLOSED.match(tidy(text)) if len(text) <= _SHORT_REPLY else None
    if shut and shut["none"]:
        return True
    last = _spelled_out(tidy(text[-_SHORT_REPLY:].rpartition("\n")[2]))
    if last.startswith(_spelled_out(phrase)):
        return True
    said = _ABSTENTION.match(last) if len(text) <= _SHORT_REPLY else None
    return said is not None and not _HEDGE.search(last, said.end())


def closed_word(text: str) -> str | None:
    """The word that a text says alone or gives reasons for: "Not Applicable", "Unanswerable", "None", "No", "Yes".

    Returns:
        The word as it was written; ``None`` if the text opens with no such word, or says more than its reasons.
    """
    shut = _CLOSED.match(text.strip())
    return shut["word"] if shut else None


def is_shut(gold: str) -> bool:
    """Whether a gold answer is such a word and nothing else."""
    word = closed_word(gold)
    return word is not None and folded(word) == folded(tidy(gold))


def is_either_or(text: str) -> bool:
    """Whether an answer is two of a few words each, to choose from: "14 or 15", "either red or dark blue"."""
    either_or = _EITHER_OR.fullmatch(text[:_SHORT_REPLY])
    return either_or is not None and "more or less" not in text.casefold()


def denial(text: str) -> str | None:
    """What an answer says that it is not, as "not Saudi Arabia" does; ``None`` if it denies nothing."""
    denied = _DENIED.match(text)
    return text[denied.end() :] if denied else None


def is_no_number(text: str) -> bool:
    """Whether a short answer holds numbers, but is none of them: "14-15", "14 and 15", "not 14", "at least 14"."""
    return len(text) <= _SHORT_REPLY and _SEVERAL_NUMBERS.fullmatch(text) is not None


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
