"""Whether a filter, and not a fault, is why a server gave no text: what it would not let in, or not let out.

There is no standard. The codes and words are those of OpenAI, Azure, OpenRouter, Gemini, Anthropic, xAI, DashScope,
Moonshot, DeepSeek, Zhipu, Volcengine, MiniMax, StepFun and Bedrock, as their references or their users report them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

Side = Literal["request", "reply"]

_FILTERED = re.compile(
    r"content[ _-]?(?:filter|polic|management polic|moderation|risk|exists risk|violat)"
    r"|content (?:that )?(?:is|was|has been) (?:not allowed|blocked|rejected|prohibited)|policy[ _]violation"
    r"|data[ _]?inspection|moderation|\bflagged\b|inappropriate|sensitive|prohibited[ _]?content|responsible[ _]?ai"
    r"|safety\b|safety_|guardrail|considered high risk|censor|nsfw|harmful|unsafe"
    r"|(?:disallowed|explicit|adult|sexual|illegal|violent|objectionable|offensive) (?:content|material|image)"
    r"|(?:usage|acceptable use|community) (?:polic|guideline)|violat\w{1,5} .{0,40}(?:polic|guideline|terms|rules)"
    r"|blocked by .{0,40}(?:filter|polic)|敏感|违规|不安全|安全审核",
    re.IGNORECASE,
)
# A person's account can be flagged as well, and a parameter be sensitive to case: neither says anything of the item.
_SOMETHING_ELSE = re.compile(
    r"your (?:account|organi[sz]ation|project|key)|api[ _-]?key|case[ -]?sensitive|sensitive to", re.IGNORECASE
)
_REPLY = re.compile(r"\boutput|generated content|completion[ _]?filter|model'?s? (?:response|reply)", re.IGNORECASE)
_ABOUT_THE_PROMPT = re.compile(r"prompt|\binput|you provided", re.IGNORECASE)
# Without the blanks and capitals in which servers differ. Gemini puts its own reason behind a colon.
_ENDS = re.compile(
    r"blocklist|censored|content(?:blocked|filter(?:ed)?)|datainspectionfailed|filtered|guardrail(?:s|intervened)"
    r"|imagesafety|moderat(?:ed|ion)|prohibitedcontent|recitation|refusal|safety|sensitive|spii"
)


def filtered_side(message: str, code: str) -> Side | None:
    """Which of the two a filter stopped, by the message and the code of an error; ``None`` if it was no filter."""
    # The first line or two: what follows can be the request, repeated.
    said = f"{code} {message[:500]}"
    if not _FILTERED.search(said) or _SOMETHING_ELSE.search(said):
        return None
    about_reply = _REPLY.search(said) and not _ABOUT_THE_PROMPT.search(message[:500])
    return "reply" if about_reply else "request"


def filters(finish_reason: str) -> bool:
    """Whether a finish reason says that the reply was filtered, or that the model would not write it."""
    word, _, _ = finish_reason.partition(":")
    return _ENDS.fullmatch(re.sub(r"[\s_-]", "", word).casefold()) is not None


def prompt_block(reply: Mapping[str, object]) -> str:
    """Why a reply without a fault holds no answer to its prompt: what the filter found in it; empty for nothing."""
    feedback = reply.get("promptFeedback") or reply.get("prompt_feedback")
    if isinstance(feedback, Mapping) and (feedback.get("blockReason") or feedback.get("block_reason")):
        return str(feedback.get("blockReason") or feedback.get("block_reason"))
    results = reply.get("prompt_filter_results") or reply.get("prompt_annotations")
    found = [category for one in _objects(results) for category in filtered_categories(one)]
    return ", ".join(found) or ("input_sensitive" if reply.get("input_sensitive") is True else "")


def filtered_categories(choice: Mapping[str, object]) -> list[str]:
    """What Azure's filter found in a choice or in a prompt, such as ``sexual (medium)``."""
    results = choice.get("content_filter_results") or choice.get("content_filter_result")
    if not isinstance(results, Mapping):
        return []
    return [
        f"{name} ({result['severity']})" if result.get("severity") else str(name)
        for name, result in results.items()
        if isinstance(result, Mapping) and result.get("filtered") is True
    ]


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, Mapping))
