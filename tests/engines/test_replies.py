"""Replies of any JSON server, errors among them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from prism_eval.engines.replies import error_of, status_meant
from tests.engines.test_chat import JSON


@given(JSON)
def test_no_json_value_breaks_the_readers(value: Any) -> None:
    body = json.dumps(value).encode()
    message, code = error_of(body)
    assert isinstance(message, str)
    assert isinstance(code, str)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"choices": [{"message": {"content": "x"}}], "error": null}', None),
        (b'{"choices": [{"message": {"content": "\\"error\\""}}]}', None),
        (b'{"error": {"message": "no", "code": 503}}', 503),
        (b'{"error": {"message": "no", "code": "503"}}', 503),
        (b'{"error": {"message": "no", "code": 7}}', 500),
        (b'{"error": {"message": "no", "status": "RESOURCE_EXHAUSTED"}}', 429),
        (b'{"error": {"message": "no", "code": "invalid_api_key"}}', 401),
        (b'{"error": {"message": "no", "type": "invalid_request_error"}}', 400),
        (b'{"error": "no"}', 500),
        (b'{"choices": [{"error": {"message": "no", "code": 502}}]}', 502),
        (b'[{"error": {"message": "no", "code": 429}}]', 429),
        (b'"error"', None),
        (b"<error>", None),
    ],
)
def test_an_error_under_200_has_the_status_it_means(body: bytes, status: int | None) -> None:
    assert status_meant(body) == status


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error": {"message": "no", "code": "c"}}', ("no", "c")),
        (b'{"error": {"message": "no", "type": "t", "code": null}}', ("no", "t")),
        (b'{"error": "no"}', ("no", "")),
        (b'{"object": "error", "message": "no", "code": 400}', ("no", "400")),
        (b'{"detail": "Not Found"}', ("Not Found", "")),
        (b"<html>", ("<html>", "")),
        (b'{"success": false, "errors": [{"code": 7009, "message": "no"}]}', ("no", "7009")),
        (b'{"errors": ["no"]}', ("no", "")),
        (b'{"Message": "no"}', ("no", "")),
        (b'[{"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}]', ("no", "INVALID_ARGUMENT")),
        (b'{"base_resp": {"status_code": 1026, "status_msg": "no"}}', ("no", "1026")),
        (b'{"error_code": 336, "error_msg": "no"}', ("no", "336")),
        (b'{"error": {"message": "no", "innererror": {"code": "Inner"}}}', ("no", "Inner")),
        (b'{"error": {"message": "a", "code": 400, "metadata": {"raw": "{\\"message\\": \\"b\\"}"}}}', ("a: b", "400")),
        (b'{"error": {"message": "a", "metadata": {"raw": "plain"}}}', ("a: plain", "")),
    ],
)
def test_servers_word_their_errors_in_several_ways(body: bytes, expected: tuple[str, str]) -> None:
    assert error_of(body) == expected
