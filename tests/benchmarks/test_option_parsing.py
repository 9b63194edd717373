from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.benchmarks.reading.options import parse_list, split_lettered

_WORDS = st.text(st.characters(categories=("Ll", "Nd")), min_size=1, max_size=12)


@given(st.lists(st.text(max_size=20), max_size=10))
def test_a_list_written_as_python_comes_back(options: list[str]) -> None:
    assert parse_list(repr(options)) == options
    assert parse_list(options) == options


@given(st.text(max_size=200))
def test_any_text_is_a_list_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(parse_list(text), list)


@pytest.mark.parametrize("text", [r"['$\frac{1}{2}$', '\sqrt 2']", "['Na\\_Cl', 'x']"])
def test_latex_in_a_list_is_no_warning(text: str) -> None:
    assert len(parse_list(text)) == 2


@pytest.mark.parametrize("text", ["open('x')", "[].__class__", "{'a': 1}", "[x for x in 'ab']", "-" * 9_000 + "1", "1"])
def test_nothing_is_evaluated(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a list|expected a list"):
        parse_list(text)


@pytest.mark.parametrize("style", ["{}. {}; ", "{}: {}, ", "{}:{}\n", "{}) {}, ", "{}.{};"])
@given(options=st.lists(_WORDS, min_size=2, max_size=10))
def test_lettered_options_come_back(style: str, options: list[str]) -> None:
    letters = "ABCDEFGHIJ"
    text = "".join(style.format(letter, option) for letter, option in zip(letters, options, strict=False))
    assert split_lettered(text.strip()) == tuple(options)


@pytest.mark.parametrize("text", ["", "no letters", "B. 1; C. 2", "A. only one"])
def test_what_is_not_lettered_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="option"):
        split_lettered(text)
