"""Replies of any JSON server, errors among them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from prism_eval.engines.replies import error_of
from tests.engines.test_chat import JSON


@given(JSON)
def test_no_json_value_breaks_the_readers(value: Any) -> None:
    body = json.dumps(value).encode()
    message, code = error_of(body)
    assert isinstance(message, str)
    assert isinstance(code, str)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error": {"message": "no", "code": "c"}}', ("no", "c")),
        (b'{"error": {"message": "no", "type": "t", "code": null}}', ("no", "t")),
        (b'{"error": "no"}', ("no", "")),
        (b'{"object": "error", "message": "no", "code": 400}', ("no", "400")),
        (b'{"detail": "Not Found"}', ("Not Found", "")),
        (b"<html>", ("<html>", "")),
    ],
)
def test_servers_word_their_errors_in_several_ways(body: bytes, expected: tuple[str, str]) -> None:
    assert error_of(body) == expected
