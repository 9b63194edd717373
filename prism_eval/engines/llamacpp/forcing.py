"""Log-likelihoods of given continuations, from a model that is made to write them.

llama.cpp gives no log-probabilities of a prompt's tokens, but those of the tokens that it writes, by the model's own
odds and before anything bends them. So it writes a continuation's tokens one by one, each made certain by a weight upon
it, and reads no more than one token each time. (A grammar would do it in one call, but allows no part of a character.)
Of a token that is only a part of a character it tells nothing: that one is looked up beside another's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from prism_eval.engines.body import Body
from prism_eval.schema import utf8

_CERTAIN = 1e4
"""What is added to a token's odds, as a logit."""
LISTED = 50_000
"""Tokens among which a part of a character is looked up."""


def tokens_body(text: str, *, special: bool = False) -> Body:
    """The body that asks for a text's tokens; the marks of a beginning that the model is used to are among them.

    Args:
        text: The text.
        special: Whether what looks like a control token in it is one, and not text.
    """
    return _body({"content": utf8(text), "add_special": True, "parse_special": special})


def forced_body(prompt: Sequence[int], token: int, slot: int, *, listed: int = 1) -> Body:
    """The body that lets the model write a token behind others.

    It asks how likely that was, and the likeliest tokens, as many as are to be ``listed``.
    """
    how = {"n_predict": 1, "n_probs": listed, "temperature": 0.0, "samplers": ["temperature"], "cache_prompt": True}
    return _body({"prompt": list(prompt), "id_slot": slot, "logit_bias": [[token, _CERTAIN]], **how})


def likelihood_of(reply: Mapping[str, object], token: int) -> float | None:
    """The log-probability that a reply gives a token, as the one that was written or another that is listed."""
    match reply.get("completion_probabilities"):
        case [{"top_logprobs": list(others)} as written]:
            told = (one for one in (written, *others) if isinstance(one, dict) and one.get("id") == token)
            return next((float(one["logprob"]) for one in told), None)
        case _:
            return None


def _body(said: Mapping[str, object]) -> Body:
    return Body((json.dumps(said).encode("ascii"),))
