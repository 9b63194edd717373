"""Options ranked by likelihood, over the real engine and a real server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from prism_eval import evaluate
from prism_eval.engines.base import Engine
from prism_eval.errors import FatalError, UnknownName, UsageError
from prism_eval.plan.protocol import load_protocol
from prism_eval.plugins import Spec, build, label_of
from prism_eval.reasoners import REASONER
from prism_eval.reasoners.ranking import RankingReasoner
from prism_eval.run.reading import read_manifest
from prism_eval.schema import Caption, Completion, Item, ItemKind
from tests.server.threaded import ThreadedServer

Serve = Callable[..., ThreadedServer]
PROMPTS = {"choice_prompt": "{caption}{question}{options}", "short_prompt": "{caption}{question}",
           "rank_prompt": "{caption} Q: {question} A:", "prior_prompt": "Q: {question} A:"}  # fmt: skip


@dataclass(kw_only=True)
class Table(Engine):
    """Likelihoods from a table: first by what the prompt holds, then by option."""

    model: str = "table"
    table: dict[str, dict[str, float]]
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    async def generate(self, request):
        return Completion("Answer: written")

    async def log_likelihood(self, prompt, continuations):
        self.asked.append((prompt, tuple(continuations)))
        row = next(row for word, row in self.table.items() if word in prompt)
        return [row[continuation] for continuation in continuations]


class Mute(Engine):
    async def generate(self, request):
        return Completion("")


def pick(*options: str, kind: ItemKind = ItemKind.CHOICE) -> Item:
    return Item(
        benchmark="b", id="1", kind=kind, question="Which?", images=(), golds=("A",), cluster="", options=options
    )


TABLE = {"cat": {" it": -2.0, " lion": -8.0, " car": -9.0}, "Q:": {" it": -1.0, " lion": -12.0, " car": -9.0}}


async def test_an_option_counts_by_how_much_likelier_the_caption_makes_it() -> None:
    caption, item = Caption("a big cat"), pick("it", "lion", "car")
    with_prior = RankingReasoner(engine=Table(table=TABLE), **PROMPTS)
    assert (await with_prior.answer(caption, item, sample=0)).text == "Answer: B"
    without = RankingReasoner(engine=Table(table=TABLE), prior=False, **PROMPTS)
    assert (await without.answer(caption, item, sample=0)).text == "Answer: A"
    assert without.engine.asked == [("a big cat Q: Which? A:", (" it", " lion", " car"))]
    assert with_prior.identity != without.identity


async def test_the_order_of_the_options_changes_nothing() -> None:
    reasoner = RankingReasoner(engine=Table(table=TABLE), **PROMPTS)
    said = [(await reasoner.answer(Caption("cat"), pick(*options), sample=0)).text
            for options in (("lion", "it", "car"), ("car", "it", "lion"))]  # fmt: skip
    assert said == ["Answer: A", "Answer: C"]


async def test_short_answers_are_written_and_the_marker_is_the_protocols() -> None:
    reasoner = RankingReasoner(engine=Table(table=TABLE), marker="Final:", **PROMPTS)
    assert (await reasoner.answer(Caption("cat"), pick(kind=ItemKind.SHORT), sample=0)).text == "Answer: written"
    assert (await reasoner.answer(Caption("cat"), pick("car", "it"), sample=0)).text == "Final: A"


async def test_an_empty_caption_is_said_to_be_none() -> None:
    engine = Table(table=TABLE)
    await RankingReasoner(engine=engine, no_caption="(cat?)", **PROMPTS).answer(Caption(" "), pick("it"), sample=0)
    assert engine.asked[0][0] == "(cat?) Q: Which? A:"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rank_prompt": "{question}"}, "rank_prompt has no {caption}"),
        ({"prior_prompt": "{caption} {question}"}, "prior_prompt has {caption}"),
        ({"engine": Mute(model="m")}, "engine mute gives no log-probabilities: leave out by=rank"),
    ],
)
def test_what_cannot_rank_is_a_usage_error(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        RankingReasoner(**{"engine": Table(table=TABLE), **PROMPTS, **options})


def test_the_spec_chooses_the_way() -> None:
    settings = load_protocol("standard").reasoner_settings(0)
    spec = Spec.parse("openai:m?base_url=http://a/v1&by=rank&prior=false")
    reasoner = build(REASONER, spec, settings)
    assert isinstance(reasoner, RankingReasoner)
    assert reasoner.prior is False
    assert label_of(REASONER, spec) == "openai:m?by=rank&prior=false"
    assert build(REASONER, Spec.parse("openai:m?by=generate"), settings).name == "prompted"
    with pytest.raises(UnknownName, match="did you mean 'rank'"):
        build(REASONER, Spec.parse("openai:m?by=ranks"), settings)
    with pytest.raises(UnknownName, match="'prior'"):
        build(REASONER, Spec.parse("openai:m?prior=false"), settings)


def run(server: ThreadedServer, tmp_path, **plan):
    spec = f"openai:model?base_url={server.url}&by=rank"
    return evaluate(["oracle", "blind"], reasoner=spec, benchmarks="mmstar", limit=12, out=tmp_path / "run",
                    store=tmp_path / "store.sqlite", **plan)  # fmt: skip


def test_a_run_asks_for_each_prior_once_and_never_again(serve: Serve, tmp_path) -> None:
    server = serve()
    result = run(server, tmp_path)
    frame = result.to_pandas()
    assert set(frame["outcome"]) <= {"correct", "wrong"}, "nothing to misread"
    priors, answers = result.tallies["prior"], result.tallies["answer"]
    questions = frame.groupby(["question", "options"]).ngroups
    assert priors.made == questions
    assert priors.made + answers.made == len(server.server.events) // 2, "a probe is no call, and is counted apart"
    scores = frame.groupby("captioner")["score"].mean()
    assert scores["oracle"] > scores["blind"]
    assert read_manifest(result.folder.path)["counts"]["calls"]["prior"]["made"] == priors.made
    again = run(server, tmp_path)
    assert (again.tallies["prior"].made, again.tallies["answer"].made) == (0, 0)
    assert again.to_pandas().equals(frame)


def test_orders_share_their_priors_and_a_lean_cannot_be(serve: Serve, tmp_path) -> None:
    server = serve()
    result = run(server, tmp_path, orders=3)
    frame = result.to_pandas()
    assert result.tallies["prior"].made == frame["item"].nunique()
    assert {row.positions.consistency for row in result.leaderboard.rows} == {1.0}


def test_a_text_that_comes_back_as_another_fails_its_own_item(serve: Serve, tmp_path) -> None:
    frame = run(serve(echo="worn"), tmp_path, attempts=2).to_pandas()
    plain = (frame["question"] + frame["options"].map("".join)).map(str.isascii)
    assert set(plain[frame["outcome"] == "failed"]) == {False}
    assert set(frame["outcome"][plain]) <= {"correct", "wrong"}


def test_a_server_that_takes_no_texts_stops_the_run(serve: Serve, tmp_path) -> None:
    with pytest.raises(FatalError, match="not valid: rank with another server"):
        run(serve(fail=1.0, modes=("400",)), tmp_path)


def test_a_server_whose_echo_is_shifted_stops_the_run(serve: Serve, tmp_path) -> None:
    with pytest.raises(FatalError, match="shifted by one"):
        run(serve(echo="shifted"), tmp_path)
