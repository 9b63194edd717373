"""The control `direct` in a run: an entry without captions, whose answers are calls like any other."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from contextlib import nullcontext

import pytest

from prism_eval import evaluate
from prism_eval.calls import Store
from prism_eval.errors import FatalError, UsageError
from prism_eval.lmms.reader import make_reader
from prism_eval.plan import make_plan
from prism_eval.run.execute import run_plan
from prism_eval.run.forecast import forecast
from prism_eval.run.health import examine
from prism_eval.run.reading import Table, read_manifest
from prism_eval.run.replay import reopen
from prism_eval.schema import Outcome
from tests.builders import chart_folder, png
from tests.server.recorded import FILTERED_REPLIES, FILTERED_REQUESTS, OVERRUNS


@pytest.fixture
def places(tmp_path):
    data = str(chart_folder(tmp_path / "data", images=3, questions=2))
    return {"data": data, "benchmarks": "chartqa", "store": tmp_path / "store.sqlite", "out": tmp_path / "run"}


def spec(server, options=""):
    return f"openai:model?base_url={server.url}{options}"


def direct(server, options=""):
    return f"direct({spec(server, options)})"


def rows(folder, name, *columns):
    return [tuple(row.values()) for row in Table(folder, name).rows(columns)]


def test_the_model_sees_each_image_and_question_and_no_caption_is_made(places, serve):
    server, reader = serve(text="Answer: 10"), serve()
    result = evaluate(direct(server), reasoner=spec(reader), **places)
    assert not reader.server.arrivals
    assert {tally: (one.made, one.hits) for tally, one in result.tallies.items()} == {
        "caption": (0, 0),
        "answer": (6, 0),
    }
    contents = [body["messages"][-1]["content"] for body in server.server.bodies]
    sent = {base64.b64decode(picture["image_url"]["url"].partition(",")[2]) for picture, _ in contents}
    assert sent == {png(shade) for shade in range(3)}
    assert sorted(text["text"].rpartition("Question: ")[2] for _, text in contents) == sorted(
        f"What is the value of bar {number} in chart {shade}?" for shade in range(3) for number in range(2)
    )
    assert {body["max_tokens"] for body in server.server.bodies} == {1024}, "sampled as answers are"
    assert rows(places["out"], "captions", "key") == []
    answers = rows(places["out"], "answers", "key", "caption_digest", "text")
    assert len({key for key, _, _ in answers}) == 6
    assert {rest for _, *rest in map(list, answers) for rest in [tuple(rest)]} == {(None, "Answer: 10")}
    verdicts = rows(places["out"], "verdicts", "outcome", "caption", "caption_words")
    assert Counter(verdicts) == {("correct", None, None): 1, ("wrong", None, None): 5}
    (entry,) = read_manifest(places["out"])["captioners"]
    assert (entry["identity"]["plugin"], entry["address"]) == ("direct", server.url)
    (row,) = result.leaderboard.everyone
    assert (row.captions, row.empty, row.words_median) == (0, 0, None)
    assert not any("empty" in warning for warning in result.leaderboard.warnings)


def test_what_was_answered_once_is_in_the_store(places, tmp_path, serve):
    server = serve(text="Answer: 10")
    evaluate([direct(server), "blind"], **places)
    asked = server.server.arrivals.total()
    again = evaluate([direct(server), "blind"], **{**places, "out": tmp_path / "again"})
    assert server.server.arrivals.total() == asked == 6
    assert again.tallies["answer"].made == 0
    for name in ("captions", "answers", "verdicts"):
        assert (places["out"] / f"{name}.parquet").read_bytes() == (tmp_path / "again" / f"{name}.parquet").read_bytes()


def test_it_stands_beside_the_captioner_at_one_server_and_keeps_to_its_limit(places, serve):
    server, reader = serve(latency=0.05), serve()
    limit = "&concurrency=2"
    evaluate([spec(server, limit), direct(server, limit)], reasoner=spec(reader), **places)
    assert server.server.arrivals.total() == 3 + 6
    assert server.server.most_under_way == 2


def test_several_reasoners_ask_it_once(places, serve):
    server = serve(text="Answer: 10")
    readers = ["lexical", "lexical?min_evidence=0.9"]
    result = evaluate(direct(server), reasoner=readers, **places)
    assert server.server.arrivals.total() == result.tallies["answer"].made == 6
    assert Counter(rows(places["out"], "verdicts", "reasoner")) == {(label,): 6 for label in readers}


def test_orders_and_samples_are_asked_like_a_reasoner_s(places, serve):
    server = serve(text="Answer: A")
    twins = {**places, "data": "synthetic", "benchmarks": "mmstar", "limit": 4, "orders": 2, "samples": 2}
    result = evaluate(direct(server), **twins)
    assert result.counts.done == result.tallies["answer"].made
    asked = Counter(rows(places["out"], "answers", "item", "sample", "order"))
    assert set(asked.values()) == {1}
    assert {(sample, order) for _, sample, order in asked} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    # The letter is the same under both orders, and the option behind it is not.
    said = rows(places["out"], "verdicts", "item", "order", "chosen_position", "extracted")
    assert {position for _, _, position, _ in said} == {0}
    assert any(order == 1 and letter != "A" for _, order, _, letter in said)


def test_thoughts_are_no_answer(places, serve):
    evaluate(direct(serve(text="<think>Answer: 99</think>\nAnswer: 10")), **places)
    assert {extracted for (extracted,) in rows(places["out"], "verdicts", "extracted")} == {"10"}


@pytest.mark.parametrize("mode", [*FILTERED_REQUESTS, *FILTERED_REPLIES])
def test_what_a_filter_withholds_is_refused(mode, places, serve):
    result = evaluate(direct(serve(fail=1.0, modes=(mode,))), **places)
    assert result.counts.outcomes == Counter(refused=6)
    assert not result.failed


@pytest.mark.parametrize("mode", OVERRUNS)
def test_what_a_context_cuts_is_truncated(mode, places, serve):
    result = evaluate(direct(serve(fail=1.0, modes=(mode,)), "&max_tokens=99"), **places)
    assert result.counts.outcomes == Counter(truncated=6)


def test_a_failed_call_is_no_score_and_is_asked_again(places, serve):
    server = serve(fail=1.0, modes=("400",), only="chart 1", text="Answer: 10")
    result = evaluate(direct(server), attempts=1, **places)
    assert result.counts.outcomes[Outcome.FAILED] == result.failed == 2
    assert {score for outcome, score in rows(places["out"], "verdicts", "outcome", "score") if outcome == "failed"} == {
        None
    }
    server.behaviour.fail = 0.0
    assert evaluate(direct(server), **places).failed == 0


def test_a_model_without_eyes_stops_the_run(places, serve):
    with pytest.raises(FatalError, match="takes no images"):
        evaluate(direct(serve(blind=True)), **places)


def test_the_stages_one_at_a_time(places, tmp_path, serve):
    server = serve(text="Answer: 10")
    plan = make_plan({"captioners": [direct(server), "blind"], "data": places["data"], "benchmarks": ["chartqa"]})
    run_plan(plan, out=places["out"], store=places["store"], stages=["caption"])
    assert not server.server.arrivals
    plan = reopen(places["out"], ["caption"])
    run_plan(plan, out=places["out"], store=places["store"], stages=["answer"], live=frozenset({"answer"}))
    assert server.server.arrivals.total() == 6
    plan = reopen(places["out"], ["caption", "answer"])
    result = run_plan(plan, out=places["out"], store=tmp_path / "empty", stages=["score"], live=frozenset({"score"}))
    assert (server.server.arrivals.total(), result.failed) == (6, 0)


def test_where_images_go_and_how_many_calls_there_will_be_is_said_beforehand(places, serve):
    server, captioner, states = serve(text="Answer: 10"), serve(), []

    def watch(state):
        states.append(state)
        return nullcontext()

    values = {"data": places["data"], "benchmarks": ["chartqa"]}
    plan = make_plan({"captioners": [direct(server), "blind"], **values})
    told = asyncio.run(forecast(plan, places["store"]))
    entry, _ = told.entries
    assert (entry.captions, entry.answers, entry.answers_stored) == (0, 6, 0)
    (model,) = (one for one in told.models if one.address == server.url)
    assert (model.stage, model.calls, model.tokens_in > 0) == ("answer", 6, True)
    evaluate([spec(captioner), direct(server)], watch=watch, **places)
    assert states[0].destinations == f"Images go to {captioner.url}; images and questions go to {server.url}"
    told = asyncio.run(forecast(plan, places["store"]))
    entry, _ = told.entries
    assert (entry.answers, entry.answers_stored) == (6, 6)
    assert {(one.calls, one.tokens_in) for one in told.models if one.address == server.url} == {(0, 0)}


def test_on_twins_the_facts_are_the_ceiling_of_every_captioner(places):
    twins = {**places, "data": "synthetic", "benchmarks": ["chartqa", "mmmu", "wemath"], "limit": 30}
    result = evaluate(
        {"all": "direct(oracle)", "whole": "oracle", "half": "oracle?recall=0.5", "none": "blind"}, **twins
    )
    means = {row.captioner: row.mean.value for row in result.leaderboard.everyone}
    assert means["all"] == means["whole"] > means["half"] > means["none"]
    # The same words before the same reader are the same call.
    assert result.tallies["answer"].made < 4 * 90
    assert not [captioner for (captioner,) in rows(places["out"], "captions", "captioner") if captioner == "all"]


def test_real_images_have_no_facts(places):
    result = evaluate("direct(oracle)", **places)
    assert result.counts.outcomes == Counter(failed=6)
    assert "direct(oracle) needs synthetic twins" in rows(places["out"], "verdicts", "note")[0][0]


def test_doctor_shows_its_model_an_image(serve):
    server = serve(blind=True)
    *_, finding = examine(specs=[direct(server)], data=None, store=None)
    assert (finding.good, "not a multimodal model" in finding.say) == (False, True)
    *_, finding = examine(specs=[direct(serve())], data=None, store=None)
    assert (finding.good, "takes images" in finding.say) == (True, True)
    *_, finding = examine(specs=["direct(blind)"], data=None, store=None)
    assert (finding.good, finding.code) == (False, 2)


def test_replies_that_fill_the_context_are_refused_before_the_first_call(places, serve):
    server = serve(context=1024)
    with pytest.raises(FatalError, match=r"replies may have 1024 tokens, and the server's context of 1024 tokens"):
        evaluate(direct(server), **places)
    assert not server.server.arrivals
    # Nobody reads what it says: its replies are no captions.
    notes = []

    def watch(state):
        notes.append(state.notes)
        return nullcontext()

    evaluate(
        direct(serve(text="Answer: 10"), "&max_tokens=4000"), reasoner=spec(serve(context=3072)), watch=watch, **places
    )
    assert notes == [[]]


def test_lmms_eval_is_not_handed_captions_that_do_not_exist(tmp_path):
    with (
        Store(tmp_path / "store.sqlite") as store,
        pytest.raises(UsageError, match=r"direct\(oracle\) writes no captions: let lmms-eval ask that model itself"),
    ):
        make_reader(make_plan({"captioners": ["direct(oracle)"], "protocol": "lmms"}), store)


def test_the_manifest_s_protocol_is_that_of_a_run_without_it(places, tmp_path, serve):
    evaluate(direct(serve()), **places)
    with_it = read_manifest(places["out"])
    evaluate("blind", **{**places, "out": tmp_path / "without"})
    assert with_it["protocol"] == read_manifest(tmp_path / "without")["protocol"]
    assert "Answer from what is shown" in json.dumps(with_it["captioners"])
