"""What the replies of all JSON servers have in common: an object, or the reason why there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping

from prism_eval.errors import TransientError


def whole(body: bytes, *, where: str) -> dict[str, object]:
    """The JSON object in a reply.

    Raises:
        TransientError: There is none; ``where`` opens the message.
    """
    reply = object_of(body)
    if reply is None:
        raise TransientError(f"{where}: the reply is not valid JSON (cut short or malformed)")
    return reply


def object_of(body: bytes) -> dict[str, object] | None:
    """The JSON object in a reply; ``None`` if it holds none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        # RecursionError: a reply may be nothing but opening brackets.
        return None
    return value if isinstance(value, dict) else None


def error_of(body: bytes) -> tuple[str, str]:
    """The message and the code of an error reply, each empty if it gives none; a reply not JSON is its own message."""
    reply = object_of(body)
    if reply is None:
        # A gateway's error page can be long, and one line of it is quoted.
        return body[:4000].decode("utf-8", "replace"), ""
    # OpenAI wraps its errors, older versions of vLLM and FastAPI's own do not.
    error = reply.get("error", reply)
    if not isinstance(error, Mapping):
        return str(error), ""
    message = error.get("message") or error.get("detail") or ""
    return str(message), str(error.get("code") or error.get("type") or "")
