"""What a plan would do is what the run then does: the same calls, to the same models, less what the store holds."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pytest

from prism_eval import evaluate
from prism_eval.errors import UsageError
from prism_eval.plan import make_plan
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
