from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.leaderboard.writing import points
from prism_eval.report.text import one_line, visible

anything = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain text, Größe, 日本語, 👩\u200d🔬", "plain text, Größe, 日本語, 👩\u200d🔬"),
        ("\x1b[31mred\x07\x00", "␛[31mred␇␀"),
        ("a\u202eb\u2066c", "a⟨U+202E⟩b⟨U+2066⟩c"),
        ("zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("one\r\ntwo\tthree\x7f\x9b", "one\ntwo\tthree␡⟨U+009B⟩"),
    ],
)
def test_what_could_act_is_made_visible(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@given(anything)
def test_visible_text_can_be_written_and_commands_nothing(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    acting = {unicodedata.category(character) for character in shown if character not in "\n\t\u200c\u200d"}
    assert not acting & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert visible(shown) == shown


@given(anything, st.integers(1, 60))
def test_one_line_is_one_line_of_at_most_that_length(text: str, length: int) -> None:
    line = one_line(text, length)
    assert len(line) <= length
    assert "\n" not in line


def test_points_are_out_of_a_hundred() -> None:
    assert (points(0.4835), points(1.0), points(None)) == ("48.4", "100.0", "\N{EN DASH}")
