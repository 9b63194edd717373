"""What servers do besides answering, and what becomes of the items: each ends in its outcome, with a reason."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager

import pytest

from prism_eval.errors import FatalError
from prism_eval.plan import load_protocol, make_plan
from prism_eval.run.execute import run_plan
from prism_eval.run.reading import Table, read_manifest
from prism_eval.run.replay import reopen
from tests.builders import chart_folder
from tests.server.recorded import (
    BROKEN_OFF,
    DECLINED,
    FILTERED_REPLIES,
    FILTERED_REQUESTS,
    NOTHING_SAID,
    OVERRUNS,
    SPOKEN,
    UNFINISHED_THOUGHTS,
)

REFUSED = {
    **{mode: ("the request was filtered: ", words) for mode, (_, words) in FILTERED_REQUESTS.items()},
    **{mode: ("the reply was filtered: ", words) for mode, (_, words) in FILTERED_REPLIES.items()},
    **{mode: ("the model refused: ", words) for mode, (_, words) in DECLINED.items()},
}


@pytest.fixture
def data(tmp_path):
    return chart_folder(tmp_path / "data", images=3, questions=2)


@pytest.fixture
def carried_out(tmp_path, data):
    """Runs a plan on the little ChartQA: six questions about three images."""

    def carry_out(captioner, reasoner, *, out="run", store="store", **changes):
        values = {
            "data": str(data),
            "benchmarks": ["chartqa"],
            "captioners": [captioner],
            "reasoner": reasoner,
            "attempts": 2,
            "patience": 2.0,
            "concurrency": 4,
            **changes,
        }
        return run_plan(make_plan(values), out=tmp_path / out, store=tmp_path / store, overwrite=True)

    return carry_out


def spec(server):
    return f"openai:model?base_url={server.url}"


def verdicts(run):
    return list(Table(run.folder.path, "verdicts").rows(["outcome", "score", "note", "caption", "caption_words"]))


def captions(run):
    return list(Table(run.folder.path, "captions").rows(["text", "words", "finish_reason", "note", "error"]))


@pytest.mark.parametrize("mode", REFUSED)
def test_a_moderated_answer_is_one_item(mode, serve, carried_out):
    (opening, words) = REFUSED[mode]
    run = carried_out("blind", spec(serve(fail=0.999, modes=(mode,))))
    assert run.counts.outcomes == Counter(refused=6)
    for verdict in verdicts(run):
        assert verdict["score"] == 0
        assert verdict["note"].startswith(opening)
        assert words in verdict["note"]
    assert not run.failed


@pytest.mark.parametrize("mode", REFUSED)
def test_a_moderated_caption_is_the_outcome_of_what_is_asked_about_its_image(mode, serve, carried_out):
    (opening, words) = REFUSED[mode]
    server = serve(fail=1.0, modes=(mode,))
    run = carried_out(spec(server), spec(reader := serve()))
    assert run.counts.outcomes == Counter(refused=6)
    assert not reader.server.arrivals, "nobody is asked about a caption that does not exist"
    assert {verdict["note"].startswith(f"caption: {opening}") for verdict in verdicts(run)} == {True}
    for caption in captions(run):
        assert caption["finish_reason"] == "content_filter"
        assert words in caption["note"]
    # Remembered: a filter that is asked the same says the same.
    asked = server.server.arrivals.total()
    again = carried_out(spec(server), spec(reader))
    assert verdicts(again) == verdicts(run)
    assert server.server.arrivals.total() == asked == 3


@pytest.mark.parametrize("mode", OVERRUNS)
@pytest.mark.parametrize("stage", ["caption", "answer"])
def test_a_context_that_runs_out_is_one_thing_however_it_is_said(mode, stage, serve, carried_out):
    size = OVERRUNS[mode][1]
    server = serve(fail=1.0, modes=(mode,))
    options = "&max_tokens=99"
    captioner = spec(server) + options if stage == "caption" else "blind"
    run = carried_out(captioner, spec(server if stage == "answer" else serve()) + options)
    note = f"the server's context of {size} tokens" if size else "the server's context"
    if stage == "answer":
        assert run.counts.outcomes == Counter(truncated=6)
        assert {(verdict["score"], verdict["note"]) for verdict in verdicts(run)} == {(0.0, note)}
        return
    assert {(caption["finish_reason"], caption["note"]) for caption in captions(run)} == {("context_length", note)}
    # A caption that was begun is read, as one is that met its own limit.
    begun = bool(captions(run)[0]["text"])
    assert (run.counts.outcomes == Counter(truncated=6)) is not begun


def test_a_context_that_no_question_fits_stops_the_run_early(tmp_path, serve, carried_out):
    server = serve(fail=1.0, modes=("vllm_prompt",))
    data = chart_folder(tmp_path / "many", images=3, questions=12)
    with pytest.raises(FatalError, match=r"context of 2048 tokens has no room for the answer.*first calls"):
        carried_out("blind", spec(server) + "&max_tokens=99", data=str(data))
    assert 20 <= server.server.arrivals.total() < 36


def test_a_context_that_some_questions_fit_stops_nothing(tmp_path, serve, carried_out):
    server = serve(fail=0.8, modes=("vllm_prompt",))
    data = chart_folder(tmp_path / "many", images=3, questions=12)
    run = carried_out("blind", spec(server) + "&max_tokens=99", data=str(data))
    assert run.counts.outcomes["truncated"] > 20
    assert run.counts.outcomes.total() == 36
    # A later run finds a larger server, and asks it again for what was cut, and for nothing else.
    before, server.behaviour.fail = server.server.arrivals.total(), 0.0
    again = carried_out("blind", spec(server) + "&max_tokens=99", data=str(data), out="again")
    assert server.server.arrivals.total() - before == run.counts.outcomes["truncated"]
    assert not again.counts.outcomes["truncated"]


def test_a_replay_gives_the_same_verdicts(tmp_path, serve, carried_out):
    server = serve(fail=0.7, modes=("vllm_prompt", "filtered_reply", "openai_filter", "thought_in_text"))
    run = carried_out(spec(server) + "&max_tokens=99", spec(server) + "&max_tokens=98")
    assert {"refused", "truncated"} <= run.counts.outcomes.keys()
    folder, asked = run.folder.path, server.server.arrivals.total()
    before = verdicts(run)
    server.stop()
    plan = reopen(folder, ["caption", "answer"])
    run_plan(plan, out=folder, store=tmp_path / "another", stages=["score"], live=frozenset())
    assert verdicts(run) == before
    assert server.server.arrivals.total() == asked


@pytest.mark.parametrize("mode", UNFINISHED_THOUGHTS)
def test_a_caption_that_is_nothing_but_an_unfinished_thought_is_truncated(mode, serve, carried_out):
    run = carried_out(spec(serve(fail=1.0, modes=(mode,))), spec(reader := serve()))
    assert run.counts.outcomes == Counter(truncated=6)
    assert not reader.server.arrivals
    assert {(verdict["caption"], verdict["caption_words"]) for verdict in verdicts(run)} == {("", 0)}


@pytest.mark.parametrize("mode", NOTHING_SAID)
def test_an_empty_caption_is_an_empty_caption(mode, serve, carried_out):
    run = carried_out(spec(serve(fail=1.0, modes=(mode,))), spec(reader := serve()))
    assert sum(run.counts.outcomes[outcome] for outcome in ("correct", "wrong")) == 6
    assert {caption["words"] for caption in captions(run)} == {0}
    no_caption = load_protocol("standard").answer.no_caption
    assert all(no_caption in body["messages"][-1]["content"] for body in reader.server.bodies)
    manifest = read_manifest(run.folder.path)
    assert manifest["counts"]["empty_captions"] == {"openai:model": 3}


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("mode", BROKEN_OFF)
def test_a_reply_that_did_not_end_is_tried_again(mode, serve, carried_out):
    server = serve(fail=0.5, modes=(mode,), seed=3)
    run = carried_out(spec(server), spec(serve()), attempts=12, patience=20.0)
    assert not run.failed
    assert server.server.arrivals.total() > 3


def test_a_reply_that_never_ends_is_a_failure_with_the_server_s_reason(serve, carried_out):
    run = carried_out("blind", spec(serve(fail=1.0, modes=("error_in_200",))), attempts=1, limit=2)
    assert run.counts.outcomes == Counter(failed=2)
    assert all("the upstream broke off" in verdict["note"] for verdict in verdicts(run))


@pytest.mark.parametrize("mode", SPOKEN)
def test_a_text_is_read_however_it_is_written_down(mode, serve, carried_out):
    run = carried_out("blind", spec(serve(fail=1.0, modes=(mode,))))
    assert {answer["text"] for answer in Table(run.folder.path, "answers").rows(["text"])} == {SPOKEN[mode][1]}


def test_thoughts_stay_in_the_table_and_reach_nobody(serve, carried_out):
    thinking = "<think>Three bars? Two.</think>\nTwo bars."
    server = serve(text=thinking)
    run = carried_out(spec(server), spec(reader := serve()))
    assert {(caption["text"], caption["words"]) for caption in captions(run)} == {(thinking, 2)}
    assert {(verdict["caption"], verdict["caption_words"]) for verdict in verdicts(run)} == {("Two bars.", 2)}
    assert "Three bars" not in json.dumps(reader.server.bodies)
    for combined, seen in (("budget({})?words=1", "Two"), ("merge({0},{0})", "Two bars.\n\nTwo bars.")):
        run = carried_out(combined.format(spec(server)), spec(reader))
        assert {verdict["caption"] for verdict in verdicts(run)} == {seen}
    assert server.server.arrivals.total() == 3


def test_replies_that_alone_fill_the_context_are_refused_before_the_first_call(serve, carried_out):
    server = serve(context=1024)
    for captioner, reasoner in ((spec(server), spec(serve())), ("blind", spec(server) + "&max_tokens=1024")):
        with pytest.raises(FatalError, match=r"replies may have \d+ tokens, and the server's context of 1024 tokens"):
            carried_out(captioner, reasoner)
    assert not server.server.arrivals


def test_a_context_that_the_longest_captions_fill_is_said_before_the_first_call(tmp_path, data, serve):
    server = serve(context=3072)
    said = {}

    @contextmanager
    def watching(state):
        yield
        said[len(said)] = list(state.notes)

    for limits in ("", "&max_tokens=500"):
        plan = make_plan(
            {
                "data": str(data),
                "benchmarks": ["chartqa"],
                "captioners": [f"merge({spec(server)}{limits}, blind)"],
                "reasoner": spec(server) + limits,
            }
        )
        run_plan(plan, out=tmp_path / f"run{limits}", store=tmp_path / "store", watch=watching)
    (note,) = said[0]
    assert note.startswith(f"{server.url}: the context of 3072 tokens does not hold a caption of 2048 and an answer of")
    assert said[1] == []


def test_a_run_that_finds_all_in_the_store_needs_no_server(serve, carried_out):
    server = serve(context=4096)
    first = carried_out(spec(server), spec(server))
    server.stop()
    again = carried_out(spec(server), spec(server), out="again")
    assert verdicts(again) == verdicts(first)
