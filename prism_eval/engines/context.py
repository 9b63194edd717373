"""Whether a server refused a request because it, or the reply asked for, is too long for the model's context.

The words are those of vLLM, SGLang, llama.cpp, TGI, TensorRT-LLM, LM Studio, OpenAI, Gemini, Anthropic, Mistral, xAI,
Fireworks, Bedrock, DashScope and Moonshot; there is no standard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prism_eval.errors import FatalError

_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error", "context_window_exceeded"})
_TOO_LONG = re.compile(
    r"context (?:length|size|window|limit|the overflows)|max_model_len|maximum model length"
    r"|maximum (?:allowed |prompt |input |supported )+(?:token )?length|number of tokens allowed|token limit"
    r"|(?:prompt|input|inputs|messages?|request) (?:is|are|was) too long|input length exceeds|too many tokens"
    r"|`?inputs`? (?:tokens|must have)|sum of prompt length|range of input length"
    r"|input tokens exceed|tokens is too large|supports at most [\d,]+ .{0,20}tokens",
    re.IGNORECASE | re.DOTALL,
)
# A quota of tokens a minute is met by waiting.
_A_QUOTA = re.compile(r"per (?:minute|hour|day|month)|\bTP[MD]\b|rate limit|quota", re.IGNORECASE)
_NUMBER = r"(\d[\d,]*)"
# The surest first: a message gives the request's size as well, and it is the larger.
_SIZES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:max_model_len|max_num_tokens)\D{{0,3}}{_NUMBER}",
        rf"(?:\d|tokens) > {_NUMBER}",
        rf"<= ?{_NUMBER}",
        rf"(?:context (?:length|size|window)|model length|prompt length is|allowed length)\D{{0,40}}?{_NUMBER}",
        rf"{_NUMBER} maximum context",
        rf"(?:tokens allowed|token limit|configured limit|less than|at most|cannot exceed)\D{{0,12}}{_NUMBER}",
        rf"should be \[\d+, ?{_NUMBER}\]",
    )
)


@dataclass(frozen=True, slots=True)
class Overrun:
    """A request that did not fit.

    Attributes:
        size: Tokens that would have fitted, prompt and reply together; ``None`` where the server does not say.
    """

    size: int | None


def overrun(message: str, code: str) -> Overrun | None:
    """What an error says of the context, by its message and its code; ``None`` if it is about something else."""
    said = message[:1000]
    if _A_QUOTA.search(said) or not (code in _CODES or _TOO_LONG.search(said)):
        return None
    found = next((match for size in _SIZES if (match := size.search(said))), None)
    return Overrun(int(found.group(1).replace(",", "")) if found else None)


def no_room(where: str, asked: int, size: int) -> FatalError:
    """The error for a bound on replies that leaves a context no room for any request."""
    served = "://" in where
    context = ran_out(size, whose="server" if served else "model")
    return FatalError(
        f"{where}: replies may have {asked} tokens, and {context} must hold what they reply to as well: give a smaller "
        "max_tokens (in the spec, as in ?max_tokens=512, or in a protocol file)"
        f"{', or start the server with a larger context' if served else ''}"
    )


def ran_out(size: int | None, *, whose: str = "server") -> str:
    """What people are told of a text that a context cut short."""
    return f"the {whose}'s context of {size} tokens" if size else f"the {whose}'s context"
