"""Replies in the shapes in which servers of several makes refuse, cut, withhold and misplace what was asked for.

Each is a status and a body; its name is a mode of the fault server.
"""

from __future__ import annotations

import json
from typing import Any

Recorded = tuple[int, Any]
_STORY = "the picture shows two bars"


def _chat(
    content: Any, finish: str | None = "stop", *, usage: Any = None, message: Any = None, **rest: Any
) -> Recorded:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **(message or {})}, **rest}
    return 200, {"choices": [{**choice, "finish_reason": finish}], "usage": usage}


def _refused(status: int, message: str, code: Any = None, **rest: Any) -> Recorded:
    return status, {"error": {"message": message, "code": code, **rest}}


# By what a person should be told of it.
FILTERED_REQUESTS: dict[str, tuple[Recorded, str]] = {
    "openai_filter": (_refused(400, "Rejected by our safety system.", "moderation_blocked"), "by our safety system"),
    "openrouter_filter": (
        _refused(403, "Your input was flagged", 403, metadata={"reasons": ["violence"], "flagged_input": "…"}),
        "Your input was flagged",
    ),
    "azure_filter": (
        _refused(
            400,
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            "content_filter",
            innererror={"code": "ResponsibleAIPolicyViolation"},
        ),
        "content management policy",
    ),
    "azure_inner_filter": (
        _refused(400, "Bad input", innererror={"code": "ResponsibleAIPolicyViolation"}),
        "Bad input",
    ),
    "dashscope_filter": (
        _refused(400, "Input data may contain inappropriate content.", "data_inspection_failed"),
        "inappropriate content",
    ),
    "moonshot_filter": (_refused(400, "The request was considered high risk", "content_filter"), "high risk"),
    "deepseek_filter": (_refused(400, "Content Exists Risk", "invalid_request_error"), "Content Exists Risk"),
    "zhipu_filter": (_refused(400, "可能包含不安全或敏感内容", "1301"), "敏感"),
    "ark_filter": (_refused(400, "The request failed", "InputImageSensitiveContentDetected"), "The request failed"),
    "provider_filter": (
        _refused(
            400,
            "Provider returned error",
            400,
            metadata={"raw": json.dumps({"error": {"message": "Content policy violated", "code": "content_filter"}})},
        ),
        "Content policy violated",
    ),
    "list_filter": (
        (400, [{"error": {"message": "PROHIBITED_CONTENT", "code": 400}}]),
        "PROHIBITED_CONTENT",
    ),
    "filter_in_200": (_refused(200, "Input was flagged: content policy", "content_policy_violation"), "was flagged"),
    "gemini_block": ((200, {"choices": [], "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}), "PROHIBITED"),
    "gemini_no_choices": ((200, {"promptFeedback": {"blockReason": "SAFETY"}}), "SAFETY"),
    "azure_prompt": (
        (
            200,
            {
                "prompt_filter_results": [
                    {"content_filter_results": {"sexual": {"filtered": True, "severity": "high"}, "hate": None}}
                ],
                "choices": [{"message": {"content": None}, "finish_reason": "content_filter"}],
            },
        ),
        "sexual (high)",
    ),
}
FILTERED_REPLIES: dict[str, tuple[Recorded, str]] = {
    "filtered_reply": (_chat(None, "content_filter"), "content_filter"),
    "filtered_halfway": (_chat("two bars and", "content_filter"), "content_filter"),
    "filtered_missing": (
        (200, {"choices": [{"message": {"role": "assistant"}, "finish_reason": "content_filter"}]}),
        "",
    ),
    "gemini_safety": (_chat(None, "content_filter: SAFETY"), "SAFETY"),
    "gemini_finish": (_chat("", "PROHIBITED_CONTENT"), "PROHIBITED_CONTENT"),
    "zhipu_sensitive": (_chat("", "sensitive"), "sensitive"),
    "bedrock_guardrail": (_chat("", "guardrail_intervened"), "guardrail_intervened"),
    "azure_reply": (
        _chat("", content_filter_results={"violence": {"filtered": True, "severity": "medium"}}),
        "violence (medium)",
    ),
    "dashscope_output": (
        _refused(400, "Output data may contain inappropriate content.", "data_inspection_failed"),
        "Output data",
    ),
    "anthropic_output": (
        _refused(400, "Output blocked by content filtering policy", "invalid_request_error"),
        "blocked",
    ),
}
DECLINED: dict[str, tuple[Recorded, str]] = {
    "declined": (_chat(None, message={"refusal": "I cannot help with that."}), "I cannot help with that."),
    "declined_empty": (_chat("", message={"refusal": "I cannot help with that."}), "I cannot help with that."),
    "declined_part": (_chat([{"type": "refusal", "refusal": "I will not."}]), "I will not."),
}
OVERRUNS: dict[str, tuple[Recorded, str]] = {
    "vllm_prompt": (
        _refused(
            400,
            "This model's maximum context length is 2048 tokens. However, your prompt contains at least 2049.",
            400,
        ),
        "2048",
    ),
    "vllm_image": (_refused(400, "Input length (2342) exceeds model's maximum context length (2048)."), "2048"),
    "vllm_old": (
        (
            400,
            {
                "object": "error",
                "message": "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
                "type": "BadRequestError",
                "code": 400,
            },
        ),
        "4096",
    ),
    "sglang_prompt": (
        _refused(400, "The input (5000 tokens) is longer than the model's context length (4096 tokens)."),
        "4096",
    ),
    "llamacpp_prompt": (
        _refused(
            400,
            "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
            400,
            type="exceed_context_size_error",
        ),
        "4096",
    ),
    "openai_prompt": (_refused(400, "Please shorten your messages.", "context_length_exceeded"), ""),
    "gemini_prompt": (
        (
            400,
            [
                {
                    "error": {
                        "code": 400,
                        "message": "The input token count (9000) exceeds the maximum number of tokens allowed (8192).",
                        "status": "INVALID_ARGUMENT",
                    }
                }
            ],
        ),
        "8192",
    ),
    "tgi_prompt": (
        (
            422,
            {
                "error": "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000",
                "error_type": "v",
            },
        ),
        "4096",
    ),
    "anthropic_prompt": (_refused(400, "prompt is too long: 210000 tokens > 200000 maximum"), "200000"),
    "overrun_in_200": (_refused(200, "maximum context length is 4096 tokens", "context_length_exceeded"), "4096"),
    "vllm_cut": (_chat("two", "length", usage={"prompt_tokens": 4093, "completion_tokens": 3}), "4096"),
    "mistral_cut": (_chat("two", "model_length", usage={"prompt_tokens": 4093, "completion_tokens": 3}), "4096"),
    "cut_at_once": (_chat("", "length", usage={"prompt_tokens": 4096, "completion_tokens": 0}), "4096"),
}
UNFINISHED_THOUGHTS: dict[str, Recorded] = {
    "thought_beside_null": _chat(None, "length", message={"reasoning_content": _STORY}),
    "thought_beside_nothing": _chat("", "length", message={"reasoning": _STORY}),
    "thought_in_text": _chat(f"<think>{_STORY}", "length"),
    "thought_that_stops": _chat(f"<think>{_STORY}"),
    "thought_part": _chat([{"type": "thinking", "thinking": [{"type": "text", "text": _STORY}]}], "length"),
    "cut_to_nothing": _chat(None, "length"),
}
NOTHING_SAID: dict[str, Recorded] = {
    "silent": _chat(""),
    "blank": _chat(" \n"),
    "only_thought": _chat(f"<think>{_STORY}</think>"),
    "only_thought_beside": _chat(None, message={"reasoning_content": _STORY}),
}
BROKEN_OFF: dict[str, Recorded] = {
    "no_end": _chat("", None),
    "no_end_null": _chat(None, None),
    "aborted": _chat("", "abort"),
    "a_tool": _chat(None, "tool_calls", message={"tool_calls": [{"id": "1"}]}),
    "unknown_end": _chat("", "unknown"),
    "null_text": _chat(None),
    "error_in_200": _refused(200, "the upstream broke off", 500),
    "error_in_choice": (200, {"choices": [{"error": {"message": "upstream went away", "code": 502}, "message": None}]}),
}
SPOKEN: dict[str, tuple[Recorded, str]] = {
    "parts": (_chat([{"type": "text", "text": "Answer: "}, {"type": "text", "text": "7"}]), "Answer: 7"),
    "strings": (_chat(["Answer: ", "7"]), "Answer: 7"),
    "one_part": (_chat({"type": "text", "text": "Answer: 7"}), "Answer: 7"),
    "output_text": (_chat([{"type": "output_text", "text": "Answer: 7"}]), "Answer: 7"),
    "thinking_part": (
        _chat(
            [{"type": "thinking", "thinking": [{"type": "text", "text": "8?"}]}, {"type": "text", "text": "Answer: 7"}]
        ),
        "Answer: 7",
    ),
    "gemini_thought": (_chat([{"text": "8?", "thought": True}, {"text": "Answer: 7"}]), "Answer: 7"),
    "thought_beside": (_chat("Answer: 7", message={"reasoning_content": "8?"}), "Answer: 7"),
    "null_error": ((200, {**_chat("Answer: 7")[1], "error": None}), "Answer: 7"),
    "listed": ((200, [_chat("Answer: 7")[1]]), "Answer: 7"),
}
_NOTED = (FILTERED_REQUESTS, FILTERED_REPLIES, DECLINED, OVERRUNS, SPOKEN)
RECORDED: dict[str, Recorded] = {
    **{name: recorded for group in _NOTED for name, (recorded, _) in group.items()},
    **UNFINISHED_THOUGHTS,
    **NOTHING_SAID,
    **BROKEN_OFF,
}
