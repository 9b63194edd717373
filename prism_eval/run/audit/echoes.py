"""Captions that hold a question of theirs, or its options, word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from prism_eval.files.lookalikes import plain

_WORDS = re.compile(r"\w+")
_LETTERS = frozenset("abcdefghij") | {"option", "choice", "answer"}
_LEAST = 5
"""Words of a question, and characters of all options together, below which anything may hold them."""
_LEAST_OPTIONS = 12


def sought(question: str, options: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The words of a ``question`` and of its ``options``, as `bare` has them, where a text that holds them repeats it.

    Args:
        question: The question's text.
        options: Its options' texts, in the order to be looked for.
    """
    put = bare(question)
    if len(put.split()) >= _LEAST:
        yield "question", put
    # Offered backwards, or each behind its letter, they are the same options.
    for offered in (options, options[::-1]):
        if (
            len(together := " ".join(filter(None, map(_unlettered, map(bare, offered))))) >= _LEAST_OPTIONS
            and len(options) > 1
        ):
            yield "options", together


def said(text: str) -> Mapping[str, str]:
    """By kind, the words of a caption in which those of `sought` are looked for."""
    words = bare(text)
    return {"question": words, "options": _unlettered(words)}


def bare(text: str) -> str:
    """A text's words alone, in small letters."""
    return " ".join(_WORDS.findall(plain(text)[0].casefold()))


def _unlettered(words: str) -> str:
    """The same without what options are numbered by."""
    return " ".join([word for word in words.split() if word not in _LETTERS])
