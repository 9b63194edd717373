"""Models that need one memory are there one at a time, and a run is the same as if all had been there at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from prism_eval import evaluate
from prism_eval.captioners.base import Captioner
from prism_eval.captioners.budget import Budget
from prism_eval.captioners.direct import Direct
from prism_eval.captioners.merge import Merge
from prism_eval.captioners.mismatched import Mismatched
from prism_eval.captioners.prompted import PromptedCaptioner
from prism_eval.captioners.specific import Specific
from prism_eval.engines import Engine
from prism_eval.errors import FatalError, PermanentError
from prism_eval.judges.prompted import PromptedJudge
from prism_eval.plan import load_protocol
from prism_eval.plugins import runtime
from prism_eval.reasoners.prompted import PromptedReasoner
from prism_eval.reasoners.ranking import RankingReasoner
from prism_eval.run import assemble
from prism_eval.schema import Caption, Completion, Sampling
from tests.builders import chart_folder

IMAGES = 6


class Memory:
    """Which models are there, and what they were asked."""

    def __init__(self) -> None:
        self.here: list[str] = []
        self.most = 0
        self.turns: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.stop_after = 10**9

    def asks(self, model: str, what: str) -> None:
        if model not in self.here:
            self.here.append(model)
            self.turns.append(model)
        self.most = max(self.most, len(self.here))
        self.asked.append((model, what))
        if len(self.asked) > self.stop_after:
            raise FatalError("the power went out")

    def frees(self, model: str) -> None:
        if model in self.here:
            self.here.remove(model)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Memory]:
    fresh = Memory()
    monkeypatch.setattr(Held, "memory", fresh)
    yield fresh
    assert fresh.here == [], "all was given back"


@dataclass(kw_only=True)
class Held(Engine):
    """A model that is loaded when it is asked, and there until it is closed."""

    memory: ClassVar[Memory] = Memory()

    device: str | None = runtime("gpu")

    @property
    def holds(self) -> str | None:
        return self.device

    @property
    def lane(self) -> str:
        return self.model

    async def generate(self, request):
        said = " ".join([part if isinstance(part, str) else part.digest for m in request.messages for part in m.parts])
        self.memory.asks(self.model, said)
        if request.images:
            return Completion(f"{self.model} sees {request.images[0].digest[:6]} worth {len(said)}")
        return Completion(f"Answer: {len(said) % 7}")

    async def log_likelihood(self, prompt, continuations):
        self.memory.asks(self.model, prompt + "|".join(continuations))
        return [-float(len(one) + len(prompt) % 5) for one in continuations]

    async def close(self):
        self.memory.frees(self.model)


@dataclass(kw_only=True)
class OwnModel(Captioner):
    """A stranger's captioner that holds the device itself, and no engine."""

    name: ClassVar[str] = "ownmodel"

    @property
    def holds(self) -> str:
        return "gpu"

    async def caption(self, images, *, sample, question=None):
        Held.memory.asks("own", images[0].digest)
        return Caption(f"own {images[0].digest[:5]}")

    async def close(self):
        Held.memory.frees("own")


@dataclass(kw_only=True)
class Forgiving(Merge):
    """A stranger's combinator: whatever its first part raises, it makes do with the second."""

    async def caption(self, images, *, sample, question=None):
        try:
            return await self.parts[0].caption(images, sample=sample, question=question)
        except PermanentError:
            return await self.parts[1].caption(images, sample=sample, question=question)


def sees(model: str, **options) -> PromptedCaptioner:
    return PromptedCaptioner(engine=Held(model=model, **options), prompt="Describe.")


def reads(model: str, cls=PromptedReasoner, **options) -> PromptedReasoner:
    settings = load_protocol("standard").reasoner_settings(0)
    given = {name: settings[name] for name in ("choice_prompt", "short_prompt")}
    given |= {name: settings[name] for name in ("rank_prompt", "prior_prompt")} if cls is RankingReasoner else {}
    return cls(engine=Held(model=model, **options), sampling=Sampling(), **given)


