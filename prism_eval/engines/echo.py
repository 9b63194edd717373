"""Log-likelihoods out of the completions API: texts go in as prompts and come back with each token's log-probability.

Source: the "Create completion" reference of the OpenAI API (``echo`` and ``logprobs``), as vLLM and SGLang serve it.
Pure functions.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Sequence
from itertools import takewhile

from prism_eval.engines.body import Body
from prism_eval.engines.replies import whole
from prism_eval.errors import PermanentError, TransientError

Echo = list[tuple[str, float | None]]
"""Tokens, each with its log-probability; ``None`` where there is none."""

TRIAL = ("One and two and", "One and two or")
"""Texts that every tokenizer gives back as they were: what a server makes of them holds for all that it serves."""

_PART_OF_CHARACTER = re.compile("\N{REPLACEMENT CHARACTER}|<0x[0-9A-F]{2}>")


def echo_body(texts: Sequence[str], *, model: str) -> Body:
    """The JSON body that asks for the texts to be echoed with log-probabilities.

    One token is generated behind each text, because some servers refuse to generate none.
    """
    settings = {"max_tokens": 1, "temperature": 0.0, "logprobs": 1, "echo": True}
    return Body((json.dumps({"model": model, "prompt": list(texts), **settings}).encode("ascii"),))


def log_likelihoods_of(body: bytes, texts: Sequence[str], *, where: str) -> list[float]:
    """The log-likelihood of each text less that of the tokens which all of them begin with.

    Tokens are compared rather than cut at a character: where the last character of a shared beginning and the first
    of what follows are one token, that token differs between the texts and is counted.

    Args:
        body: The server's reply to `echo_body`.
        texts: The texts that were sent.
        where: Opens the messages.

    Raises:
        TransientError: The reply is not a whole completion.
        PermanentError: The server does not echo log-probabilities, or not those of the texts' tokens.
    """
    reply = whole(body, where=where)
    choices = _in_order(reply.get("choices"), len(texts))
    if choices is None:
        raise TransientError(f"{where}: the reply has no completion for each of {len(texts)} texts")
    echoes = [_echo(choice, where) for choice in choices]
    generated = _generated(reply.get("usage"), echoes)
    if generated is None:
        raise _useless(where, "as many tokens as the texts have")
    cut = [echo[: len(echo) - generated] for echo in echoes]
    for text, echo in zip(texts, cut, strict=True):
        _check(text, echo, where)
    shared = _shared(cut)
    return [math.fsum(value for _, value in echo[shared:] if value is not None) for echo in cut]


def _in_order(choices: object, count: int) -> list[dict[str, object]] | None:
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        return None
    # As text, because what a server calls an index may be anything, a list even.
    by_index = {str(choice.get("index", place)): choice for place, choice in enumerate(choices)}
    # A place that is missing or named twice would score one option by another's text.
    wanted = [str(place) for place in range(count)]
    return [by_index[place] for place in wanted] if by_index.keys() == set(wanted) else None


def _echo(choice: dict[str, object], where: str) -> Echo:
    match choice.get("logprobs"):
        case {"tokens": list(tokens), "token_logprobs": list(values)} if len(tokens) == len(values):
            return [(str(token), _number(value)) for token, value in zip(tokens, values, strict=True)]
        case _:
            raise _useless(where, "log-probabilities at all")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _generated(usage: object, echoes: Sequence[Echo]) -> int | None:
    """How many tokens at each echo's end were generated: 1, or 0 where a server leaves them out; else ``None``."""
    prompt_tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    listed = sum(map(len, echoes))
    beyond = {listed - len(echoes): 1, listed: 0}
    return beyond.get(prompt_tokens) if isinstance(prompt_tokens, int) else None


def _check(text: str, echo: Echo, where: str) -> None:
    """Make sure that the tokens spell the text and that each but the first has the log-probability of its own.

    Nothing stands before the first token, so a server that gives it a log-probability has shifted them all.
    """
    if not echo or echo[0][1] is not None:
        raise _useless(where, "log-probabilities that stand at their tokens (they are shifted by one)")
    if any(value is None for _, value in echo[1:]):
        raise _useless(where, "a log-probability for every token")
    tokens = [token for token, _ in echo]
    # The first token may be the model's own mark of a beginning.
    spelt = {_squeezed("".join(tokens)), _squeezed("".join(tokens[1:]))}
    if _squeezed(text) not in spelt and not any(map(_PART_OF_CHARACTER.search, tokens)):
        raise _useless(where, "the tokens that were sent (they are shifted by one)")


def _squeezed(text: str) -> str:
    """What tokenizers leave of a text: they compose characters or take their plain forms, and drop invisible ones.

    Servers decode the tokens of some models without the blanks between them, and U+FFFD as no text at all.
    """
    plain = unicodedata.normalize("NFKC", text.replace("\N{LOWER ONE EIGHTH BLOCK}", " "))
    return "".join(one for one in plain if one.isprintable() and one not in " \N{REPLACEMENT CHARACTER}")


def _shared(echoes: Sequence[Echo]) -> int:
    """How many tokens all echoes surely begin with.

    Parts of characters are spelt alike whatever their bytes are: as replacement characters, behind which nothing is
    sure, or as nothing at all until the character is whole.
    """
    columns = zip(*([token for token, _ in echo] for echo in echoes), strict=False)
    alike = takewhile(lambda tokens: len(set(tokens)) == 1 and not _PART_OF_CHARACTER.search(tokens[0]), columns)
    spelt = [tokens[0] for tokens in alike]
    while spelt and not spelt[-1]:
        spelt.pop()
    return len(spelt)


def _useless(where: str, lacking: str) -> PermanentError:
    return PermanentError(f"{where}: its echo does not give {lacking}")
