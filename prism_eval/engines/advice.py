"""What to do about a request that a server refuses, read off its words: which option of ours mends it."""

from __future__ import annotations

import re

# As vLLM, SGLang, llama.cpp, Ollama, LM Studio, OpenAI, OpenRouter, DeepSeek, Mistral and Groq say that a model is one
# of text. A refusal of one image's format or size is another thing.
_NO_IMAGES = re.compile(
    r"not an? (?:multi-?modal|vision) model"
    r"|at most 0 image"
    r"|image_url\W? (?:is|are) only supported"
    r"|image input (?:is not|isn't) (?:supported|enabled)"
    r"|(?:not|n't) (?:support|accept|process|handle|take) (?:image|vision|visual|multi-?modal)"
    r"(?:s|_url|[ -]inputs?|[ -]content)?\b(?! (?:of|format|type|size|larger|with|in)\b)"
    r"|endpoints found that support image"
    r"|unknown variant .?image_url"
    r"|content\W{0,3} must be a string"
    r"|mmproj"
    r"|missing data required for image",
    re.IGNORECASE,
)
_NOT_TAKEN = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|unexpected|extra (?:inputs|fields)|not permitted|not allowed"
    r"|deprecated|cannot both be|only the default|may only be|only \S+ is allowed",
    re.IGNORECASE,
)
# As TGI and DashScope say it of what greedy sampling sends: 0, and 1.
_OUT_OF_RANGE = re.compile(
    r"must be|has to be|should be|strictly positive|out of range|range of|invalid value|is not valid|not in range",
    re.IGNORECASE,
)
_ADVICE = {
    # The longer name first: one stands in the other's place in the same sentence.
    "max_completion_tokens": "limit_name=max_tokens",
    "max_tokens": "limit_name=max_completion_tokens",
    # Where two cannot both be sent, the protocol's greedy temperature is the one that matters.
    "top_p": "top_p=none",
    "temperature": "temperature=none",
    "seed": "seed=none",
    "structured_outputs": "structured=none",
}


def takes_no_images(said: str) -> bool:
    """Whether a server says that the model reads text alone."""
    return _NO_IMAGES.search(said) is not None


def option_against(said: str, *, limit_name: str | None) -> str:
    """The option that leaves out, or renames, the parameter a server refuses; empty if it refuses none that we know.

    Args:
        said: The server's words.
        limit_name: What it was told that the bound on tokens is called.
    """
    if not (_NOT_TAKEN.search(said) or _OUT_OF_RANGE.search(said)):
        return ""
    # What the message proposes in place of the bound is named as well: only what was sent can be refused. Under another
    # name it would be as large.
    bound = limit_name if _NOT_TAKEN.search(said) else None
    names = [name for name in _ADVICE if "token" not in name or name == bound]
    return next((_ADVICE[name] for name in names if re.search(rf"\b{name}\b", said)), "")
