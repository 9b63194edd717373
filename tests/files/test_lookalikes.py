"""A text as its reader takes it, and the place that each of its characters is from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.files.lookalikes import plain
from prism_eval.run.item_result import is_empty
from prism_eval.schema import Caption


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("A chart.", "A chart."),
        ("\uff21\u200bns\u00adwer\uff1a", "Answer:"),
        ("\ufb01ve \u2460", "five 1"),
        ("\u2066\ufe0f\u3164\U000e0041", ""),
        # One that is a whole sentence is read as itself.
        ("\ufdfa", "\ufdfa"),
    ],
)
def test_what_a_text_looks_like(text: str, looks: str) -> None:
    assert plain(text)[0] == looks


@given(st.text())
def test_each_character_has_its_place(text: str) -> None:
    looks, places = plain(text)
    assert len(looks) == len(places) <= 4 * len(text)
    assert list(places) == sorted(places)
    assert all(0 <= place < len(text) for place in places)


def test_a_caption_of_which_nothing_is_seen_says_nothing() -> None:
    assert is_empty(Caption(" \u200b\u2800\n"))
    assert not is_empty(Caption(" \u200bA "))
