"""Which items are in which shard, and what is said of shards that cannot be merged."""

from __future__ import annotations

import asyncio
import json
import shlex
import shutil
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.benchmarks import RowError
from prism_eval.errors import Interrupted, NotThere, PrismError, RunError, UsageError
from prism_eval.leaderboard import build
from prism_eval.plan import Shard, make_plan
from prism_eval.run.folder import RunFolder
from prism_eval.run.forecast import forecast
from prism_eval.run.merging import merge
from prism_eval.run.shards import divide
from prism_eval.schema import Item, ItemKind
from tests.builders import chart_folder, image
from tests.sharded import run_shards

IMAGES = [image(shade) for shade in range(12)]


class Rows:
    """A benchmark of rows that each show some of a dozen images; a row without any cannot be read."""

    def __init__(self, name, shown):
        self.name, self.shown = name, shown

    def items_and_problems(self):
        for number, places in enumerate(self.shown):
            if not places:
                yield RowError("column missing", "no column", item=f"row {number}")
                continue
            images = tuple(IMAGES[place] for place in places)
            yield Item(
                benchmark=self.name, id=str(number), kind=ItemKind.SHORT, question="?", images=images, golds=("1",),
                cluster="-",
            )  # fmt: skip


rows = st.lists(st.lists(st.integers(0, 11), max_size=3), min_size=1, max_size=15)


def taken(part):
    return [item.item if isinstance(item, RowError) else item.id for item in part.items_and_problems()]


@given(st.lists(rows, min_size=1, max_size=3), st.integers(1, 9))
def test_shards_part_items_and_images(benchmarks, count):
    sources = [Rows(f"b{number}", shown) for number, shown in enumerate(benchmarks)]
    shards = [divide(sources, Shard(number, count)) for number in range(1, count + 1)]
    for place, source in enumerate(sources):
        everything = taken(source)
        parts = [taken(shard.parts[place]) for shard in shards]
        assert sorted(id_ for part in parts for id_ in part) == sorted(everything)
        # In the order of the whole.
        assert all(part == [id_ for id_ in everything if id_ in part] for part in parts)
        assert {shard.parts[place].fingerprint for shard in shards} == {shards[0].parts[place].fingerprint}
    shown = [
        {one.digest for part in shard.parts for item in part.items_and_problems() if isinstance(item, Item)
         for one in item.images}
        for shard in shards
    ]  # fmt: skip
    assert sum(map(len, shown)) == len(set().union(*shown))
    assert sum(shard.items for shard in shards) == sum(map(len, benchmarks))


@given(rows, rows, st.integers(1, 9), st.integers(0, 11))
def test_an_image_by_itself_is_in_the_shard_that_its_digest_names(before, after, count, alone):
    others = [[place for place in places if place != alone] for places in (*before, *after)]
    shown = [*others[: len(before)], [alone], *others[len(before) :]]
    number = int(IMAGES[alone].digest[:16], 16) % count + 1
    assert str(len(before)) in taken(divide([Rows("b", shown)], Shard(number, count)).parts[0])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0/8", "there is no shard 0/8: shards are counted from 1, so those of 8 are 1/8 to 8/8"),
        ("9/8", "there is no shard 9/8: shards are counted from 1, so those of 8 are 1/8 to 8/8"),
        ("1/0", "there is no shard 1/0"),
        ("3", "'3' is no shard: write I/N, as 3/8 for the third of eight"),
        ("a/b", "is no shard"),
        ("-1/8", "is no shard"),
        ("01/08", "is no shard"),
        ("1/8/2", "is no shard"),
        ("1.0/2", "is no shard"),
        ("", "is no shard"),
        ("١/٢", "is no shard"),
        ("1/8\n", "is no shard"),
        ("1" * 5000 + "/8", "is no shard"),
    ],
)
def test_a_shard_that_is_none_is_told(text, says):
    with pytest.raises(UsageError) as error:
        make_plan({"captioners": ["blind"], "shard": text})
    assert says in str(error.value)
    assert len(str(error.value)) < 150


