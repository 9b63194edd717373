"""Captions that hold a question of theirs, or its options, word for word."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prism_eval.errors import RunError
from prism_eval.files.lookalikes import plain
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Table

_WORDS = re.compile(r"\w+")
_LETTERS = frozenset("abcdefghij") | {"option", "choice", "answer"}
_LEAST = 5
"""Words of a question, and characters of all options together, below which anything may hold them."""
_LEAST_OPTIONS = 12


@dataclass(frozen=True, slots=True)
class Echoes:
    """By image, the questions that are asked about it and the options they offer, as bare words.

    A text that stands in the image may be repeated by whoever describes it. What several captioners repeat is taken for
    such: only what one of them alone says is an echo.
    """

    asked: Mapping[str, set[tuple[str, str]]]
    others: Mapping[str, Mapping[str, set[str]]]

    @classmethod
    def of(cls, folder: RunFolder) -> Echoes:
        """Read them from the verdicts; without such there are none.

        Raises:
            RunError: A table cannot be read, or holds what no run writes.
        """
        asked: dict[str, set[tuple[str, str]]] = defaultdict(set)
        repeated: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        if folder.table("verdicts").exists():
            for row in Table(folder.path, "verdicts").rows(["images", "question", "options", "item"]):
                for image in row["images"] or ():
                    asked[image].update(_sought(row["question"], row["options"], row["item"]))
            for row in Table(folder.path, "captions").rows(["captioner", "image", "text"]):
                told = said(row["text"] or "")
                for kind, words in asked.get(row["image"], ()):
                    if words in told[kind]:
                        repeated[row["image"]][words].add(row["captioner"])
        return cls(asked, repeated)

    def found(self, captioner: str, image: str) -> Iterator[str]:
        """``question`` and ``options``, where the caption alone has all words of one, in their order."""
        alone = {kind for kind, sought in self.asked.get(image, ()) if self.others[image].get(sought) == {captioner}}
        yield from sorted(alone)


def _sought(question: str, options: str, item: str) -> Iterator[tuple[str, str]]:
    try:
        offered = [str(one) for one in json.loads(options)]
    except (ValueError, TypeError) as error:
        raise RunError(f"item {item}: its options are no list: score the run again") from error
    yield from sought(question, offered)


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
        if len(together := " ".join(filter(None, map(_unlettered, offered)))) >= _LEAST_OPTIONS and len(options) > 1:
            yield "options", together


def said(text: str) -> Mapping[str, str]:
    """By kind, the words of a caption in which those of `sought` are looked for."""
    return {"question": bare(text), "options": _unlettered(text)}


def bare(text: str) -> str:
    """A text's words alone, in small letters."""
    return " ".join(_WORDS.findall(plain(text)[0].casefold()))


def _unlettered(text: str) -> str:
    """The same without what options are numbered by."""
    return " ".join(word for word in bare(text).split() if word not in _LETTERS)
