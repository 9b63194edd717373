"""What a twin asks can be answered from its facts, and not without them."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from prism_eval.benchmarks import open_benchmark
from prism_eval.schema import Item, ItemKind
from prism_eval.twins import names

TABLES = [*names(), "mmmu_pro:standard4", "mmmu_pro:vision"]
_LETTER_ONLY = re.compile(r"[A-D]")


def _items(name: str) -> list[Item]:
    return list(open_benchmark(name, "synthetic").items())


def _gold_texts(item: Item) -> list[str]:
    if item.kind is ItemKind.CHOICE:
        return [item.options[item.letters.index(item.golds[0])]]
    return list(item.golds)


def _is_held(gold: str, facts: list[str]) -> bool:
    return any(re.search(rf"(?<![\w.]){re.escape(gold)}(?!\w)", fact) for fact in facts)


@pytest.mark.parametrize("name", TABLES)
def test_the_facts_hold_every_answer(name: str) -> None:
    for item in _items(name):
        facts = [fact for image in item.images for fact in image.facts or ()]
        asked_inline = item.kind is ItemKind.SHORT and _LETTER_ONLY.fullmatch(item.golds[0])
        if asked_inline:
            mark = item.golds[0].lower()
            golds = re.findall(rf"^{mark}\) (.+)$", item.question, re.MULTILINE)
        else:
            golds = _gold_texts(item)
        assert any(_is_held(gold, facts) for gold in golds), (item.id, item.question, golds)


@pytest.mark.parametrize("name", TABLES)
def test_the_question_alone_does_not_hold_the_answer(name: str) -> None:
    told = [
        item.id
        for item in _items(name)
        if item.kind is ItemKind.CHOICE and len(item.options[0]) > 2
        and _is_held(_gold_texts(item)[0], [item.question])
        and not any(_is_held(option, [item.question]) for option in item.options if option not in _gold_texts(item))
    ]  # fmt: skip
    assert not told


def test_no_tick_is_the_number_in_the_words_for_the_plot() -> None:
    # Seed 2 once had a highest tick of 1 "for the subplot at row 1 and column 1".
    for item in open_benchmark("charxiv", "synthetic", seed=2).items():
        assert not ("row 1 and column 1" in item.question and "1" in item.golds), item.question


@pytest.mark.parametrize("name", TABLES)
def test_every_letter_is_gold_equally_often(name: str) -> None:
    choices = [item for item in _items(name) if item.kind is ItemKind.CHOICE]
    for width in {len(item.options) for item in choices}:
        alike = [item for item in choices if len(item.options) == width]
        golds = Counter(item.golds[0] for item in alike)
        letters = [
            letter
            for letter, option in zip(alike[0].letters, alike[0].options, strict=True)
            if option != "No correct answer"
        ]
        counts = [golds[letter] for letter in letters]
        assert max(counts) - min(counts) <= 1
        assert sum(counts) == len(alike)


@pytest.mark.parametrize("name", TABLES)
def test_options_differ_and_ids_and_questions_are_unique(name: str) -> None:
    items = _items(name)
    assert all(len(set(item.options)) == len(item.options) for item in items)
    assert len({item.id for item in items}) == len(items)
    asked = {(item.question, tuple(image.digest for image in item.images)) for item in items}
    assert len(asked) == len(items)
    if name not in ("charxiv", "mmmu_pro:vision"):
        assert len({item.question for item in items}) == len(items)


def test_some_text_is_not_ascii() -> None:
    facts = [fact for item in _items("infovqa") for image in item.images for fact in image.facts or ()]
    assert any(not fact.isascii() for fact in facts)
