"""Log-likelihoods of given continuations, from a model that is made to write them.

llama.cpp gives no log-probabilities of a prompt's tokens, but those of the tokens that it writes, by the model's own
odds and before anything bends them. So each continuation is written under a grammar that allows no other tokens. What
all of them begin with stands in the prompt, and is read once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from prism_eval.engines.body import Body
from prism_eval.errors import PermanentError
from prism_eval.schema import utf8


def tokens_body(text: str) -> Body:
    """The body that asks for a text's tokens.

    The marks of a beginning that the model is used to are among them; what looks like one in the text is text.
    """
    return _body({"content": utf8(text), "add_special": True, "parse_special": False})


def forced_body(prompt: Sequence[int], tokens: Sequence[int], slot: int) -> Body:
    """The body that lets the model write given tokens behind others, and asks how likely each of them was."""
    grammar = f"root ::= {' '.join(f'<[{token}]>' for token in tokens)}"
    how = {"grammar": grammar, "n_predict": len(tokens), "n_probs": 1, "temperature": 0.0, "samplers": ["temperature"]}
    return _body({"prompt": list(prompt), "id_slot": slot, "cache_prompt": True, **how})


def likelihood_of(reply: Mapping[str, object], tokens: Sequence[int], *, where: str) -> float:
    """The sum of the log-probabilities of the tokens that a model was made to write.

    Raises:
        PermanentError: It wrote others, as where one of them ends a text.
    """
    written = reply.get("completion_probabilities")
    told = [one for one in written if isinstance(one, dict)] if isinstance(written, list) else []
    if [one.get("id") for one in told] != list(tokens):
        raise PermanentError(f"{where}: cannot be made to write one of the options, so they cannot be ranked")
    return math.fsum(float(one["logprob"]) for one in told)


def _body(said: Mapping[str, object]) -> Body:
    return Body((json.dumps(said).encode("ascii"),))
