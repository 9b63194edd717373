"""Shards that are merged are the one run: byte for byte, whatever the plan."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prism_eval.captioners import Captioner
from prism_eval.errors import PermanentError, RunError
from prism_eval.leaderboard import build
from prism_eval.plugins import runtime
from prism_eval.reasoners import Reasoner
from prism_eval.run.execute import run_plan
from prism_eval.run.merging import merge
from prism_eval.run.reading import Table, read_manifest
from prism_eval.run.replay import reopen
from prism_eval.schema import Answer, Caption, FinishReason
from tests.builders import chart_folder, png
from tests.runfolder import edit
from tests.sharded import _run, assert_one_run, assert_same, run_shards, run_whole
from tests.shell import shell

_MINE = """
name = "mine"
title = "Mine"
summary = "Some pictures to a question."
licence = "CC0"
homepage = "https://example.org"
citation = "none"
kind = "short"
[source]
dataset = "owner/mine"
split = "test"
[fields]
question = "question"
answer = "answer"
images = ["image_0", "image_1", "image_2"]
[scoring]
official = "strict"
strict = "strict"
"""
TWINS = {"captioners": ["oracle", "blind"], "thumbnails": False}


@dataclass(kw_only=True)
class Moody(Captioner):
    """Says the digest of an image; of some it says nothing, thinks for ever, is cut or fails, by that digest alone."""

    seeded: int = field(default=0)

    async def caption(self, images, *, sample, question=None):
        digest = images[0].digest
        mood = int(digest[-2:], 16) % 6
        if mood == 0:
            raise PermanentError(f"will not look at {digest[:8]}")
        if mood == 1:
            return Caption(" ", prompt_tokens=7, completion_tokens=1)
        if mood == 2:
            return Caption("<think>hm", prompt_tokens=7)
        if mood == 3:
            return Caption("", FinishReason.LENGTH, 7, 0)
        return Caption(f"Chart {digest[:6]}, sample {sample}.", prompt_tokens=7, completion_tokens=5)


@dataclass(kw_only=True)
class Parrot(Reasoner):
    """Answers with a word of the caption."""

    word: int = 0

    async def answer(self, caption, item, *, sample):
        return Answer(f"Answer: {(caption.text.split() or ['nothing'])[self.word % 2 - 1]}", prompt_tokens=3)


def charts(home, images=9, questions=3):
    return str(chart_folder(home / "data", images=images, questions=questions))


def objects():
    return {
        "captioners": ["moody", "blind", "oracle"],
        "reasoner": ["parrot", "lexical"],
        "captioner_objects": {"moody": Moody()},
        "reasoner_objects": {"parrot": Parrot(word=1)},
    }


@pytest.mark.parametrize(
    "plan",
    [
        {**TWINS, "benchmarks": ["chartqa", "mmmu", "mmmu_pro", "wemath", "charxiv:reasoning"], "limit": 24},
        {
            "captioners": ["oracle", "mismatched(oracle)", "budget(oracle)?words=9", "merge(oracle, blind)", "blind"],
            "benchmarks": ["infovqa", "mmstar"],
            "limit": 20,
            "samples": 2,
            "seed": 5,
        },
        {**TWINS, "benchmarks": ["mmstar", "mmmu"], "orders": 3, "limit": 12},
        {**TWINS, "benchmarks": ["chartqa", "mmstar"], "limit": 12, "first": True},
        {
            "captioners": ["oracle", "direct(oracle)"],
            "benchmarks": ["chartqa"],
            "reasoner": ["lexical", "lexical?min_evidence=0.9"],
            "edition": "strict",
        },
    ],
    ids=["benchmarks", "combinators", "orders", "first", "direct"],
)
@pytest.mark.parametrize("count", [1, 3])
def test_merged_shards_are_the_one_run(plan, count, tmp_path):
    assert_one_run(tmp_path, count, **plan)


def test_captions_that_fail_say_nothing_or_are_cut_count_as_in_one_run(tmp_path):
    plan = {"data": charts(tmp_path, images=30), "benchmarks": ["chartqa"], "samples": 2, **objects()}
    merged = assert_one_run(tmp_path, 4, **plan)
    counts = read_manifest(merged)["counts"]
    assert counts["empty_captions"]["moody"] > 2
    assert "blind" not in counts["empty_captions"]
    assert counts["calls"]["caption"]["failed"] > 2
    assert {"failed", "truncated"} < set(counts["outcomes"])
    # One empty caption stands for every image, in one run as in the merged one.
    assert counts["entries"]["blind"]["captions"] == 2


def test_rows_that_cannot_be_used_are_told_as_one_run_tells_them(tmp_path):
    data = charts(tmp_path, images=12)
    file = tmp_path / "data" / "chartqa" / "data.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for place in (0, 7, 8, 20, 35):
        del rows[place]["label"]
    rows[4]["imgname"] = "away.png"
    rows[11]["query"] = None
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "data" / "chartqa" / "images" / "5.png").write_bytes(b"no picture")
    merged = assert_one_run(tmp_path, 5, data=data, benchmarks=["chartqa"], captioners=["blind", "oracle"])
    unusable = read_manifest(merged)["benchmarks"][0]["unusable"]
    assert sum(unusable["reasons"].values()) == 10
    assert "row 1" in unusable["first"] or "data.jsonl:1" in unusable["first"] or "item 0" in unusable["first"]


def test_more_shards_than_images_leave_some_empty(tmp_path):
    data = charts(tmp_path, images=2)
    assert_one_run(tmp_path, 9, data=data, benchmarks=["chartqa"], captioners=["oracle"])
    empty = [number for number in range(1, 10) if not Table(tmp_path / f"shard-{number}", "verdicts").size]
    assert len(empty) >= 7


@pytest.mark.parametrize("items", [2000, 2001, 4100])
def test_row_groups_end_where_those_of_one_run_do(items, tmp_path):
    data = chart_folder(tmp_path / "data", images=items // 100, questions=100)
    file = data / "chartqa" / "data.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines, *lines][:items]), encoding="utf-8")
    plan = {"data": str(data), "benchmarks": ["chartqa"], "captioners": ["blind"], "thumbnails": False}
    merged = assert_one_run(tmp_path, 3, **plan)
    assert pq.read_metadata(merged / "verdicts.parquet").num_rows == items


def test_the_priors_of_questions_that_several_shards_ask_count_once(tmp_path, serve):
    spec = f"openai:model?base_url={serve().url}"
    plan = {"captioners": [spec, "blind"], "reasoner": [f"{spec}&by=rank"], "benchmarks": ["mmstar"], "limit": 12}
    merged = assert_one_run(tmp_path, 3, **plan)
    assert read_manifest(merged)["counts"]["calls"]["prior"]["made"] > 3


def test_a_judge_is_asked_in_each_shard(tmp_path, serve):
    judge = f"openai:model?base_url={serve(text='Verdict: correct').url}&label=Grader"
    plan = {"captioners": ["oracle", "blind"], "benchmarks": ["charxiv:reasoning"], "limit": 20, "judge": judge}
    assert_one_run(tmp_path, 3, reasoner_objects={"parrot": Parrot()}, **plan | {"reasoner": ["parrot"]})


def test_what_caches_held_is_summed_and_what_images_took_is_what_one_run_says(tmp_path, serve):
    eyes, reader = (
        f"openai:model?base_url={serve(caches=True, text=text).url}" for text in ("word " * 40, "Answer: 1")
    )
    plan = {
        "captioners": [eyes],
        "reasoner": [f"{reader}&label=R"],
        "benchmarks": ["chartqa"],
        "data": charts(tmp_path),
    }
    shards = run_shards(tmp_path, 3, **plan)
    merged = merge(shards, tmp_path / "merged").path
    told = [read_manifest(folder)["counts"]["entries"]["openai:model"] for folder in (*shards, merged)]
    for *parts, whole in (told, [one["answers"]["R"] for one in told if one["answers"]]):
        for key in ("cached_tokens", "cacheable_tokens", "image_tokens"):
            assert whole.get(key, 0) == sum(part.get(key, 0) for part in parts)
    assert told[-1]["answers"]["R"]["cached_tokens"] > 0
    assert_same(run_whole(tmp_path, **plan), merged)


def crossed(tmp_path, serve, *, entries, **plan):
    """Two shards whose captioners and readers, each on a server of its own, do or do not write the same words."""
    shards = []
    for number, different in enumerate((0, plan.pop("different", 0)), start=1):
        eyes = f"openai:model?base_url={serve(words=3 * different).url}&temperature=1"
        reader = f"openai:model?base_url={serve(text=f'Answer: {different}').url}&label=R"
        asked = {"captioners": [entry.format(eyes=eyes) for entry in entries], "reasoner": [reader], **plan}
        shards.append(_run(tmp_path / f"s{number}", asked | {"benchmarks": ["chartqa"], "shard": f"{number}/2"}))
    return shards


BOTH = ["{eyes}", "mismatched({eyes})"]


def test_captions_that_two_shards_were_told_differently_are_counted_and_all_kept(tmp_path, serve):
    data = charts(tmp_path, images=12)
    merged = merge(crossed(tmp_path, serve, entries=BOTH, data=data, different=1), tmp_path / "merged").path
    kept = pq.read_table(merged / "captions.parquet").to_pylist()
    own = [row for row in kept if row["captioner"] == "openai:model?temperature=1"]
    # Each chart is mistaken for the next, the last for the first, which may be in the other shard.
    shard = [int(row["image"][:16], 16) % 2 for row in own]
    crossings = sum(one != other for one, other in zip(shard, [*shard[1:], shard[0]], strict=True))
    assert read_manifest(merged)["counts"]["told_twice"] == {"caption": crossings}
    assert crossings >= 2
    digests = {Caption(row["text"]).digest for row in kept}
    answers = pq.read_table(merged / "answers.parquet").to_pylist()
    assert {row["caption_digest"] for row in answers} <= digests, "every answer's caption is there"


@dataclass(kw_only=True)
class Fickle(Captioner):
    """Sees nothing of an image, and says what it is told to."""

    mood: str = runtime("")

    def seen(self, images):
        return ()

    async def caption(self, images, *, sample, question=None):
        return Caption(f"It is {self.mood}.")


@pytest.mark.parametrize("moods", [("fine", "fine", "fine"), ("fine", "bad", "fine"), ("fine", "bad", "worse")])
def test_of_one_caption_of_all_shards_each_text_is_kept_once(moods, tmp_path):
    plan = {"captioners": ["fickle"], "benchmarks": ["chartqa"], "data": charts(tmp_path)}
    shards = [
        _run(
            tmp_path / f"s{number}", plan | {"captioner_objects": {"fickle": Fickle(mood=mood)}, "shard": f"{number}/3"}
        )
        for number, mood in enumerate(moods, start=1)
    ]
    merged = merge(shards, tmp_path / "merged").path
    kept = pq.read_table(merged / "captions.parquet")["text"].to_pylist()
    assert sorted(kept) == sorted({f"It is {mood}." for mood in moods})
    counts = read_manifest(merged)["counts"]
    assert counts.get("told_twice") == ({"caption": 1} if len(set(moods)) > 1 else None)
    assert counts["calls"]["caption"]["made"] == 1
    digests = set(pq.read_table(merged / "answers.parquet")["caption_digest"].to_pylist())
    assert digests == {Caption(text).digest for text in kept}


def test_answers_to_the_same_words_that_differ_are_counted_too(tmp_path, serve):
    data = charts(tmp_path, images=12)
    file = tmp_path / "data" / "chartqa" / "data.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    asked_alike = (row | {"query": f"How many, {place % 3}?"} for place, row in enumerate(rows))
    file.write_text("".join(json.dumps(row) + "\n" for row in asked_alike), encoding="utf-8")
    merged = merge(crossed(tmp_path, serve, entries=["blind"], data=data, different=1), tmp_path / "merged").path
    assert read_manifest(merged)["counts"]["told_twice"] == {"answer": 3}
    (said,) = (line for line in build(merged).warnings if "came to different texts" in line)
    assert said.startswith("3 answer calls that one run makes once")


def test_where_equal_calls_come_to_equal_texts_a_sampling_mismatch_merges_into_the_one_run(tmp_path, serve):
    spec = f"openai:model?base_url={serve().url}&temperature=1"
    plan = {"captioners": [spec, f"mismatched({spec})"], "benchmarks": ["chartqa"], "data": charts(tmp_path, images=12)}
    merged = assert_one_run(tmp_path, 3, **plan)
    assert "told_twice" not in read_manifest(merged)["counts"]


def test_a_shard_says_at_once_what_of_it_may_not_be_one_run(tmp_path, serve):
    spec = f"openai:model?base_url={serve().url}"
    plan = ["-b", "chartqa", "--data", charts(tmp_path), "--store", str(tmp_path / "store"), "--overwrite"]
    said = {}
    for name, words in {
        "samples": ["-c", f"mismatched({spec}&temperature=1)", "--shard", "1/2"],
        "greedy": ["-c", f"mismatched({spec})", "--shard", "1/2"],
        "alone": ["-c", f"{spec}&temperature=1", "--shard", "1/2"],
        "whole": ["-c", f"mismatched({spec}&temperature=1)"],
    }.items():
        done = shell("run", *words, *plan, "--out", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        said[name] = "describes images of other shards too" in " ".join(done.stderr.split())
    assert said == {"samples": True, "greedy": False, "alone": False, "whole": False}


def test_a_folder_of_captions_says_so_when_it_is_merged(tmp_path, serve):
    data = charts(tmp_path, images=12)
    crossed(tmp_path, serve, entries=BOTH, data=data, different=1, stages=["caption"])
    done = shell("merge", tmp_path / "s1", tmp_path / "s2", "--out", tmp_path / "merged")
    assert done.returncode == 0, done.stderr
    assert "caption calls that one run makes once came to different texts" in done.stderr


def test_each_task_may_have_a_server_of_its_own(tmp_path, serve):
    plan = {"benchmarks": ["chartqa"], "data": charts(tmp_path)}
    shards = []
    for number in (1, 2):
        spec = f"openai:model?base_url={serve().url}"
        shards.append(
            _run(tmp_path / f"s{number}", plan | {"captioners": [spec], "reasoner": [spec], "shard": f"{number}/2"})
        )
    merged = merge(shards, tmp_path / "merged")
    whole = _run(
        tmp_path / "one", plan | {"captioners": merged.read_plan().captioners, "reasoner": merged.read_plan().reasoner}
    )
    assert_same(whole, merged.path, but=("models",))
    # Every server that was asked is told.
    assert len({one["address"] for one in read_manifest(merged.path)["models"]}) == 2


def test_stage_by_stage_in_an_array_and_on_the_merged_folder(tmp_path):
    plan = {**TWINS, "benchmarks": ["chartqa", "wemath"], "limit": 15, "stages": ["caption"]}
    whole, shards = run_whole(tmp_path, **plan), run_shards(tmp_path, 2, **plan)
    merged = merge(shards, tmp_path / "captioned").path
    assert_same(whole, merged)
    for stage, before in (("answer", ["caption"]), ("score", ["caption", "answer"])):
        for folder in (whole, merged, *shards):
            store = tmp_path / f"{folder.name}.sqlite"
            again = reopen(folder, before, **({"reasoner": "lexical?min_evidence=0.4"} if stage == "answer" else {}))
            run_plan(again, out=folder, store=store, stages=[stage], live=frozenset({stage}))
        joined = merge(shards, tmp_path / stage).path
        assert_same(whole, joined)
        for table in ("captions", "answers", "verdicts"):
            if (whole / f"{table}.parquet").exists():
                assert (whole / f"{table}.parquet").read_bytes() == (merged / f"{table}.parquet").read_bytes()


def test_a_shared_store_changes_nothing_but_what_was_found_in_it(tmp_path):
    plan = {**TWINS, "benchmarks": ["chartqa"], "limit": 10}
    run_whole(tmp_path, **plan)
    shutil.copy(tmp_path / "whole.sqlite", tmp_path / "shard-1.sqlite")
    whole = run_whole(tmp_path, **plan)
    for number in (1, 2):
        shutil.copy(tmp_path / "whole.sqlite", tmp_path / f"shard-{number}.sqlite")
    assert_same(whole, merge(run_shards(tmp_path, 2, **plan), tmp_path / "merged").path)


@settings(max_examples=12)
@given(data=st.data(), count=st.integers(1, 5))
def test_any_data_in_any_number_of_shards(data, count, tmp_path_factory):
    home = tmp_path_factory.mktemp("any")
    shades = data.draw(st.lists(st.lists(st.integers(0, 7), min_size=1, max_size=3), min_size=1, max_size=12))
    (home / "data" / "mine").mkdir(parents=True)
    rows = [
        {
            "question": f"What is in picture {number % 3}?",
            "answer": "42",
            **{f"image_{place}": base64.b64encode(png(shade)).decode() for place, shade in enumerate(own)},
        }
        for number, own in enumerate(shades)
    ]
    definition = home / "mine.toml"
    (home / "data" / "mine" / "data.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )
    definition.write_text(_MINE, encoding="utf-8")
    plan = {"captioners": ["moody", "blind"], "captioner_objects": {"moody": Moody()}}
    assert_one_run(home, count, data=str(home / "data"), benchmarks=[str(definition)], **plan)


@pytest.mark.parametrize("name", ["captions", "answers"])
def test_a_text_that_ended_in_no_way_of_ours_is_said_and_nothing_is_written(name, tmp_path):
    shards = run_shards(tmp_path, 2, **{**TWINS, "benchmarks": ["chartqa"], "limit": 6})

    def changed(table):
        place = table.schema.get_field_index("finish_reason")
        ends = ["whim", *table["finish_reason"].to_pylist()[1:]]
        return table.set_column(place, table.schema.field(place), pa.array(ends, pa.string()))

    edit(shards[0] / f"{name}.parquet", changed)
    with pytest.raises(RunError, match="ended in 'whim', which is no way to end"):
        merge(shards, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()