def test_a_run_until_decided_has_no_shards():
    with pytest.raises(UsageError, match=r"until_decided compares .* a shard knows its own part only"):
        make_plan({"captioners": ["a", "b"], "until_decided": True, "baseline": "a", "shard": "1/2"})


def test_a_shard_is_in_the_plan_but_changes_no_other_plans_digest():
    plan = make_plan({"captioners": ["blind"]})
    assert "shard" not in plan.to_toml()
    assert plan.digest != make_plan({"captioners": ["blind"], "shard": "1/2"}).digest
    assert plan.model_copy(update={"shard": "1/2"}).difference(plan) == "shard"


@pytest.fixture
def plan(tmp_path):
    return {"data": str(chart_folder(tmp_path / "data", images=8)), "benchmarks": ["chartqa"], "captioners": ["blind"]}


@pytest.fixture
def shards(tmp_path, plan):
    return run_shards(tmp_path, 3, **plan)


def refused(error, shards, out):
    before = {path: path.read_bytes() for folder in shards for path in folder.rglob("*") if path.is_file()}
    there = set(out.parent.iterdir())
    with pytest.raises(error) as raised:
        merge(shards, out)
    # Nothing of it is left, hidden or not, and no shard is touched.
    assert set(out.parent.iterdir()) == there
    assert before == {path: path.read_bytes() for folder in shards for path in folder.rglob("*") if path.is_file()}
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_missing_ones_are_told_with_what_makes_them(shards, tmp_path):
    said = refused(NotThere, shards[1:2], tmp_path / "out")
    assert said.startswith("shard 1/3 is missing: give its folder too, or make it with prism-eval run --plan ")
    assert "--shard 1/3 --out DIR; shard 3/3 is missing" in said


def test_of_many_missing_ones_some_are_told(plan, tmp_path):
    (one,) = run_shards(tmp_path, 1, **plan)
    toml = one / "plan.toml"
    toml.write_text(toml.read_text().replace("1/1", "1/1000"), encoding="utf-8")
    said = refused(NotThere, [one], tmp_path / "out")
    assert said.endswith("; and 989 more")


def test_one_given_twice_is_told(shards, tmp_path):
    shutil.copytree(shards[0], tmp_path / "copy")
    said = refused(UsageError, [*shards, tmp_path / "copy"], tmp_path / "out")
    assert "shard 1/3 is given twice" in said
    assert str(shards[0]) in said
    assert str(tmp_path / "copy") in said
    refused(UsageError, [shards[0], *shards], tmp_path / "out")


def test_shards_of_two_divisions_or_plans_are_told(shards, plan, tmp_path):
    others = run_shards(tmp_path / "others", 2, **plan)
    assert "is shard 1/3" in refused(UsageError, [*shards, others[0]], tmp_path / "out")
    seeded = run_shards(tmp_path / "seeded", 3, **plan, seed=4)
    said = refused(UsageError, [*shards[:2], seeded[2]], tmp_path / "out")
    assert "shards of different plans: seed is 0 and 4" in said
    another = run_shards(tmp_path / "another", 3, **plan | {"captioners": ["oracle"]})
    assert "captioners" in refused(RunError, [*shards[:2], another[2]], tmp_path / "out")


def test_other_data_on_one_node_is_told(shards, plan, tmp_path):
    file = tmp_path / "data" / "chartqa" / "data.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace('"label": "10"', '"label": "11"'), encoding="utf-8")
    other = run_shards(tmp_path / "others", 3, **plan)
    assert "fingerprint" in refused(RunError, [*shards[:2], other[2]], tmp_path / "out")


def test_another_version_is_told(shards, tmp_path):
    file = shards[1] / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(manifest | {"version": "0.0.1"}), encoding="utf-8")
    assert "prism-eval version" in refused(RunError, shards, tmp_path / "out")