def entries(kind: str) -> dict[str, Captioner]:
    a, b = sees("a"), sees("b")
    direct = {"choice_prompt": "{question}{options}", "short_prompt": "{question}"}
    return {
        "one": {"a": a},
        "several": {"a": a, "b": b, "own": OwnModel()},
        "budget": {"a": a, "short": Budget(parts=(sees("a"),), words=3)},
        "merge": {"both": Merge(parts=(a, b)), "b": sees("b")},
        "mismatched": {"other": Mismatched(parts=(a,))},
        "direct": {"direct": Direct(parts=(a,), **direct), "a": sees("a")},
        "forgiving": {"either": Forgiving(parts=(a, b)), "b": sees("b")},
        "specific": {"asked": Specific(parts=(a,), reader=reads("r")), "b": b},
    }[kind]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return chart_folder(tmp_path / "data", images=IMAGES, questions=2)


def carried_out(tmp_path: Path, data: Path, name: str, captioners, reasoners, store: str = "", **plan):
    return evaluate(
        captioners,
        reasoner=reasoners,
        benchmarks="chartqa",
        **{"data": data, **plan},
        out=tmp_path / name,
        store=tmp_path / f"{store or name}.sqlite",
    )


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


KINDS = ("one", "several", "budget", "merge", "mismatched", "direct", "forgiving", "specific")


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_there_at_a_time_and_the_tables_are_those_of_all_at_once(kind, memory, tmp_path, data):
    turns = carried_out(tmp_path, data, "turns", entries(kind), {"r": reads("r")})
    assert (turns.failed, memory.most) == (0, 1)
    assert len(memory.asked) == len(set(memory.asked)), "nothing is asked twice"
    asked = set(memory.asked)
    memory.asked.clear()
    together = carried_out(tmp_path, data, "all", entries(kind), {"r": reads("r")}, memory="together")
    assert (together.failed, memory.most > 1) == (0, True)
    assert set(memory.asked) == asked
    assert tables(tmp_path / "turns") == tables(tmp_path / "all")
    assert turns.tallies == together.tallies


def test_captions_of_all_come_first_then_answers(memory, tmp_path, data):
    carried_out(tmp_path, data, "turns", entries("several"), {"r": reads("r"), "s": reads("s")})
    assert memory.turns == ["a", "b", "own", "r", "s"]


def test_priors_are_asked_in_the_rankers_turn(memory, tmp_path):
    plan = {"data": "synthetic", "limit": 6}
    for name, how in (("turns", "auto"), ("all", "together")):
        captioners, readers = {"a": sees("a")}, {"r": reads("r", RankingReasoner)}
        evaluate(captioners, reasoner=readers, benchmarks="mmstar", memory=how, out=tmp_path / name,
                 store=tmp_path / f"{name}.sqlite", **plan)  # fmt: skip
        assert memory.most == (1 if how == "auto" else 2)
    assert tables(tmp_path / "turns") == tables(tmp_path / "all")


@pytest.mark.parametrize("stop_after", [1, IMAGES - 1, IMAGES, IMAGES + 1, 3 * IMAGES - 2])
def test_a_run_that_stopped_in_either_half_goes_on_and_repeats_nothing(stop_after, memory, tmp_path, data):
    memory.stop_after = stop_after
    with pytest.raises(FatalError, match="the power went out"):
        carried_out(tmp_path, data, "turns", entries("one"), {"r": reads("r")}, concurrency=2)
    memory.stop_after = 10**9
    answered = memory.asked[:stop_after]
    memory.asked.clear()
    memory.turns.clear()
    result = carried_out(tmp_path, data, "turns", entries("one"), {"r": reads("r")}, concurrency=2)
    assert (result.failed, memory.most) == (0, 1)
    assert not set(answered) & set(memory.asked)
    assert memory.turns == (["a", "r"] if stop_after < IMAGES else ["r"]), "nobody is loaded for what is stored"
    memory.asked.clear()
    carried_out(tmp_path, data, "turns", entries("one"), {"r": reads("r")})
    assert memory.asked == [], "a finished run asks nobody"


