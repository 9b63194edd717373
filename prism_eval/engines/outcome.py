"""Errors of a server that say how one request ended, and nothing of the server, the key or the load."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from prism_eval.engines.context import no_room, overrun, ran_out
from prism_eval.engines.http import Reply
from prism_eval.engines.moderation import filtered_side
from prism_eval.engines.refusal import is_busy
from prism_eval.engines.replies import error_of
from prism_eval.errors import CallError, ContextExceeded, RequestFiltered

# Whatever is said with these is about the key, the address or the load.
_NEVER = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS})


def outcome_of(
    reply: Reply, *, where: str, asked: int | None, size: int | None, quote: Callable[[str], str]
) -> CallError | None:
    """The error that a reply stands for, if it is an outcome of its request; ``None`` for every other error.

    Args:
        reply: An error reply.
        where: The server, for a message about all of its requests.
        asked: The bound on tokens that was asked for; ``None`` for none.
        size: The server's context in tokens, where it is known.
        quote: Makes the server's words fit to be quoted.
    """
    message, code = error_of(reply.body)
    if reply.status in _NEVER or is_busy(code, message):
        return None
    if side := filtered_side(message, code):
        return RequestFiltered(f"the {side} was filtered: {quote(message) or code}")
    over = overrun(message, code)
    if over is None:
        return None
    size = over.size or size
    if size and asked and asked >= size:
        return no_room(where, asked, size)
    return ContextExceeded(ran_out(size))
