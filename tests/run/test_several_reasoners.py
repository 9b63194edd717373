"""Several reasoners read the same captions: each caption is made once, and every reasoner's verdicts stand apart."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

import pytest

from prism_eval import evaluate
from prism_eval.errors import RunError, UnknownName, UsageError
from prism_eval.leaderboard import build
from prism_eval.plan import make_plan
from prism_eval.reasoners.base import Reasoner
from prism_eval.run.belonging import check_belonging
from prism_eval.run.execute import run_plan
from prism_eval.run.folder import RunFolder
from prism_eval.run.forecast import forecast
from prism_eval.run.reading import Table, read_manifest
from prism_eval.run.replay import reopen
from prism_eval.schema import Answer
from tests.builders import chart_folder


@dataclass(kw_only=True)
class Always(Reasoner):
    """Gives one answer to everything."""

    reply: str = "Answer: 42"

    async def answer(self, caption, item, *, sample):
        return Answer(self.reply)


@pytest.fixture
def places(tmp_path):
    data = str(chart_folder(tmp_path / "data", images=3, questions=2))
    return {"data": data, "benchmarks": "chartqa", "store": tmp_path / "store.sqlite", "out": tmp_path / "run"}


def spec(server, label):
    return f"openai:model?base_url={server.url}&revision={label}&label={label}"


def rows(folder, name, *columns):
    return [tuple(row.values()) for row in Table(folder, name).rows(columns)]


def test_each_caption_is_made_once_and_read_by_everybody(places, serve):
    captioner, first, second = serve(), serve(), serve(text="Answer: 10")
    readers = [spec(first, "first"), spec(second, "second")]
    result = evaluate(spec(captioner, "captioner"), reasoner=readers, **places)
    assert captioner.server.arrivals.total() == 3
    assert (first.server.arrivals.total(), second.server.arrivals.total()) == (6, 6)
    assert (result.tallies["caption"].made, result.tallies["answer"].made) == (3, 12)
    assert len(rows(places["out"], "captions", "image")) == 3
    for table in ("answers", "verdicts"):
        said = rows(places["out"], table, "captioner", "reasoner")
        assert Counter(said) == {("captioner", "first"): 6, ("captioner", "second"): 6}
    assert result.counts.done == result.counts.outcomes.total() == 12
    assert (result.counts.benchmarks["chartqa"].items, len(result.counts.benchmarks["chartqa"].images)) == (6, 3)


def test_the_same_command_again_asks_nobody_and_writes_the_same(places, serve):
    server, other = serve(), serve(text="Answer: 10")
    readers = [spec(server, "first"), spec(other, "second")]
    evaluate("blind", reasoner=readers, **places)
    before = {name: (places["out"] / f"{name}.parquet").read_bytes() for name in ("captions", "answers", "verdicts")}
    asked = server.server.arrivals.total()
    again = evaluate("blind", reasoner=readers, **places)
    assert (again.tallies["answer"].made, again.tallies["answer"].hits) == (0, 12)
    assert server.server.arrivals.total() == asked
    assert before == {name: (places["out"] / f"{name}.parquet").read_bytes() for name in before}


def test_a_reasoner_more_asks_only_that_one(places, tmp_path, serve):
    first, second = serve(), serve(text="Answer: 10")
    evaluate("oracle", reasoner=spec(first, "first"), **{**places, "data": "synthetic", "limit": 5})
    asked = first.server.arrivals.total()
    both = {**places, "data": "synthetic", "limit": 5, "out": tmp_path / "both"}
    evaluate("oracle", reasoner=[spec(first, "first"), spec(second, "second")], **both)
    assert first.server.arrivals.total() == asked
    assert second.server.arrivals.total() == asked


def test_a_leaderboard_has_the_first_unless_another_is_asked_for(places):
    readers = {"right": Always(reply="Answer: 0"), "wrong": Always(reply="Answer: 99")}
    result = evaluate("blind", reasoner=readers, **places)
    board = result.leaderboard
    assert board.everyone[0].mean.value == pytest.approx(1 / 6)
    assert (board.everyone[0].answers, board.manifest["reasoner"]["label"]) == (6, "right")
    other = build(places["out"], reasoner="wrong")
    assert (other.everyone[0].mean.value, other.manifest["reasoner"]["label"]) == (0, "wrong")
    # What is read later of a few rows is the reasoner's own as well.
    assert set(other.verdicts.table.take(other.verdicts.item, ["answer"])["answer"].to_pylist()) == {"Answer: 99"}
    with pytest.raises(UnknownName, match=r"reasoner of the run 'wrogn'; did you mean 'wrong'"):
        build(places["out"], reasoner="wrogn")


def test_the_manifest_names_them_all_and_one_as_before(places):
    evaluate("blind", reasoner={"first": Always(), "second": Always(reply="Answer: 10")}, **places)
    manifest = read_manifest(places["out"])
    assert [one["label"] for one in manifest["reasoners"]] == ["first", "second"]
    assert manifest["reasoner"] == manifest["reasoners"][0]
    assert manifest["plan"]["reasoner"] == ["first", "second"]
    evaluate("blind", reasoner="lexical", overwrite=True, **places)
    manifest = read_manifest(places["out"])
    assert "reasoners" not in manifest
    assert manifest["plan"]["reasoner"] == "lexical"


def test_numbers_of_a_benchmarks_own_are_made_for_each(places):
    readers = ["lexical", Always(reply="Answer: A")]
    both = evaluate("oracle", reasoner=readers, **{**places, "data": "synthetic", "benchmarks": "wemath"})
    entries = read_manifest(places["out"])["aggregates"]
    assert [(entry["reasoner"], entry["answers"]) for entry in entries] == [("always", 39), ("lexical", 39)]
    assert both.leaderboard.own[0].entries == (("oracle", 0),)
    strict = {name: build(places["out"], reasoner=name).own[0].numbers["strict"] for name in ("lexical", "always")}
    assert strict["lexical"] == ("100",)
    assert strict["always"] != ("100",)


def test_captions_outlive_another_pair_of_reasoners(places, tmp_path):
    evaluate("blind", **places)
    plan = reopen(places["out"], ["caption"], reasoner=["lexical", "lexical?min_evidence=0.9"])
    run_plan(plan, out=places["out"], store=places["store"], stages=["answer"], live=frozenset({"answer"}))
    folder = RunFolder.open(places["out"])
    check_belonging(folder, "caption", "answer")
    # Scoring alone, from the tables and an empty store.
    plan = reopen(places["out"], ["caption", "answer"])
    result = run_plan(plan, out=places["out"], store=tmp_path / "empty", stages=["score"], live=frozenset({"score"}))
    assert Counter(rows(places["out"], "verdicts", "reasoner")) == {
        ("lexical",): 6,
        ("lexical?min_evidence=0.9",): 6,
    }
    assert not result.failed


def test_captioning_alone_goes_through_the_items_once(places):
    plan = make_plan({"captioners": ["blind"], "data": places["data"], "benchmarks": ["chartqa"],
                      "reasoner": ["lexical", "lexical?min_evidence=0.9"]})  # fmt: skip
    result = run_plan(plan, out=places["out"], store=places["store"], stages=["caption"])
    assert result.counts.done == 6


def test_a_forecast_counts_the_answers_of_each(places):
    values = {"captioners": ["blind"], "data": places["data"], "benchmarks": ["chartqa"]}
    readers = ["lexical", "lexical?min_evidence=0.9"]
    evaluate("blind", **places)
    result = asyncio.run(forecast(make_plan({**values, "reasoner": readers}), places["store"]))
    (entry,) = result.entries
    assert (entry.captions, entry.captions_stored, entry.answers, entry.answers_stored) == (1, 1, 12, 6)


def test_a_reasoner_that_fails_costs_no_other_anything(places, serve):
    broken, well = serve(fail=1.0, modes=("400",)), serve()
    readers = [spec(broken, "broken"), spec(well, "well")]
    evaluate("blind", reasoner=readers, attempts=1, **places)
    ended = Counter(rows(places["out"], "verdicts", "reasoner", "outcome"))
    assert ended["broken", "failed"] == 6
    assert not ended["well", "failed"]


def test_what_cannot_be_told_apart_is_refused(places, serve):
    server = serve()
    with pytest.raises(UsageError, match="reasoners 'a' and 'b' are one and the same, and would share every answer"):
        evaluate("blind", reasoner=["lexical?label=a", "lexical?label=b"], **places)
    with pytest.raises(UsageError, match="two reasoners are called 'a'"):
        evaluate("blind", reasoner=["lexical?label=a", f"openai:model?base_url={server.url}&label=a"], **places)


def test_every_server_that_answers_is_named(places, serve):
    first, second, states = serve(), serve(), []

    def watch(state):
        from contextlib import nullcontext

        states.append(state)
        return nullcontext()

    evaluate("blind", reasoner=[spec(first, "first"), spec(second, "second")], watch=watch, **places)
    assert states[0].destinations == f"Captions and questions go to {first.url} and {second.url}"
    assert states[0].total == 12


def test_a_table_with_reasoners_that_the_manifest_does_not_name_is_refused(places, tmp_path):
    evaluate("blind", reasoner={"first": Always(), "second": Always(reply="Answer: 10")}, **places)
    evaluate("blind", **{**places, "out": tmp_path / "one"})
    (places["out"] / "verdicts.parquet").replace(tmp_path / "one" / "verdicts.parquet")
    with pytest.raises(RunError, match=r"is not of the manifest beside it: reasoner\.plugin is \"always\""):
        build(tmp_path / "one")
