"""What a server means by a status other than 200, where neither the model's name nor the key is the reason."""

from __future__ import annotations

import datetime as dt
import email.utils
import math
import time
from http import HTTPStatus

from prism_eval.engines.http import Reply
from prism_eval.errors import CallError, FatalError, PermanentError, RateLimited, TransientError

# OpenAI sends these with a 429, which otherwise says that waiting helps.
_OUT_OF_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_BROKEN = HTTPStatus.INTERNAL_SERVER_ERROR
# OpenAI's own client tries 408 and 409 again; 425 asks for it by name.
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})


def refusal(reply: Reply, *, code: str, where: str, said: str) -> CallError:
    """The error that a reply stands for.

    Args:
        reply: The reply.
        code: The error code in it.
        where: Opens the message.
        said: The server's own words, fit to be quoted.
    """
    if reply.status == HTTPStatus.PAYMENT_REQUIRED or code in _OUT_OF_CREDIT:
        return FatalError(f"{where}: the account is out of credit: {said}")
    # A gateway in front of a model that is still loading sends 503 and says when to come back.
    asks_to_wait = reply.status >= _BROKEN and "Retry-After" in reply.headers
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS or asks_to_wait:
        wait = retry_after_seconds(reply.headers.get("Retry-After"))
        return RateLimited(f"{where}: the server asks to slow down: {said}", retry_after=wait)
    if reply.status >= _BROKEN or reply.status in _PASSING:
        return TransientError(f"{where}: {said}")
    return PermanentError(f"{where}: {said}")


def retry_after_seconds(header: str | None, *, now: float | None = None) -> float | None:
    """Seconds to wait according to a ``Retry-After`` header (RFC 9110, section 10.2.3): a number or an HTTP date."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _seconds_until(header, time.time() if now is None else now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: float) -> float:
    try:
        moment = email.utils.parsedate_to_datetime(date)
    except ValueError:
        return math.nan
    # A date in "-0000" is read without a time zone; HTTP dates are in UTC.
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp() - now
