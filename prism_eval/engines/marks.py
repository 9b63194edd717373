"""Marks in a text that a model's tokenizer may take for control tokens, and what it is asked about them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from prism_eval.engines.body import Body
from prism_eval.engines.replies import object_of

_MARK = re.compile(r"<[^<>\s]{1,60}>|\[[^\[\]\s]{2,60}\]")
_MOST = 64
"""Marks of one text that are asked about: a table in HTML has few different ones."""
# Some tokenizers have a token for each of these beside their control tokens, and a caption may well be a table.
_HTML = re.compile(
    r"</?(?:a|b|blockquote|br|caption|code|div|em|h[1-6]|hr|i|img|li|ol|p|pre|small|span|strong|sub|sup|table|tbody|td"
    r"|tfoot|th|thead|tr|u|ul)/?>",
    re.IGNORECASE,
)


def marks_in(text: str) -> tuple[str, ...]:
    """What looks like a control token, each once; HTML's own marks do not."""
    # Text by the megabyte is looked through to its end only where there is something to find.
    if "<" not in text and "[" not in text:
        return ()
    found = dict.fromkeys(mark for mark in _MARK.findall(text) if not _HTML.fullmatch(mark))
    return tuple(found)[:_MOST]


def tokenize_body(mark: str, *, model: str, special: bool = True) -> Body:
    """The body that asks a server how it cuts a mark, in the words of vLLM and SGLang and in those of llama.cpp.

    Args:
        mark: The mark.
        model: The model's name there.
        special: Whether llama.cpp is to see control tokens; the others always do.
    """
    said = {
        "model": model,
        "prompt": mark,
        "add_special_tokens": False,
        "content": mark,
        "add_special": False,
        "parse_special": special,
    }
    return Body((json.dumps(said).encode("ascii"),))


def cut(reply: bytes) -> tuple[list[Any], bool] | None:
    """The tokens that a reply to `tokenize_body` names, and whether it is a server that cannot be told to see none.

    ``None`` where it is no such reply.
    """
    said: Mapping[str, object] = object_of(reply) or {}
    tokens = said.get("tokens")
    return (tokens, "count" in said) if isinstance(tokens, list) else None


def control_tokens_of(tokenizer: Any) -> frozenset[str]:
    """The control tokens of a tokenizer of this process, one of transformers' or one that is asked in its words."""
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    told = {*map(str, tokenizer.all_special_tokens), *(str(token) for token in added if token.special)}
    return frozenset(token for token in told if len(token) > 1 and not any(map(str.isspace, token)))


def held(tokens: Collection[str], text: str) -> frozenset[str]:
    """Those of the tokens that a text holds."""
    first = {token[0] for token in tokens}
    # Most captions hold no character that one of them begins with.
    return frozenset(token for token in tokens if token in text) if not first.isdisjoint(text) else frozenset()
