"""The flags that make a plan."""

import inspect
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from prism_eval.cli.caption import caption
from prism_eval.cli.options import HEADINGS, PlanFlags
from prism_eval.cli.plan import plan
from prism_eval.cli.run import run
from prism_eval.cli.taking import taking
from prism_eval.cli.values import Limit, limit
from prism_eval.errors import UsageError
from prism_eval.plan import Plan
from prism_eval.run.paths import with_absolute_paths

FLAGS = [field.name for field in fields(PlanFlags)]


def test_every_flag_but_the_file_and_its_trust_is_a_key_of_the_plan():
    assert set(FLAGS) - set(Plan.model_fields) == {"file", "trust"}


def test_every_flag_of_a_plan_has_one_heading():
    placed = [name for names in HEADINGS.values() for name in names]
    assert len(placed) == len(set(placed))
    assert set(FLAGS) <= set(placed) <= set(inspect.signature(run).parameters)


def test_a_flag_overrides_the_file_and_one_not_given_does_not(tmp_path):
    (tmp_path / "plan.toml").write_text('captioners = ["ocr"]\nlimit = 5\nseed = 3\n', encoding="utf-8")
    made = PlanFlags(file=tmp_path / "plan.toml", captioners=[], seed=0).plan()
    assert (made.captioners, made.limit, made.seed) == (("ocr",), 5, 0)


def test_a_file_says_all_by_a_zero_and_a_flag_by_being_left_out(tmp_path):
    (tmp_path / "plan.toml").write_text('captioners = ["ocr"]\nlimit = 0\n', encoding="utf-8")
    assert PlanFlags(file=tmp_path / "plan.toml").plan().limit == 0
    with pytest.raises(UsageError, match="leave --limit out"):
        PlanFlags(captioners=["ocr"], limit=Limit(0)).plan()


@pytest.mark.parametrize(
    ("text", "meant"),
    [("5", (5, False)), ("5?first=true", (5, True)), ("5?first=false", (5, False))],
)
def test_a_limit_says_how_many_and_which(text, meant, tmp_path):
    made = PlanFlags(captioners=["ocr"], limit=limit(text)).plan()
    assert (made.limit, made.first) == meant


@pytest.mark.parametrize("text", ["", "1.5", "1e3", "5?first", "5?first=1", "5?seed=3", "5?", "?first=true"])
def test_a_limit_that_says_anything_else_is_a_wrong_command(text):
    with pytest.raises(typer.BadParameter):
        limit(text)


def test_the_first_of_everything_are_everything(tmp_path):
    (tmp_path / "plan.toml").write_text('captioners = ["ocr"]\nfirst = true\n', encoding="utf-8")
    with pytest.raises(UsageError, match="give --limit N"):
        PlanFlags(file=tmp_path / "plan.toml").plan()
    assert PlanFlags(file=tmp_path / "plan.toml", limit=limit("3?first=true")).plan().first


def test_benchmarks_are_taken_apart_at_commas():
    made = PlanFlags(captioners=["blind"], benchmarks=["chartqa,mmmu", "mmstar"]).plan()
    assert made.benchmarks == ("chartqa", "mmmu", "mmstar")


@pytest.mark.parametrize(("given", "meant"), [("~/data", Path.home() / "data"), ("data", Path("data").absolute())])
def test_a_data_folder_is_where_it_is_from_any_folder(given, meant):
    assert with_absolute_paths(PlanFlags(captioners=["blind"], data=given).plan()).data == str(meant)


@pytest.mark.parametrize("name", ["synthetic", "hub"])
def test_data_that_is_no_folder_stays_a_word(name):
    assert with_absolute_paths(PlanFlags(captioners=["blind"], data=name).plan()).data == name


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("mine.toml", str(Path("mine.toml").absolute())),
        ("~/mine.toml?samples=2", f"{Path.home() / 'mine.toml'}?samples=2"),
        ("caprl?caption.prompt=./x.toml", "caprl?caption.prompt=./x.toml"),
    ],
)
def test_a_protocols_file_is_where_it_is_and_its_options_are_no_path(given, meant):
    assert with_absolute_paths(PlanFlags(captioners=["blind"], protocol=given).plan()).protocol == meant


def test_a_wrong_value_names_the_file_it_is_in(tmp_path):
    (tmp_path / "plan.toml").write_text('captioners = ["ocr"]\nlimit = -5\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"plan\.toml: limit"):
        PlanFlags(file=tmp_path / "plan.toml").plan()


def test_a_verb_is_given_one_object_and_its_own_flags():
    @taking(PlanFlags, without=("orders", "samples"))
    def verb(flags: PlanFlags, *, quiet: bool = False) -> int:
        return int(quiet) + (flags.limit.items if flags.limit else 0)

    assert list(inspect.signature(verb).parameters) == [*(f for f in FLAGS if f not in ("orders", "samples")), "quiet"]
    given = dict.fromkeys((name for name in FLAGS if name not in ("orders", "samples")), None)
    assert verb(**given | {"limit": Limit(2)}, quiet=True) == 3


@pytest.mark.parametrize(
    ("verb", "without"),
    [
        (run, set()),
        (caption, {"edition", "judge", "orders", "until_decided", "baseline", "margin"}),
        (plan, {"edition", "patience", "allow_missing", "thumbnails"}),
    ],
)
def test_each_verb_takes_all_flags_but_those_that_mean_nothing_to_it(verb, without):
    assert set(FLAGS) - set(inspect.signature(verb).parameters) == without
