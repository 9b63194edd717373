"""Quoted text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prism_eval.engines.http import one_line


@given(st.text(max_size=3000))
def test_quoted_text_is_one_short_printable_line(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 301
    assert line.isprintable()
