"""Waiting times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.engines.waits import seconds_of, wait_asked_for

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("0", 0.0),
        ("2.5", 2.5),
        ("-3", 0.0),
        ("inf", None),
        ("nan", None),
        ("later", None),
        ("20ms", 0.02),
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("1h2m3.5s", 3723.5),
        ("1d", 86400.0),
        ("1700000030", 30.0),
        ("1700000030.5", 30.5),
        ("1700000030000", 30.0),
        ("1600000000", 0.0),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 22:13:50 -0000", 30.0),
        ("Thu, 01 Jan 1970 00:00:30 GMT", 0.0),
        ("2023-11-14T22:13:50Z", 30.0),
        ("2023-11-14T22:13:50+00:00", 30.0),
    ],
)
def test_a_time_is_seconds_a_duration_or_a_moment(text: str, seconds: float | None) -> None:
    assert seconds_of(text, now=NOW) == (None if seconds is None else pytest.approx(seconds))


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    seconds = seconds_of(text, now=NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("headers", "said", "seconds"),
    [
        ({}, "", None),
        ({"Retry-After": "7"}, "Please try again in 20s.", 7.0),
        ({"retry-after-ms": "250", "Retry-After": "1"}, "", 0.25),
        ({"Retry-After": "soon", "x-ratelimit-reset": "12"}, "", 12.0),
        ({}, "Rate limit reached. Please try again in 1m30.5s. Visit", 90.5),
        ({}, "Rate limit reached. Please try again in 20ms.", 0.02),
        ({}, "You exceeded your quota. Please retry in 34.074s.", 34.074),
        ({}, "Please retry after 20 seconds.", 20.0),
        ({}, "try again later", None),
        ({"X-RateLimit-Reset": "1700000030000"}, "", 30.0),
        ({"ratelimit-reset": "5"}, "", 5.0),
        ({"X-Rate-Limit-Reset": "1700000009"}, "", 9.0),
        ({"anthropic-ratelimit-requests-reset": "2023-11-14T22:13:50Z"}, "", 30.0),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, "", 1.0),
        (
            {
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-requests": "9",
                "x-ratelimit-reset-tokens": "6m0s",
                "x-ratelimit-remaining-tokens": "0",
            },
            "",
            360.0,
        ),
        ({"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0"}, "", None),
    ],
)
def test_what_a_server_asks_for_is_found_wherever_it_says_so(
    headers: dict[str, str], said: str, seconds: float | None
) -> None:
    assert wait_asked_for(headers, said, now=NOW) == (None if seconds is None else pytest.approx(seconds))
