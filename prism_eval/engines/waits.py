"""How long a server asks to be left alone, in the many ways in which servers say so."""

from __future__ import annotations

import datetime as dt
import email.utils
import math
import re
import time
from collections.abc import Iterator, Mapping

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = r"\d+(?:\.\d+)?(?:ms|[dhms])"
# "Please try again in 1m30.5s." (OpenAI), "Please retry in 34.07s." (Gemini), "Please retry after 20 seconds" (Azure).
_IN_WORDS = re.compile(rf"\b(?:try again|retry)\s+(?:in|after)\s+((?:{_PART})+|\d+(?:\.\d+)?\s?s)", re.IGNORECASE)
_RESET = re.compile(r"rate-?limit-.*reset|rate-?limit-?reset", re.IGNORECASE)
_MOMENT, _MOMENT_IN_MS = 1e8, 1e11
"""Numbers beyond are moments, in seconds or milliseconds since 1970: no server asks for a wait of three years."""


def wait_asked_for(headers: Mapping[str, str], said: str, *, now: float | None = None) -> float | None:
    """Seconds that a server wants to be left alone; ``None`` if it does not say.

    Args:
        headers: Its reply's: ``Retry-After`` (RFC 9110, section 10.2.3), ``retry-after-ms``, or the
            ``x-ratelimit-reset-requests`` and suchlike of most hosts.
        said: Its message, where Gemini's and OpenAI's wait stands as well.
        now: Seconds since 1970; by default the clock's.
    """
    now = time.time() if now is None else now
    names = {name.lower(): value.strip() for name, value in headers.items()}
    milliseconds = seconds_of(names.get("retry-after-ms", ""), now=now)
    if milliseconds is not None:
        return milliseconds / 1000
    after = seconds_of(names.get("retry-after", ""), now=now)
    if after is not None:
        return after
    in_words = _IN_WORDS.search(said)
    if in_words:
        return seconds_of(in_words[1].replace(" ", ""), now=now)
    resets = list(_resets(names, now))
    # What is used up has to come back; of the rest, whatever comes back first may be it.
    used_up = [seconds for seconds, is_used_up in resets if is_used_up]
    return max(used_up) if used_up else min((seconds for seconds, _ in resets), default=None)


def seconds_of(text: str, *, now: float) -> float | None:
    """Seconds until a moment or for a duration, in any of the forms of such headers; ``None`` for anything else.

    Args:
        text: A number of seconds, ``6m0s``, an HTTP or ISO date, or seconds or milliseconds since 1970.
        now: Seconds since 1970.
    """
    if re.fullmatch(rf"(?:{_PART})+", text):
        return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|[dhms])", text))
    try:
        seconds = float(text)
    except ValueError:
        seconds = _moment(text) - now
    else:
        if seconds >= _MOMENT:
            seconds = (seconds / 1000 if seconds >= _MOMENT_IN_MS else seconds) - now
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _resets(names: Mapping[str, str], now: float) -> Iterator[tuple[float, bool]]:
    """When each limit starts anew, in seconds from now, and whether it is used up."""
    for name, value in names.items():
        seconds = seconds_of(value, now=now) if _RESET.search(name) else None
        if seconds is not None:
            yield seconds, names.get(name.replace("reset", "remaining")) == "0"


def _moment(text: str) -> float:
    for read in (email.utils.parsedate_to_datetime, dt.datetime.fromisoformat):
        try:
            moment = read(text)
        except ValueError:
            continue
        # HTTP dates are in UTC, and one in "-0000" is read without a time zone.
        return moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp()
    return math.nan
