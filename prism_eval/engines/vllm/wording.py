"""Our requests in vLLM's words, and its errors in ours."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from prism_eval.engines.advice import takes_no_images
from prism_eval.engines.context import overrun, ran_out
from prism_eval.engines.http import one_line
from prism_eval.errors import CallError, ContextExceeded, FatalError, PermanentError, RateLimited, TransientError
from prism_eval.schema import FinishReason, Image, Message, Sampling, utf8

_RULES: Mapping[str, float] = {
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
}
"""How tokens are picked where neither a request nor the model's own file says it, as vLLM's server has it."""
_NO_TEMPLATE = re.compile(
    r"chat template is no longer allowed|no chat template|must provide a chat template", re.IGNORECASE
)


def rules_of(sampling: Sampling, own: Mapping[str, float]) -> dict[str, float]:
    """How the model picks its tokens. What a request leaves open is as the model's own file has it, as on a server."""
    said = {name: value for name in _RULES if (value := getattr(sampling, name)) is not None}
    return {**_RULES, **{name: value for name, value in own.items() if name != "max_tokens"}, **said}


def left_open(sampling: Sampling) -> list[str]:
    """What of it is left to the model's own file, which is known where the model is loaded."""
    return [name for name in _RULES if getattr(sampling, name) is None]


def cut_by(read: int, *, most: int, context: int) -> tuple[FinishReason, str]:
    """What cut a text short that might have gone on, and a note: the bound on replies, or the end of the context.

    Args:
        read: Tokens of what it replied to.
        most: The bound.
        context: Tokens that both may have together.
    """
    if context - read < most:
        return FinishReason.CONTEXT, ran_out(context, whose="model")
    return FinishReason.LENGTH, ""


def message_of(message: Message) -> dict[str, object]:
    """A message as vLLM takes it, in the form that its server takes."""
    match message.parts:
        case (str(text),):
            return {"role": message.role, "content": utf8(text)}
        case parts:
            return {"role": message.role, "content": [_part(part) for part in parts]}


def is_death(error: Exception) -> bool:
    """Whether it says that vLLM's engine is no more: no call after this one can succeed."""
    return "EngineDeadError" in _kinds(error)


def trouble(error: Exception, *, name: str, context: int) -> CallError:
    """What an error of vLLM's means for the request that it befell."""
    if isinstance(error, CallError):
        return error
    said = f"{name}: {one_line(str(error)) or type(error).__name__}"
    kinds = _kinds(error)
    if "GracefulHTTPError" in kinds:
        return RateLimited(said)
    return TransientError(said) if "VLLMServerError" in kinds else _refusal(str(error), said, name, context)


def _kinds(error: Exception) -> set[str]:
    # By name, as `vllm.exceptions` has them: it need not be imported for that.
    return {kind.__name__ for kind in type(error).__mro__}


def _refusal(words: str, said: str, name: str, context: int) -> CallError:
    if overrun(words, ""):
        return ContextExceeded(ran_out(context, whose="model"))
    if takes_no_images(words):
        return FatalError(f"{name}: the model takes no images")
    if _NO_TEMPLATE.search(words):
        return FatalError(
            f"{name}: has no chat template, as models have that were not trained to reply; it can only rank options "
            "(by=rank)"
        )
    return PermanentError(said)


def _part(part: str | Image) -> dict[str, object]:
    if isinstance(part, str):
        return {"type": "text", "text": utf8(part)}
    # The bytes, as a server gets them, and not a decoded picture: whatever vLLM makes of them is the same.
    url = f"data:{part.media_type};base64,{base64.b64encode(part.data).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url}, "uuid": part.digest}
