"""What error replies mean."""

from __future__ import annotations

import json

import pytest

from prism_eval.engines.http import Reply
from prism_eval.engines.refusal import refusal
from prism_eval.engines.replies import error_of
from prism_eval.errors import CallError, FatalError, PermanentError, RateLimited, TransientError, Unavailable


@pytest.mark.parametrize(
    ("status", "code", "said", "kind"),
    [
        (429, "", "too many requests", RateLimited),
        (429, "rate_limit_exceeded", "Rate limit reached for gpt-4o", RateLimited),
        (400, "", "RESOURCE_EXHAUSTED: Quota exceeded for quota metric", RateLimited),
        (400, "Throttling.RateQuota", "Requests rate limit exceeded", RateLimited),
        (403, "userRateLimitExceeded", "User Rate Limit Exceeded", RateLimited),
        (500, "", "The engine is currently overloaded, please try again later", RateLimited),
        (503, "", "The model is overloaded. Please try again later.", RateLimited),
        (503, "", "Service Unavailable", RateLimited),
        (503, "", "no healthy upstream", Unavailable),
        (529, "overloaded_error", "Overloaded", RateLimited),
        (529, "", "", RateLimited),
        (429, "rate_limit_exceeded", "Request too large for gpt-4: Limit 10000, Requested 12000", PermanentError),
        (429, "insufficient_quota", "You exceeded your current quota", RateLimited),
        (429, "billing_hard_limit_reached", "Billing hard limit has been reached", FatalError),
        (402, "", "Insufficient Balance", FatalError),
        (502, "", "Bad Gateway", Unavailable),
        (503, "", "Loading model", Unavailable),
        (521, "", "Web server is down", Unavailable),
        (500, "", "internal server error", TransientError),
        (504, "", "Gateway Time-out", TransientError),
        (524, "", "A timeout occurred", TransientError),
        (408, "", "Request Timeout", TransientError),
        (400, "", "this request is not valid", PermanentError),
        (413, "", "request entity too large", PermanentError),
    ],
)
def test_a_busy_an_absent_and_a_broken_server_are_told_apart(
    status: int, code: str, said: str, kind: type[CallError]
) -> None:
    error = refusal(Reply(status, {}, b""), code=code, where="http://a/v1", said=said)
    assert type(error) is kind
    assert str(error).startswith("http://a/v1: ")


def test_only_a_quota_that_nobody_says_will_come_back_may_be_a_closed_account() -> None:
    def unproven(headers: dict[str, str], said: str) -> bool:
        error = refusal(Reply(429, headers, b""), code="insufficient_quota", where="x", said=said)
        assert isinstance(error, RateLimited)
        return error.unproven

    assert unproven({}, "You exceeded your current quota")
    assert not unproven({"Retry-After": "20"}, "You exceeded your current quota")
    assert not unproven({}, "You exceeded your current quota. Please retry in 34.07s.")


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 429, "message": "Rate limited"}},
        {"error": {"code": "429", "message": "Rate limited"}},
        {"error": {"code": "rate_limit_exceeded", "message": "slow down"}},
        {"error": {"status": "RESOURCE_EXHAUSTED", "message": "Resource has been exhausted"}},
        [{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Quota exceeded"}}],
        {"choices": [{"error": {"code": 429, "message": "Rate limited upstream"}, "message": {"content": ""}}]},
        {"choices": [], "error": {"code": 429, "message": "Rate limited"}},
        {"choices": None, "base_resp": {"status_code": 1002, "status_msg": "rate limit"}},
        {"object": "error", "type": "rate_limit_error", "code": 429, "message": "Rate limit exceeded"},
        {"error": "Too many requests, please slow down"},
        {"error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"code": 429, "msg": "too many requests"},
        {"detail": "Rate limit exceeded"},
        {"error": {"code": "1302", "message": "您当前使用该API的并发数过高，请降低并发"}},
        {"error": {"message": "Too many concurrent requests"}},
        {"error": {"code": "capacity_exceeded", "message": "Flex tier capacity exceeded"}},
        {"errors": [{"code": 3040, "message": "Capacity exceeded temporarily"}]},
    ],
)
def test_a_limit_inside_a_200_is_a_limit(body: object) -> None:
    reply = Reply(200, {}, json.dumps(body).encode()).as_meant()
    said, code = error_of(reply.body)
    assert isinstance(refusal(reply, code=code, where="x", said=said), RateLimited)
    assert said


def test_a_reply_with_choices_is_no_error_whatever_else_it_says() -> None:
    fields = {"message": "ok", "code": 0, "base_resp": {"status_code": 0, "status_msg": "success"}, "error": None}
    body = {"choices": [{"message": {"content": '"error": {"code": 429}'}, "finish_reason": "stop"}], **fields}
    assert Reply(200, {}, json.dumps(body).encode()).as_meant().ok


def test_a_gateway_that_says_when_to_come_back_is_busy() -> None:
    error = refusal(Reply(503, {"Retry-After": "7"}, b""), code="", where="x", said="loading")
    assert isinstance(error, RateLimited)
    assert error.retry_after == 7


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (402, {"error": {"message": "Insufficient Balance"}}),
        (400, {"code": "Arrearage", "message": "Access denied, please make sure your account is in good standing."}),
        (400, {"error": {"message": "Your credit balance is too low to access the Anthropic API."}}),
        (429, {"error": {"code": "1113", "message": "您的账户已欠费，请充值后重试。"}}),
        (429, {"error": {"code": "billing_hard_limit_reached", "message": "Billing hard limit has been reached"}}),
    ],
)
def test_an_account_without_credit_is_not_waited_for(status: int, body: object) -> None:
    reply = Reply(status, {}, json.dumps(body).encode())
    said, code = error_of(reply.body)
    error = refusal(reply, code=code, where="x", said=said)
    assert isinstance(error, FatalError)
    assert "out of credit" in str(error)
