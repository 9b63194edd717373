"""Errors of filters, in the words of many servers, and errors that only look like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prism_eval.engines.moderation import filtered_side, filters

LINES = (Path(__file__).parent / "fixtures" / "moderation_errors.tsv").read_text(encoding="utf-8").splitlines()
"""Which side was filtered, ``-`` for none, the error's code and its message."""


@pytest.mark.parametrize("line", LINES)
def test_a_filter_is_known_by_its_words_or_its_code(line: str) -> None:
    side, code, message = line.split("\t")
    assert (filtered_side(message, code) or "-") == side


@pytest.mark.parametrize(
    "reason",
    [
        "content_filter",
        "content-filter",
        "CONTENT_FILTER",
        "content_filter: PROHIBITED_CONTENT",
        "SAFETY",
        "sensitive",
        "refusal",
        "guardrail_intervened",
        "content_filtered",
        "RECITATION",
        "IMAGE_SAFETY",
        "data_inspection_failed",
    ],
)
def test_a_filter_ends_a_reply_in_many_words(reason: str) -> None:
    assert filters(reason)


@pytest.mark.parametrize("reason", ["stop", "length", "None", "tool_calls", "eos", "error", "", "filter"])
def test_every_other_end_is_none(reason: str) -> None:
    assert not filters(reason)
