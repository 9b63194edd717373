"""Addresses: one form, and no secrets in them."""

from __future__ import annotations

import pytest

from prism_eval.engines.address import base_url_of
from prism_eval.errors import UsageError


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1"),
        (" https://host/api/v3 ", "https://host/api/v3"),
        ("https://host/v1/chat/completions", "https://host/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_base_urls_are_brought_into_one_form(given_url: str, expected: str) -> None:
    assert base_url_of(given_url) == expected
    assert base_url_of(expected) == expected


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "localhost:8000/v1",
        "127.0.0.1:8000",
        "ftp://host/v1",
        "http://",
        "http://host:port/v1",
        "http://[::1/v1",
        "http://a..b/v1",
    ],
)
def test_what_is_no_address_is_refused(bad: str) -> None:
    with pytest.raises(UsageError, match="base_url"):
        base_url_of(bad)


@pytest.mark.parametrize("bad", ["https://me:hunter2@host/v1", "me:hunter2@host/v1", "https://host/v1?key=hunter2"])
def test_secrets_in_the_address_are_refused_and_not_repeated(bad: str) -> None:
    with pytest.raises(UsageError, match="api_key_env") as caught:
        base_url_of(bad)
    assert "hunter2" not in str(caught.value)
