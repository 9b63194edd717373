"""What servers list."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.engines.models import Models

ENTRIES = st.lists(st.dictionaries(st.sampled_from(["id", "root", "x"]), st.none() | st.integers() | st.text()))
LISTS = ENTRIES | st.none() | st.integers() | st.text() | st.lists(st.lists(st.integers()))


@given(st.fixed_dictionaries({"data": LISTS}) | LISTS)
def test_whatever_is_listed_is_a_name_or_nothing(value: Any) -> None:
    models = Models.read(json.dumps(value).encode())
    assert all(isinstance(name, str) for name in models.roots)
    assert all(root is None or isinstance(root, str) for root in models.roots.values())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"<html>", b'{"data": {}}', b'{"data": [7, {"id": 7}]}'])
def test_what_is_no_list_is_empty(body: bytes) -> None:
    assert Models.read(body) == Models()


@pytest.mark.parametrize("listed", ["m", "models/m", "m:latest"])
def test_a_model_is_listed_in_several_ways(listed: str) -> None:
    models = Models.read(json.dumps({"data": [{"id": "other"}, {"id": listed, "root": "/weights"}]}).encode())
    assert models.name_of("m") == listed
    assert models.roots[listed] == "/weights"
    assert models.name_of("n") is None


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ({"max_model_len": 4096}, 4096),
        ({"context_length": 8192}, 8192),
        ({"max_context_length": 8192, "loaded_context_length": 4096}, 4096),
        ({"context_window": 131072}, 131072),
        ({"meta": {"n_ctx_train": 32768}}, 32768),
        ({"meta": {"n_ctx_train": 32768, "n_ctx": 2048}}, 2048),
        ({"max_model_len": None, "context_length": 8192}, 8192),
        ({"max_model_len": "4096"}, None),
        ({"max_model_len": True}, None),
        ({"max_model_len": 0}, None),
        ({"meta": [4096]}, None),
        ({}, None),
    ],
)
def test_a_context_is_listed_in_several_ways(said: dict[str, Any], size: int | None) -> None:
    assert Models.read(json.dumps({"data": [{"id": "m", **said}]}).encode()).contexts.get("m") == size


def test_a_long_list_is_cut() -> None:
    assert str(Models(dict.fromkeys("gfedcba"))) == "a, b, c, d, e and 2 more"
    assert str(Models({"b": None, "a": None})) == "a, b"
