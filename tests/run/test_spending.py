"""What an entry's captions and the answers to them took, in the manifest: the same from a server and from the store."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from prism_eval import evaluate
from prism_eval.errors import UsageError
from prism_eval.run.reading import read_manifest
from tests.builders import chart_folder
from tests.shell import shell

TABLES = ("captions", "answers", "verdicts")


@pytest.fixture
def places(tmp_path):
    data = str(chart_folder(tmp_path / "data", images=3, questions=2))
    return {"data": data, "benchmarks": "chartqa", "store": tmp_path / "store.sqlite", "out": tmp_path / "run"}


def spec(server, options=""):
    return f"openai:model?base_url={server.url}{options}"


def spent(folder):
    return read_manifest(folder)["counts"]["entries"]


def test_tokens_time_and_money_of_captions_and_of_answers_apart(places, serve):
    captioner, reader = serve(text="a b c", latency=0.03), serve(text="Answer: 1")
    prices = "&price_in=2&price_out=10&params_b=3&label=A"
    evaluate(spec(captioner, prices), reasoner=spec(reader, "&price_out=5&label=R"), **places)
    entry = spent(places["out"])["A"]
    answers = entry.pop("answers")["R"]
    assert 3 * 0.03 <= entry.pop("seconds") < 10
    assert entry == {
        "captions": 3, "counted": 3, "prompt_tokens": 21, "completion_tokens": 9, "timed": 3,
        "cost": pytest.approx((21 * 2 + 9 * 10) / 1e6),
    }  # fmt: skip
    assert answers.pop("seconds") > 0
    assert answers == {
        "answers": 6, "counted": 6, "prompt_tokens": 42, "completion_tokens": 12, "timed": 6,
        "cost": pytest.approx(12 * 5 / 1e6),
    }  # fmt: skip
    manifest = read_manifest(places["out"])
    (one,) = manifest["captioners"]
    assert (one["label"], one["params_b"], one["price_in"], one["price_out"]) == ("A", 3, 2, 10)
    assert "price" not in json.dumps(one["identity"])
    assert manifest["reasoner"]["price_out"] == 5
    assert 0 < manifest["counts"]["seconds"] < 30


def test_what_the_store_has_took_what_it_took_when_it_was_made(places, tmp_path, serve):
    server = serve(text="Answer: 1", latency=0.02)
    evaluate(spec(server), reasoner=spec(server, "&label=R"), **places)
    before, tables = spent(places["out"]), {name: (places["out"] / f"{name}.parquet").read_bytes() for name in TABLES}
    assert before["openai:model"]["timed"] == 3
    asked = server.server.arrivals.total()
    evaluate(spec(server), reasoner=spec(server, "&label=R"), **{**places, "out": tmp_path / "again"})
    assert spent(tmp_path / "again") == before
    assert server.server.arrivals.total() == asked
    assert tables == {name: (tmp_path / "again" / f"{name}.parquet").read_bytes() for name in TABLES}


def test_what_a_cache_held_and_images_took_is_remembered_and_not_taken_again(places, tmp_path, serve):
    eyes, reader = serve(caches=True, text="word " * 40), serve(caches=True, text="Answer: 1")
    where = {key: places[key] for key in ("data", "benchmarks", "store")}
    first = evaluate(spec(eyes), reasoner=spec(reader, "&label=R"), out=tmp_path / "one", **where)
    told = spent(tmp_path / "one")["openai:model"]
    answers = told["answers"]["R"]
    assert told["image_tokens"] == 3 * 64, "three charts of 64 tokens each"
    assert "image_tokens" not in answers
    assert answers["cacheable_tokens"] == answers["prompt_tokens"]
    # The second question on a chart finds its caption read.
    assert answers["cached_tokens"] == reader.server.cache.hits > 3 * 32
    assert first.tallies["answer"].cached_tokens == answers["cached_tokens"]
    rows = pq.read_table(tmp_path / "one" / "captions.parquet")
    assert rows["image_tokens"].to_pylist() == [64, 64, 64]
    again = evaluate(spec(eyes), reasoner=spec(reader, "&label=R"), out=tmp_path / "two", **where)
    assert spent(tmp_path / "two")["openai:model"] == told
    assert {(tally.made, tally.prompt_tokens, tally.cached_tokens) for tally in again.tallies.values()} == {(0, 0, 0)}
    (row,) = again.leaderboard.rows
    held = told["cached_tokens"] + answers["cached_tokens"]
    assert row.cached == pytest.approx(held / (told["cacheable_tokens"] + answers["cacheable_tokens"]))


def test_the_end_of_a_run_from_the_store_says_what_all_of_it_took(places, serve):
    eyes, reader = serve(caches=True, text="word " * 40), serve(caches=True, text="Answer: 1")
    words = ["run", "-c", spec(eyes), "-r", spec(reader), "-b", "chartqa", "--data", places["data"], "--quiet"]
    words += ["--out", str(places["out"]), "--store", str(places["store"])]
    first, second = (shell(*words) for _ in range(2))
    (took,) = (line for line in first.stdout.splitlines() if line.startswith("Captions: 3 made"))
    assert "(192 of images)" in took
    assert "With what the store had" not in first.stdout
    told = spent(places["out"])["openai:model"]
    (all_of_it,) = (line for line in second.stdout.splitlines() if line.startswith("With what the store had"))
    read = told["prompt_tokens"] + next(iter(told["answers"].values()))["prompt_tokens"]
    assert f"took {read:,} tokens in (" in all_of_it
    assert "192 of images" in all_of_it
    assert "Captions: 0 made, 3 taken from the store, 0 failed." in second.stdout


def test_a_price_that_is_learnt_later_needs_no_new_run(places, serve):
    server = serve(text="a b c")
    evaluate(spec(server, "&label=A"), **places)
    assert "cost" not in spent(places["out"])["A"]
    evaluate(spec(server, "&price_out=1&label=A"), **places)
    assert spent(places["out"])["A"]["cost"] == pytest.approx(9 / 1e6)
    assert server.server.arrivals.total() == 3


def test_what_is_made_of_others_took_what_they_took(places, serve):
    server = serve(text="a b c", latency=0.03)
    one = spec(server, "&price_in=1")
    evaluate({"whole": one, "cut": f"budget({one})?words=1", "both": f"merge({one}, {one})"}, **places)
    assert server.server.arrivals.total() == 3
    said = spent(places["out"])
    assert said["cut"]["seconds"] == said["whole"]["seconds"] > 0.09
    assert said["both"]["seconds"] == pytest.approx(2 * said["whole"]["seconds"], abs=0.002)
    assert (said["whole"]["prompt_tokens"], said["both"]["prompt_tokens"]) == (21, 42)
    assert said["cut"]["cost"] == said["whole"]["cost"]
    # At whose price? Of several parts it has to be said for the whole.
    assert "cost" not in said["both"]


def test_who_answers_by_itself_has_no_captions_and_its_own_prices(places, serve):
    server = serve(text="Answer: 1")
    direct = f"direct({spec(server, '&price_in=1')})"
    evaluate({"D": direct}, reasoner=spec(serve(), "&price_in=1000&label=R"), **places)
    entry = spent(places["out"])["D"]
    assert (entry["captions"], entry["seconds"], entry["prompt_tokens"]) == (0, None, None)
    assert entry["answers"]["R"]["cost"] == pytest.approx(42 / 1e6)


def test_several_reasoners_are_told_apart(places, serve):
    readers = [spec(serve(text="Answer: 1"), "&label=R"), "lexical"]
    evaluate("blind", reasoner=readers, **places)
    answers = spent(places["out"])["blind"]["answers"]
    assert {label: (one["answers"], one["prompt_tokens"]) for label, one in answers.items()} == {
        "R": (6, 42),
        "lexical": (6, None),
    }


def test_a_price_that_is_no_number_is_refused(places, serve):
    with pytest.raises(UsageError, match="price_in='cheap'"):
        evaluate(spec(serve(), "&price_in=cheap"), **places)
