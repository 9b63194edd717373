"""Questions in another language than most of a set: by their script, and by their words where the extra is there."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from sys import float_info
from typing import TYPE_CHECKING

from prism_eval.questions.lint.finding import Finding
from prism_eval.questions.question import Question

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SURE = 100
"""So many times likelier must another language be than the set's own: docs/questions.md says how often that errs."""


def knows_languages() -> bool:
    """Whether languages of one script can be told apart here: `py3langid` is installed."""
    return find_spec("py3langid") is not None


def other_languages(questions: Sequence[Question]) -> Iterator[Finding]:
    """Questions in another script than most of the set's, and of its script those in another language than most.

    Without the ``language`` extra languages of one script are not told apart.
    """
    scripts = {one.id: _script(one.question) for one in questions}
    usual = _most_common(scripts.values())
    if not usual:
        return
    for script, ids in _others(scripts, lambda script: script not in ("", usual)):
        yield Finding("language", f"written in {script.title()}, where most are in {usual.title()}", ids)
    if knows_languages():
        yield from _by_words([one for one in questions if scripts[one.id] == usual])


def _by_words(questions: Sequence[Question]) -> Iterator[Finding]:
    likeliest = {one.id: _ranked(one.question)[0][0] for one in questions}
    usual = _most_common(likeliest.values())
    others = [one for one in questions if likeliest[one.id] != usual]
    sure = {one.id: likeliest[one.id] for one in others if _times_likelier(one.question, usual) >= _SURE}
    for language, ids in _others(sure, bool):
        yield Finding("language", f"in {language!r} or a language like it, where most are in {usual!r}", ids)


def _times_likelier(text: str, usual: str) -> float:
    """How many times likelier a text's first language is than the usual one."""
    ranked = _ranked(text)
    return ranked[0][1] / max(dict(ranked)[usual], float_info.min)


def _ranked(text: str) -> list[tuple[str, float]]:
    """Languages by their codes, the likeliest first, each with its probability."""
    ranked: list[tuple[str, float]] = _identifier().rank(text)
    return ranked


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    # Probabilities: its bare scores grow with the text.
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _others(words: Mapping[str, str], wanted: Callable[[str], bool]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """By word, the ids of the questions that it is wanted of."""
    found: dict[str, list[str]] = defaultdict(list)
    for one, word in words.items():
        if wanted(word):
            found[word].append(one)
    return ((word, tuple(ids)) for word, ids in found.items())


def _most_common(words: Iterable[str]) -> str:
    """The word that occurs most often; empty where there is none."""
    return next((word for word, _ in Counter(filter(None, words)).most_common(1)), "")


def _script(text: str) -> str:
    """The script of most letters, by the first word of their names in Unicode; empty where there are none."""
    return _most_common(unicodedata.name(one, "?").partition(" ")[0] for one in text if one.isalpha())
