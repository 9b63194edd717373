from __future__ import annotations

from pathlib import Path

import pytest

from prism_eval.benchmarks import definition_names, load_definition
from prism_eval.benchmarks.catalogue import definitions_folder, split_name
from prism_eval.errors import DataError, UnknownName

TWELVE = {
    "chartqa": ("relaxed", "caprl_chart"),
    "chartqapro": ("chartqapro", "caprl_chart"),
    "charxiv": ("charxiv", "caprl_chart"),
    "infovqa": ("anls", "caprl_info"),
    "mathverse": ("mathverse", "caprl_math"),
    "mathvision": ("mathvision", "caprl_math"),
    "mmmu": ("mmmu", "caprl_math"),
    "mmmu_pro": ("mmmu_pro", "caprl_math"),
    "mmstar": ("mmstar", "caprl_math"),
    "seedbench2plus": ("seedbench2plus", "caprl_math"),
    "visulogic": ("visulogic", "caprl_math"),
    "wemath": ("wemath", "caprl_math"),
}

MINIMAL = """
name = "mine"
title = "Mine"
summary = "s"
licence = "l"
homepage = "h"
citation = "c"
kind = "short"
[source]
dataset = "me/mine"
split = "test"
[fields]
question = "question"
answer = "answer"
images = ["image"]
[scoring]
official = "strict"
"""


def test_the_twelve_are_shipped() -> None:
    assert set(TWELVE) <= set(definition_names())


@pytest.mark.parametrize("name", TWELVE)
def test_a_definition_is_complete_and_short(name: str) -> None:
    definition = load_definition(name)
    assert definition.name == name
    assert (definition.scoring["official"], definition.scoring["caprl"]) == TWELVE[name]
    assert definition.scoring["strict"] == "strict"
    assert definition.citation.strip().startswith("@")
    assert definition.source.rows
    assert len((definitions_folder() / f"{name}.toml").read_text(encoding="utf-8").splitlines()) <= 80


@pytest.mark.parametrize("name", TWELVE)
def test_every_variant_is_valid_and_named(name: str) -> None:
    plain = load_definition(name)
    for variant in {*plain.variants, "caprl"}:
        expected = name if variant == plain.default_variant else f"{name}:{variant}"
        assert load_definition(f"{name}:{variant}").full_name == expected


def test_a_variant_replaces_only_what_it_names() -> None:
    plain, vision = load_definition("mmmu_pro"), load_definition("mmmu_pro:vision")
    assert plain.source.config == "standard (10 options)"
    assert vision.source.config == "vision"
    assert vision.source.dataset == plain.source.dataset
    assert vision.fields.images == (("image",),)
    assert vision.fields.options == plain.fields.options


def test_an_unknown_benchmark_says_what_was_meant() -> None:
    with pytest.raises(UnknownName, match="did you mean 'chartqa'"):
        load_definition("chartqaa")


def test_an_unknown_variant_says_which_there_are() -> None:
    with pytest.raises(UnknownName, match=r"variant of benchmark mmmu_pro 'vison'.*did you mean 'vision'"):
        load_definition("mmmu_pro:vison")


def test_a_name_cannot_leave_the_definitions() -> None:
    with pytest.raises(UnknownName):
        load_definition("../benchmarks/chartqa")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("kind = ", "knid = "), "knid: Extra inputs are not permitted"),
        (('answer = "answer"', ""), "fields.answer is missing"),
        (('question = "question"', ""), "fields.question is missing"),
        (('images = ["image"]', "images = []"), "fields.images"),
        (("[scoring]", "[scoring"), "is not TOML"),
        (('name = "mine"', 'name = "../mine"'), "name: String should match"),
        (("[scoring]", '[options]\nformat = "columns"\n[scoring]'), "options.columns is missing"),
        (('kind = "short"', 'kind = "short"\nonly = ["x"]'), "only names no question: x"),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL.replace(*change), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_definition(str(path))
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read definition .*none\.toml: No such file"):
        load_definition(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("chartqa", ("chartqa", "")),
        ("mmmu_pro:vision", ("mmmu_pro", "vision")),
        ("a/b.toml", ("a/b.toml", "")),
        ("a/b.toml:x", ("a/b.toml", "x")),
        (r"C:\b.toml", (r"C:\b.toml", "")),
    ],
)
def test_a_name_is_parted_from_its_variant(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


def test_where_a_gold_can_refuse_its_own_word_is_asked_for():
    words = {name: word for name in TWELVE if (word := load_definition(name).abstain)}
    assert words == {"chartqapro": "Unanswerable", "charxiv": "Not Applicable"}
