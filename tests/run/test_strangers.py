"""A stranger's bug costs rows, not the run, and is told in three lines; what can be seen at start is said at start."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint

import pytest

from prism_eval import Answer, Caption, Captioner, Engine, Reasoner, evaluate, runtime
from prism_eval.captioners import CAPTIONER
from prism_eval.captioners.prompted import PromptedCaptioner
from prism_eval.errors import UsageError
from prism_eval.plugins import Spec
from prism_eval.schema import Completion
from tests.builders import chart_folder


class Panic(BaseException):
    """What a compiled plugin raises that panics."""


@dataclass(kw_only=True)
class Faulty(Captioner):
    """Fails on the first image in whatever way it is told to."""

    way: str = ""
    met: list[str] = field(default_factory=list)

    @property
    def identity(self):
        return {"plugin": "faulty", "way": self.way}

    def seen(self, images):
        if self.way == "seen" and images[0].name == "0.png":
            raise LookupError("what was that?")
        return super().seen(images)

    async def caption(self, images, *, sample, question=None):
        if images[0].name != "0.png":
            return Caption("a chart")
        match self.way:
            case "raises":
                return Caption(str(1 / 0))
            case "exits":
                raise SystemExit(3)
            case "panics":
                raise Panic("at the disco")
            case "interrupts":
                raise KeyboardInterrupt
            case "text":
                return "a chart"
        return Caption("a chart")


@pytest.fixture
def run(tmp_path):
    data = chart_folder(tmp_path / "data", images=3, questions=1)

    def go(captioner, **plan):
        return evaluate(captioner, benchmarks="chartqa", data=data, out=tmp_path / "run",
                        store=tmp_path / "store.sqlite", **plan)  # fmt: skip

    return go


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("raises", "ZeroDivisionError: division by zero"),
        ("exits", "SystemExit: 3"),
        ("panics", "Panic: at the disco"),
        ("interrupts", "KeyboardInterrupt"),
        ("text", "caption() returned str, not a prism_eval.Caption"),
        ("seen", "LookupError: what was that?"),
    ],
)
def test_a_fault_costs_the_rows_of_one_image(way, says, run):
    result = run({"x": Faulty(way=way)})
    frame = result.to_pandas()
    assert list(frame["outcome"] == "failed") == [True, False, False]
    note = frame["note"][0]
    assert says in note
    assert "faulty" in note
    assert len(note.splitlines()) <= 3
    assert "image 0.png" in note
    if way in ("raises", "exits", "panics", "interrupts"):
        assert "test_strangers.py, line" in note.splitlines()[2]


@dataclass(kw_only=True)
class FaultyReasoner(Reasoner):
    async def answer(self, caption, item, *, sample):
        if item.id.endswith("0"):
            raise KeyError("no such thing")
        return Answer("Answer: 1")


def test_a_reasoner_s_fault_names_the_item(run):
    frame = run("blind", reasoner=FaultyReasoner()).to_pandas()
    assert "failed" in set(frame["outcome"])
    note = frame.loc[frame["outcome"] == "failed", "note"].iloc[0]
    assert "reasoner 'faultyreasoner', item" in note
    assert "KeyError: 'no such thing'" in note


class NotADataclass(Captioner):
    def __init__(self, word):
        self.word = word

    async def caption(self, images, *, sample, question=None):
        return Caption(self.word)


@dataclass(kw_only=True)
class NotAsync(Captioner):
    def caption(self, images, *, sample, question=None):
        return Caption("x")


@dataclass(kw_only=True)
class NotJson(Captioner):
    words: set = field(default_factory=lambda: {"a"})

    async def caption(self, images, *, sample, question=None):
        return Caption("x")


@pytest.mark.parametrize(
    ("captioner", "says"),
    [
        (NotADataclass("x"), "captioner 'x': class NotADataclass is not a dataclass"),
        (NotAsync(), "NotAsync.caption is not async: write `async def caption`"),
        (NotJson(), "TypeError: Object of type set is not JSON serializable"),
    ],
)
def test_what_can_be_seen_at_start_is_said_at_start(captioner, says, run, tmp_path):
    with pytest.raises(UsageError) as caught:
        run({"x": captioner})
    assert says in str(caught.value)
    assert not (tmp_path / "run" / "plan.toml").exists()


def test_what_is_no_captioner_at_all_is_said_at_start(run):
    with pytest.raises(UsageError, match="is no captioner"):
        run({"x": object()})


def test_a_slip_while_tidying_up_costs_nothing(run):
    class Untidy(Captioner):
        async def caption(self, images, *, sample, question=None):
            return Caption("x")

        async def close(self):
            raise ValueError("no")

    assert run({"x": Untidy()}).failed == 0


@dataclass(kw_only=True)
class FaultyEngine(Engine):
    way: str = ""

    async def generate(self, request):
        match self.way:
            case "text":
                return "Answer: 1"
            case "exits":
                raise SystemExit(1)
        raise RuntimeError("no weights")


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("raises", "RuntimeError: no weights"),
        ("exits", "SystemExit: 1"),
        ("text", "generate() gave str, not an awaited Completion"),
    ],
)
def test_an_engine_s_fault_names_the_engine_and_its_line(way, says, run):
    captioner = PromptedCaptioner(engine=FaultyEngine(model="m", way=way), prompt="p")
    note = run({"x": captioner}).to_pandas()["note"][0]
    assert says in note
    assert "faultyengine" in note
    if way != "text":
        assert "image 0.png" in note
        assert "test_strangers.py, line" in note.splitlines()[2]


build_module = sys.modules["prism_eval.plugins.build"]  # the package exports a function of that name


@dataclass(kw_only=True)
class SyncEngine(Engine):
    def generate(self, request):
        return Completion("x")


def test_an_engine_that_is_not_async_is_refused_at_start(monkeypatch):
    points = {"sync": EntryPoint("sync", f"{__name__}:SyncEngine", "prism_eval.engines")}
    monkeypatch.setattr(build_module, "entry_points", lambda kind: points if kind == "engine" else {})
    monkeypatch.setattr("prism_eval.plugins.layers.load", lambda kind, name: SyncEngine)
    with pytest.raises(UsageError, match=r"SyncEngine.generate is not async"):
        build_module.build(CAPTIONER, Spec.parse("sync:m"), {"prompt": "p"})


@pytest.mark.parametrize("concurrency", [0, -1])
def test_a_limit_that_lets_nobody_in_is_refused_at_start(concurrency, run):
    @dataclass(kw_only=True)
    class Limited(Captioner):
        concurrency: int | None = runtime(None)

        async def caption(self, images, *, sample, question=None):
            return Caption("x")

    with pytest.raises(UsageError, match="concurrency must be 1 or more"):
        run({"x": Limited(concurrency=concurrency)})


def test_what_it_says_of_itself_may_fail_as_well(run):
    class Lost(Captioner):
        @property
        def address(self):
            raise OSError("nowhere")

        async def caption(self, images, *, sample, question=None):
            return Caption("x")

    with pytest.raises(UsageError, match="OSError: nowhere"):
        run({"x": Lost()})


def test_a_class_without_fields_needs_no_decorator(run):
    class Plain(Captioner):
        async def caption(self, images, *, sample, question=None):
            return Caption("x")

    assert run({"x": Plain()}).failed == 0