@pytest.mark.parametrize(
    ("device", "how", "most"),
    [("gpu", "auto", 1), (None, "auto", 2), (None, "turns", 1), ("gpu", "together", 2), ("gpu", "turns", 1)],
)
def test_turns_are_taken_where_one_device_is_needed_or_they_are_asked_for(device, how, most, memory, tmp_path, data):
    carried_out(tmp_path, data, "r", {"a": sees("a", device=device)}, {"r": reads("r", device=device)}, memory=how)
    assert memory.most == most
    assert json.loads((tmp_path / "r" / "manifest.json").read_text())["plan"]["memory"] == how


def test_two_devices_hold_one_model_each(memory, tmp_path, data):
    carried_out(tmp_path, data, "two", {"a": sees("a"), "b": sees("b")}, {"r": reads("r", device="gpu:1")})
    assert memory.most == 2
    assert memory.turns[0] == "a"


def test_looks_cross_the_turns(memory, tmp_path):
    captioners = {"a": sees("a"), "b": sees("b")}
    result = evaluate(captioners, reasoner={"r": reads("r")}, benchmarks="chartqa", data="synthetic",
                      limit=20, until_decided=True, baseline="a", looks=2, out=tmp_path / "run",
                      store=tmp_path / "s")  # fmt: skip
    assert (result.failed, memory.most, result.looks.taken) == (0, 1, result.looks.taken)
    assert memory.turns[:3] == ["a", "b", "r"]


def test_a_model_that_cannot_be_closed_ends_the_run(memory, tmp_path, data, monkeypatch):
    async def close(self):
        self.memory.frees(self.model)
        raise ValueError("still busy")

    monkeypatch.setattr(Held, "close", close)
    with pytest.raises(FatalError, match="still busy"):
        carried_out(tmp_path, data, "one", entries("one"), {"r": reads("r")})


def test_a_failed_caption_is_tried_in_its_turn_only(memory, tmp_path, data, monkeypatch):
    generate = Held.generate

    async def fails(self, request):
        said = await generate(self, request)
        if said.text.startswith("a sees"):
            raise PermanentError("too dark")
        return said

    monkeypatch.setattr(Held, "generate", fails)
    result = carried_out(tmp_path, data, "one", {"a": sees("a"), "b": sees("b")}, {"r": reads("r")})
    assert result.failed == 2 * IMAGES
    assert len([one for one, _ in memory.asked if one == "a"]) == IMAGES
    assert result.tallies["caption"].failed == IMAGES


@dataclass(kw_only=True)
class Served(Held):
    """A model behind a server that the engine starts itself, on the same device."""

    name: ClassVar[str] = "served"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1/{self.model}"

    async def probe(self, trial=None):
        assert trial is None, "a trial would start it, whoever's turn it is"
        return await super().probe(trial)


def test_servers_of_our_own_take_turns_as_well(memory, tmp_path, data):
    captioner = PromptedCaptioner(engine=Served(model="a"), prompt="Describe.")
    assert carried_out(tmp_path, data, "one", {"a": captioner}, {"r": reads("r")}).failed == 0
    assert (memory.most, memory.turns) == (1, ["a", "r"])


def test_a_judge_comes_last(memory, tmp_path, monkeypatch):
    generate = Held.generate

    async def says(self, request):
        said = await generate(self, request)
        return {"r": Completion("Hm."), "j": Completion("Verdict: correct")}.get(self.model, said)

    monkeypatch.setattr(Held, "generate", says)
    monkeypatch.setattr(assemble, "_judge", lambda *_: (PromptedJudge(engine=Held(model="j")), "j"))
    for name, how, most in (("turns", "auto", 1), ("all", "together", 3)):
        memory.turns.clear()
        result = evaluate({"a": sees("a")}, reasoner={"r": reads("r")}, benchmarks="mathverse", data="synthetic",
                          limit=6, memory=how, out=tmp_path / name, store=tmp_path / f"{name}.sqlite")  # fmt: skip
        assert (result.failed, memory.most, result.tallies["judge"].made > 0) == (0, most, True)
        assert how == "together" or memory.turns == ["a", "r", "j"]
    assert tables(tmp_path / "turns") == tables(tmp_path / "all")
