"""How large a model is, from what its spec or its name says; a guess is worse than a blank."""

from __future__ import annotations

from typing import Any

import pytest

from prism_eval.leaderboard.sizes import Size, named_size, size_of


@pytest.mark.parametrize(
    ("name", "params_b"),
    [
        ("Qwen/Qwen2.5-VL-7B-Instruct", 7),
        ("Qwen/Qwen2.5-VL-72B-Instruct-AWQ", 72),
        ("llava-hf/llava-onevision-qwen2-0.5b-ov-hf", 0.5),
        ("Salesforce/blip2-opt-2.7b", 2.7),
        ("google/gemma-3-27b-it", 27),
        ("OpenGVLab/InternVL2_5-8B-MPO", 8),
        ("OpenGVLab/InternVL2-Llama3-76B", 76),
        ("HuggingFaceTB/SmolVLM-256M-Instruct", 0.256),
        # Of a mixture all parameters count, where the name tells them.
        ("Qwen/Qwen3-VL-30B-A3B-Instruct", 30),
        ("OpenGVLab/InternVL3_5-241B-A28B", 241),
        ("Qwen2.5-7B-Instruct-1M", 7),  # a million tokens of context
        ("Qwen2.5-VL-7B-4bit", 7),
        ("Qwen2.5-VL-7B-Q4_K_M.gguf", 7),
        ("llama_70b_chat", 70),
        ("/models/72B/CapRL-3B", 3),
        ("CapRL-3B/checkpoint-500", 3),
        ("Vicuna-7B-merged-7B", 7),
    ],
)
def test_a_name_that_tells_one_size(name: str, params_b: float) -> None:
    assert named_size(name).params_b == params_b


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-2024-08-06",
        "Phi-3.5-vision-instruct",
        "CapRL-1M",  # captions
        "Kimi-VL-A3B-Instruct",  # what is at work at a time
        "Qwen1.5-MoE-A2.7B",
        "Mixtral-8x7B",
        "Llama-4-Scout-17B-16E-Instruct",
        "gemma-3n-E4B",
        "7B-distilled-from-72B",
        "qwen_0_5b",  # 0.5 or 5
        "model-4bit",
        "0B",
        "",
    ],
)
def test_a_name_that_tells_none_or_two_is_no_guess(name: str) -> None:
    assert named_size(name) == Size(None)
    assert not named_size(name)


def engine(model: str) -> dict[str, Any]:
    return {"plugin": "prompted", "engine": {"plugin": "openai", "model": model, "revision": None}}


@pytest.mark.parametrize(
    ("captioner", "params_b"),
    [
        ({"label": "72B", "identity": engine("x-7B"), "params_b": 8.3}, 8.3),
        ({"label": "teacher of the 72B", "identity": engine("x-7B")}, 7),
        ({"label": "mine", "identity": engine("captioner"), "root": "/models/Qwen2.5-VL-3B"}, 3),
        ({"label": "CapRL-3B", "identity": {"plugin": "file", "sha256": "0"}}, 3),
        ({"label": "oracle?recall=0.5", "identity": {"plugin": "oracle"}}, None),
        ({"label": "openai:m?base_url=http://gpu-72b/v1", "identity": engine("m")}, None),
        ({"label": "cut", "identity": {"plugin": "budget", "parts": [engine("x-7B")]}}, 7),
        ({"label": "both", "identity": {"plugin": "merge", "parts": [engine("x-7B"), {"plugin": "ocr"}]}}, 7),
        ({"label": "two 7B", "identity": {"plugin": "merge", "parts": [engine("x-7B"), engine("y-3B")]}}, None),
        ({"label": "a"}, None),
    ],
)
def test_what_is_said_goes_before_what_a_name_tells(captioner: dict[str, Any], params_b: float | None) -> None:
    assert size_of(captioner).params_b == params_b


@pytest.mark.parametrize(
    ("params_b", "word"),
    [(0.5, "≤ 4B"), (4, "≤ 4B"), (7, "8B"), (14, "8B"), (27, "32B"), (34, "32B"), (70, "72B+"), (None, "")],
)
def test_classes(params_b: float | None, word: str) -> None:
    assert Size(params_b).word == word