@pytest.mark.parametrize("lost", [["manifest.json"], ["captions.parquet", "answers.parquet", "verdicts.parquet"]])
def test_an_unfinished_one_is_told_with_what_finishes_it(lost, shards, tmp_path):
    for name in lost:
        (shards[2] / name).unlink()
    said = refused(NotThere, shards, tmp_path / "out")
    assert said == (
        f"shard 3/3 is not finished; to finish it: prism-eval run --plan {shards[2] / 'plan.toml'} --out {shards[2]}"
    )
    words = said.partition("to finish it: prism-eval ")[2].split()
    command = [sys.executable, "-m", "prism_eval", *words, "-q", "--store", str(tmp_path / "more.sqlite")]
    subprocess.run(command, check=True, capture_output=True)
    assert merge(shards, tmp_path / "out").read_plan().shard is None


def test_one_that_stopped_at_an_earlier_stage_is_told(shards, tmp_path):
    for name in ("answers.parquet", "verdicts.parquet"):
        (shards[0] / name).unlink()
    manifest = json.loads((shards[0] / "manifest.json").read_text(encoding="utf-8"))
    manifest["shard"]["stage"] = "caption"
    (shards[0] / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    said = refused(NotThere, shards, tmp_path / "out")
    assert said.endswith(f"to finish it: prism-eval answer {shards[0]} && prism-eval score {shards[0]}")


def test_what_is_no_shard_is_told(shards, tmp_path, plan):
    whole = merge(shards, tmp_path / "whole").path
    assert "is no shard, but a whole run" in refused(UsageError, [*shards, whole], tmp_path / "out")
    assert "is no run folder" in refused(NotThere, [*shards, tmp_path / "nowhere"], tmp_path / "out")
    assert "no shard is given" in refused(UsageError, [], tmp_path / "out")


def test_a_folder_that_is_there_is_not_written_to(shards, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    assert "is there already" in refused(UsageError, shards, tmp_path / "out")
    refused(UsageError, shards, shards[0])


@pytest.mark.parametrize("name", ["captions", "answers", "verdicts", "calls"])
@pytest.mark.parametrize("harm", ["cut", "gone", "whole"])
def test_a_damaged_table_is_told(name, harm, shards, tmp_path):
    file = shards[1] / f"{name}.parquet"
    if harm == "cut":
        file.write_bytes(file.read_bytes()[:-9])
    elif harm == "gone":
        file.unlink()
    else:  # that of a run which was no shard
        file.write_bytes(
            (merge(shards, tmp_path / "whole").path / f"{name if name != 'calls' else 'answers'}.parquet").read_bytes()
        )
    said = refused(PrismError, shards, tmp_path / "out")
    assert str(shards[1]) in said


def test_a_merge_that_is_stopped_leaves_nothing(shards, tmp_path, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("prism_eval.run.merging.writing.joined_manifest", stopped)
    said = refused(Interrupted, shards, tmp_path / "out")
    assert said == "stopped; the shards are as they were, and nothing was written"


def test_more_shards_than_files_may_be_open(plan, tmp_path):
    data = str(chart_folder(tmp_path / "more", images=120, questions=1))
    shards = run_shards(tmp_path, 30, **plan | {"data": data, "thumbnails": False})
    merging = [sys.executable, "-m", "prism_eval", "merge", *map(str, shards), "-o", str(tmp_path / "out")]
    done = subprocess.run(
        ["bash", "-c", f"ulimit -Sn 28; {shlex.join(merging)}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_report_on_a_shard_says_that_it_is_one(shards):
    (told,) = [warning for warning in build(shards[0]).warnings if "Shard" in warning]
    assert told.startswith("Shard 1 of 3, a part of a run's items")


def test_a_forecast_of_shards_adds_up_to_that_of_the_run(plan, tmp_path):
    asked = [make_plan(plan | {"shard": shard}) for shard in (None, "1/2", "2/2")]
    whole, *parts = [asyncio.run(forecast(one, tmp_path / "store.sqlite")) for one in asked]
    assert sum(part.items.get("chartqa", 0) for part in parts) == whole.items["chartqa"] == 16
    assert sum(part.images.get("chartqa", 0) for part in parts) == whole.images["chartqa"] == 8


def test_a_folder_holds_one_shard(shards, plan, tmp_path):
    with pytest.raises(UsageError, match=r"holds the run of another plan \('shard' differs\)"):
        run_shards(tmp_path, 2, **plan)
    assert RunFolder.open(shards[0]).read_plan().shard == "1/3"
