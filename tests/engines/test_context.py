"""Errors about a context, in the words of many servers, and errors that only look like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prism_eval.engines.context import overrun, ran_out

LINES = (Path(__file__).parent / "fixtures" / "context_errors.tsv").read_text(encoding="utf-8").splitlines()
"""A size, ``?`` where the server gives none and ``-`` where it means something else, and the message."""


@pytest.mark.parametrize("line", LINES)
def test_the_size_is_read_out_of_what_servers_say(line: str) -> None:
    size, message = line.split("\t")
    said = overrun(message, "")
    assert (str(said.size or "?") if said else "-") == size


@pytest.mark.parametrize("code", ["context_length_exceeded", "exceed_context_size_error"])
def test_a_code_says_it_where_the_words_do_not(code: str) -> None:
    said = overrun("no", code)
    assert said is not None
    assert said.size is None


def test_a_context_of_unknown_size_is_a_context() -> None:
    assert ran_out(4096) == "the server's context of 4096 tokens"
    assert ran_out(None) == "the server's context"
