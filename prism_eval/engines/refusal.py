"""What a server means by an error, where neither the model's name nor the key is the reason."""

from __future__ import annotations

import re
from http import HTTPStatus

from prism_eval.engines.http import Reply
from prism_eval.engines.waits import wait_asked_for
from prism_eval.errors import CallError, FatalError, PermanentError, RateLimited, TransientError, Unavailable

# Of an account that no wait fills: OpenAI and Zhipu say so with a 429, Anthropic and Alibaba with a 400.
_CLOSED = re.compile(
    r"billing_hard_limit_reached|billing_not_active|credit balance is too low|Arrearage"
    r"|insufficient[ _-]?(?:balance|funds|credit)|余额不足|欠费",
    re.IGNORECASE,
)
# Said of a closed account, of an empty one, and by some hosts of any account that is asked too fast.
_QUOTA = re.compile(r"insufficient_quota|exceeded[ _](?:your[ _])?current[ _]quota", re.IGNORECASE)
_BROKEN = HTTPStatus.INTERNAL_SERVER_ERROR
# OpenAI's own client tries 408 and 409 again; 425 asks for it by name.
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})
# A gateway found nobody behind it; the last four are Cloudflare's.
_AWAY = frozenset({HTTPStatus.BAD_GATEWAY, 521, 522, 523, 530})
_OVERLOADED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, 529})  # the last is Anthropic's
# With a 503, which else is said by servers and gateways that have too much to do.
_NOT_READY = re.compile(
    r"loading|starting|warming|initiali[sz]ing|not ready|upstream|no (?:available|healthy)", re.IGNORECASE
)
# Google's, Alibaba's and some gateways' words under statuses of all kinds, 200 and 403 among them.
_BUSY = re.compile(
    r"RESOURCE_EXHAUSTED|rate[ _-]?limit|too many (?:concurrent )?requests|throttl|overloaded|at capacity"
    r"|capacity[ _]exceeded|(?:server|system|engine|service) is (?:too )?busy|限流|频率|频繁|繁忙|并发",
    re.IGNORECASE,
)
# OpenAI says so with a 429 of a request that alone is more than a minute may hold: no wait makes it smaller.
_TOO_LARGE = re.compile(r"request too large", re.IGNORECASE)


def refusal(reply: Reply, *, code: str, where: str, said: str) -> CallError:
    """The error that a reply stands for.

    Args:
        reply: The reply.
        code: The error code in it.
        where: Opens the message.
        said: The server's own words, fit to be quoted.
    """
    status = reply.status
    if status == HTTPStatus.PAYMENT_REQUIRED or _CLOSED.search(f"{code} {said}"):
        return FatalError(f"{where}: the account is out of credit: {said}")
    wait = wait_asked_for(reply.headers, said)
    # Who says when to come back has not closed the account.
    if wait is None and _QUOTA.search(f"{code} {said}"):
        return RateLimited(f"{where}: the account is out of credit or asked too fast: {said}", unproven=True)
    away = status in _AWAY or (status == HTTPStatus.SERVICE_UNAVAILABLE and _NOT_READY.search(said))
    # A gateway in front of a model that is still loading says when to come back.
    asks_to_wait = status >= _BROKEN and "Retry-After" in reply.headers
    busy = status in _OVERLOADED or asks_to_wait or is_busy(code, said)
    if away and not asks_to_wait:
        return Unavailable(f"{where}: {said}")
    if busy and not _TOO_LARGE.search(said):
        return RateLimited(f"{where}: the server asks to slow down: {said}", retry_after=wait)
    passing = status >= _BROKEN or status in _PASSING
    return (TransientError if passing else PermanentError)(f"{where}: {said}")


def is_busy(code: str, said: str) -> bool:
    """Whether an error's code or words say that the server is asked too much, whatever its status."""
    return bool(_BUSY.search(f"{code} {said}") or _QUOTA.search(code))
