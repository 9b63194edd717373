"""What a plan would do is what the run then does: the same calls, to the same models, less what the store holds."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pyarrow.parquet as pq
import pytest

from prism_eval import evaluate
from prism_eval.captioners import CAPTIONER
from prism_eval.errors import UsageError
from prism_eval.leaderboard.writing import three_digits
from prism_eval.plan import load_protocol, make_plan
from prism_eval.plugins import Spec, build, registry
from prism_eval.run.costs import gpus_of
from prism_eval.run.forecast import forecast
from tests.builders import chart_folder
from tests.shell import shell

IMAGES = 4


@pytest.fixture
def places(tmp_path):
    data = chart_folder(tmp_path / "data", images=IMAGES, questions=2)
    return {"data": str(data), "benchmarks": ["chartqa"], "store": tmp_path / "store", "out": tmp_path / "run"}


def spec(server, options: str = "") -> str:
    return f"openai:model?base_url={server.url}{options}"


def foreseen(places, captioners, *, probe=False, **plan):
    values = {key: places[key] for key in ("data", "benchmarks")}
    return asyncio.run(forecast(make_plan({**values, "captioners": captioners, **plan}), places["store"], probe=probe))


def calls(told) -> Counter:
    return Counter({(one.stage, one.address): one.calls for one in told.models if one.address and one.calls})


def met(server) -> Counter:
    events = [event for event in server.server.events if event.event == "arrive"]
    return Counter({(kind, server.url): count for kind, count in Counter(e.kind for e in events).items()})


@pytest.mark.parametrize(
    "entries",
    [
        ["{eyes}", "budget({eyes})?words=2"],
        ["budget({eyes})?words=2"],
        ["merge({eyes}, blind)", "mismatched({eyes})"],
        ["merge({eyes}, budget({eyes})?words=1)", "direct({eyes})"],
        ["specific({eyes})", "{eyes}"],
    ],
)
def test_calls_are_those_that_the_run_makes(entries, places, serve):
    eyes, reader = serve(), serve()
    captioners = [text.format(eyes=spec(eyes)) for text in entries]
    told = foreseen(places, captioners, reasoner=spec(reader))
    assert [server.server.events + server.server.probes for server in (eyes, reader)] == [[], []], "nobody was asked"
    evaluate(captioners, reasoner=spec(reader), **places)
    shown = sum(count for (_, address), count in calls(told).items() if address == eyes.url)
    assert shown == met(eyes).total() == met(eyes)["caption", eyes.url]
    asked = sum(count for (_, address), count in calls(told).items() if address == reader.url)
    # Captions that turn out alike share their answers; that, nobody can know.
    assert asked >= met(reader).total() > 0
    again = foreseen(places, captioners, reasoner=spec(reader))
    assert not calls(again), "a finished run asks nobody"
    assert sum(one.stored for one in again.models) > 0


def test_priors_are_calls_of_their_own_and_counted_once(places, serve):
    eyes, reader = serve(), serve()
    captioners, twins = [spec(eyes), "blind"], {"data": "synthetic", "benchmarks": ["mmstar"], "limit": 6}
    told = foreseen({**places, **twins}, captioners, reasoner=spec(reader, "&by=rank"), limit=6)
    run = evaluate(captioners, reasoner=spec(reader, "&by=rank"), **{**places, **twins})
    assert calls(told)["prior", reader.url] == run.tallies["prior"].made > 0
    assert calls(told)["answer", reader.url] == run.tallies["answer"].made


def test_a_judge_is_asked_at_most_about_every_answer_and_exactly_about_known_ones(places, serve):
    judge, reader = serve(text="Verdict: correct"), serve(text="Hm.")
    twins = {**places, "data": "synthetic", "benchmarks": ["infovqa", "mathverse"], "limit": 6}
    plan = {"reasoner": spec(reader), "judge": spec(judge), "limit": 6}
    told = foreseen(twins, ["blind"], **plan)
    (most,) = (one for one in told.models if one.stage == "judge")
    run = evaluate("blind", reasoner=spec(reader), judge=spec(judge), **twins)
    assert (most.at_most, most.calls >= run.tallies["judge"].made) == (True, True)
    assert not calls(foreseen(twins, ["blind"], **plan))


def test_one_item_tells_time_tokens_and_money(places, serve):
    eyes, reader = serve(latency=0.2), serve(latency=0.1)
    captioners = [spec(eyes, "&price_in=1000000&price_out=2000000&concurrency=2")]
    before = foreseen(places, captioners, reasoner=spec(reader))
    caption, answer = before.models
    assert (caption.seconds, caption.tokens_out, answer.cost) == (None, None, None)
    assert caption.cost == caption.tokens_in + 2 * caption.most_out
    told = foreseen(places, captioners, probe=True, reasoner=spec(reader))
    assert (met(eyes).total(), met(reader).total()) == (1, 1)
    caption, answer = told.models
    assert (caption.calls, caption.stored, answer.calls, answer.stored) == (IMAGES - 1, 1, 2 * IMAGES - 1, 1)
    assert 0.4 <= caption.seconds < 2, "three captions, two at a time"
    assert caption.tokens_out == 3 * (IMAGES - 1), "as many words as the first"
    assert caption.cost == caption.tokens_in + 2 * caption.tokens_out
    assert answer.tokens_in > before.models[1].tokens_in * (2 * IMAGES - 1) / (2 * IMAGES), "captions are read"
    assert all("takes images" in str(probe) for _, probe in told.probes[:1])
    evaluate(captioners, reasoner=spec(reader), **places)
    assert met(eyes).total() == IMAGES, "what was measured is not asked again"


SPEEDS = "&speed_in=100&speed_out=10"


def test_gpu_hours_are_tokens_over_the_speed_of_one_gpu(places, serve):
    eyes, reader = spec(serve(), f"{SPEEDS}&reply_tokens=50"), spec(serve(), "&speed_in=50&speed_out=5&on_gpus=4")
    caption, answer = foreseen(places, [eyes], reasoner=reader).models
    assert (caption.tokens_out, caption.gpus, caption.seconds) == (50 * IMAGES, None, None)
    assert caption.gpu_hours == pytest.approx((caption.tokens_in / 100 + 50 * IMAGES / 10) / 3600)
    # Nobody says how long answers are: as long as they may be, and captions as long as they are said to be.
    assert answer.tokens_out is None
    assert answer.gpu_hours == pytest.approx((answer.tokens_in / 50 + answer.most_out / 5) / 3600)
    assert answer.seconds == pytest.approx(answer.gpu_hours * 3600 / 4), "four GPUs share the work"
    without = foreseen(places, [eyes.replace("&reply_tokens=50", "")], reasoner=reader).models[1]
    assert answer.tokens_in - without.tokens_in == 50 * 2 * IMAGES, "captions are read as long as they will be"


def test_without_speeds_gpu_hours_are_the_time_of_the_calls_times_the_gpus(places, serve):
    eyes, reader = spec(serve(latency=0.2), "&on_gpus=8"), spec(serve(latency=0.1))
    before = foreseen(places, [eyes], reasoner=reader)
    assert [one.gpu_hours for one in before.models] == [None, None], "no call was timed"
    caption, answer = foreseen(places, [eyes], probe=True, reasoner=reader).models
    assert caption.gpu_hours == pytest.approx(caption.seconds * 8 / 3600)
    assert answer.seconds > 0
    assert answer.gpu_hours is None, "nobody says on how many GPUs"


def test_what_caches_held_before_is_not_read_again(places, serve):
    eyes, reader = serve(caches=True, text="word " * 200), serve(caches=True, text="Answer: 1")
    words = {"captioners": [spec(eyes)], "reasoner": spec(reader, SPEEDS)}
    evaluate(words["captioners"], reasoner=words["reasoner"], **{**places, "limit": 2})
    _, answer = foreseen(places, **words).models
    assert answer.calls > 0
    held, read = reader.server.cache.hits, sum(event["prompt_tokens"] for event in usages(places))
    assert answer.cached == round(answer.tokens_in * held / read) > 0
    reading = (answer.tokens_in - answer.cached) / 100
    assert answer.gpu_hours == pytest.approx((reading + answer.tokens_out / 10) / 3600)


def usages(places):
    """What the answers of the run took, as its table says."""
    return pq.read_table(places["out"] / "answers.parquet").to_pylist()


def test_who_ranks_writes_nothing_whatever_is_said_of_its_replies(places, serve):
    twins = {**places, "data": "synthetic", "benchmarks": ["mmstar"]}
    reader = spec(serve(), f"&by=rank{SPEEDS}&reply_tokens=20")
    answer = next(one for one in foreseen(twins, ["blind"], reasoner=reader, limit=6).models if one.stage == "answer")
    assert (answer.most_out, answer.tokens_out) == (0, 0)
    assert answer.gpu_hours == pytest.approx(answer.tokens_in / 100 / 3600)


def test_one_model_s_speeds_hold_for_whoever_asks_it_and_the_length_of_its_replies_does_not(places, serve):
    server = serve()
    caption, answer = foreseen(places, [spec(server, f"{SPEEDS}&reply_tokens=50")], reasoner=spec(server)).models
    assert answer.gpu_hours is not None
    assert (caption.tokens_out, answer.tokens_out) == (50 * IMAGES, None)


@pytest.mark.parametrize(
    ("engine", "gpus"),
    [
        ("vllm:m?tensor_parallel_size=4&data_parallel_size=2", 8),
        ("ray:vllm:m?tensor_parallel_size=4&replicas=3", 12),
        ("ray:vllm:m?replicas=4&gpus=0.5", 2),
        ("openai:m?base_url=http://h/v1", None),
        ("openai:m?base_url=http://h/v1&on_gpus=3", 3),
        ("transformers:m?device=cpu", None),
    ],
)
def test_an_engine_says_how_many_gpus_it_takes(engine, gpus, monkeypatch):
    # As where all extras are installed, vLLM not the build for a CPU: none of them is imported to count.
    monkeypatch.setattr(registry, "_missing", lambda *_: [])
    monkeypatch.setattr("prism_eval.engines.vllm.engine.is_cpu", lambda: False)
    text = Spec.parse(engine)
    plugin = build(CAPTIONER, text, {**load_protocol("standard").captioner_settings(0), "run_folder": None})
    assert gpus_of(plugin.engine, text.about) == gpus


def test_plan_shows_gpu_hours_their_sum_and_who_is_not_in_it(places, serve):
    eyes, reader = spec(serve(), f"{SPEEDS}"), spec(serve())
    words = ["plan", "-c", eyes, "-r", reader, "-b", "chartqa", "--data", places["data"], "--store", places["store"]]
    (caption, _), done = foreseen(places, [eyes], reasoner=reader).models, shell(*words)
    assert f"≤ {three_digits(caption.gpu_hours)}" in done.stdout
    assert f"GPU hours: at most {three_digits(caption.gpu_hours)}, without openai:model." in done.stdout
    assert json.loads(shell(*words, "--json").stdout)["gpu_hours"] == caption.gpu_hours
    assert "GPU h" not in shell(*(word.replace(SPEEDS, "") if isinstance(word, str) else word for word in words)).stdout


def test_what_does_not_fit_is_said_and_the_rest_all_the_same(places, serve):
    server = serve(context=1024, root="/data/qwen")
    told = foreseen(places, [spec(server)], reasoner=spec(server))
    (line,) = told.unfit
    assert "give a smaller max_tokens" in line
    assert (told.items, len(told.models)) == ({"chartqa": 2 * IMAGES}, 2)
    assert "root /data/qwen" in str(told.probes[0][1])
    blind = foreseen(places, [spec(serve(blind=True))], probe=True)
    assert "takes no images" in blind.unfit[0]
    assert foreseen(places, [spec(serve(models=("other",)))]).unfit[0].count("does not list") == 1


def test_a_server_that_is_not_there_is_no_reason_not_to_count(places):
    told = foreseen(places, ["openai:model?base_url=http://127.0.0.1:9/v1"])
    assert (told.unfit, "cannot connect" in str(told.probes[0][1]), told.models[0].calls) == ([], True, IMAGES)


def test_a_baseline_that_is_nobodys_is_told(places):
    with pytest.raises(UsageError):
        foreseen(places, ["blind", "oracle"], until_decided=True, baseline="x")


def test_a_forecast_as_json_has_every_number_that_is_shown(places, serve):
    eyes = serve()
    words = ["plan", "-c", spec(eyes, "&price_in=1&price_out=2"), "-b", "chartqa", "--data", places["data"], "--json"]
    done = shell(*words, "--store", places["store"])
    told = foreseen(places, [spec(eyes, "&price_in=1&price_out=2")])
    said = json.loads(done.stdout)
    assert said["benchmarks"] == [{"name": "chartqa", "items": told.items["chartqa"], "images": IMAGES}]
    assert [one["calls"] for one in said["models"]] == [one.calls for one in told.models]
    assert said["calls"] == sum(one.calls for one in told.models)
    assert said["cost"] == sum(one.cost or 0 for one in told.models) > 0
    assert {one["label"] for one in said["entries"]} == {one.label for one in told.entries}
    assert said["probes"][0]["model"] == "model"
    assert said["unfit"] == []
