"""Engines around engines: which option is whose."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Annotated

import pytest

from prism_eval.captioners import CAPTIONER
from prism_eval.engines.base import Engine
from prism_eval.errors import UnknownName, UsageError
from prism_eval.plugins import Plugin, Spec, build, label_of, layers, paths, registry, runtime
from prism_eval.reasoners import REASONER
from prism_eval.schema import Completion

PROMPTS = {
    "prompt": "Describe.",
    "choice_prompt": "{caption} {question} {options}",
    "short_prompt": "{caption} {question}",
}


@dataclass(kw_only=True)
class Inside(Engine):
    model: Annotated[str, Path]
    salt: str = ""
    copies: int = 1
    speed: float = runtime(1.0)

    async def generate(self, request):
        return Completion("x")


@dataclass(kw_only=True)
class Around(Engine):
    engine: Engine
    copies: int = runtime(1)
    where: str = runtime("", environment="AROUND_WHERE")

    @property
    def identity(self):
        return self.engine.identity

    async def generate(self, request):
        return await self.engine.generate(request)


@pytest.fixture(autouse=True)
def engines(monkeypatch: pytest.MonkeyPatch) -> None:
    known = registry.entry_points
    named = {
        name: EntryPoint(name, f"{__name__}:{cls.__name__}", "prism_eval.engines")
        for name, cls in (("inside", Inside), ("around", Around))
    }
    load = registry.load
    classes = {"inside": Inside, "around": Around}

    def points(kind: str):
        return {**known(kind), **named} if kind == "engine" else known(kind)

    def loaded(kind: str, name: str):
        return classes[name] if kind == "engine" and name in classes else load(kind, name)

    for module in (registry, layers, paths, __import__("prism_eval.plugins.build", fromlist=["build"])):
        monkeypatch.setattr(module, "entry_points", points, raising=False)
        monkeypatch.setattr(module, "load", loaded, raising=False)


def made(text: str, kind=CAPTIONER) -> Plugin:
    return build(kind, Spec.parse(text), PROMPTS)


def test_options_go_to_whom_they_belong() -> None:
    plugin = made("around:inside:m?copies=3&salt=s&concurrency=5&temperature=0.5&speed=2&where=there")
    outer = plugin.engine
    inner = outer.engine
    assert (outer.model, outer.copies, outer.where) == ("inside:m", 3, "there")
    assert (inner.model, inner.salt, inner.copies, inner.speed, inner.concurrency) == ("m", "s", 1, 2.0, 5)
    assert plugin.sampling.temperature == 0.5
    assert plugin.identity == made("inside:m?salt=s&temperature=0.5").identity


def test_a_reasoner_s_own_are_still_its_own() -> None:
    assert made("around:inside:m?copies=2&system=Hello", REASONER).system == "Hello"


def test_a_model_may_have_colons_and_stand_in_another_engine_yet() -> None:
    assert made("around:inside:a:b/c").engine.engine.model == "a:b/c"
    assert made("around:around:inside:m?salt=s").engine.engine.engine.salt == "s"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("around:inside:m?copys=3", r"unknown option of captioner 'around:inside' 'copys'; did you mean 'copies'"),
        ("around:inside:m?slat=3", r"did you mean 'salt'"),
        ("around:inside:m?engine=3", r"unknown option of captioner 'around:inside' 'engine'"),
        ("around:insied:m", r"unknown engine in around:insied:m 'insied'; did you mean 'inside'"),
        ("around", r"around needs an engine, and that one a model: write around:ENGINE:MODEL"),
        ("around:inside", r"captioner 'around:inside' needs model: write around:inside:MODEL"),
        ("around:inside:m?copies=many", r"captioner 'around:inside': copies='many' will not do"),
        ("around(blind):inside:m", "takes no parts"),
    ],
)
def test_what_is_wrong_is_one_clear_line(text: str, says: str) -> None:
    with pytest.raises((UnknownName, UsageError), match=says) as raised:
        made(text)
    assert len(str(raised.value).splitlines()) == 1


def test_tables_name_the_engine_inside() -> None:
    spec = Spec.parse("around:inside:m?copies=3&salt=s&speed=2")
    assert label_of(CAPTIONER, spec) == label_of(CAPTIONER, Spec.parse("inside:m?salt=s")) == "inside:m?salt=s"


def test_paths_inside_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").mkdir()
    monkeypatch.setenv("AROUND_WHERE", "env:1")
    moved = paths.settled("captioner", Spec.parse("around:inside:weights?copies=3&salt=weights"))
    assert moved.model == f"inside:{tmp_path}/weights"
    assert moved.options == {"copies": "3", "where": "env:1", "salt": "weights"}
    again = Spec.parse(moved.written())
    assert (again.model, again.options) == (moved.model, moved.options)
    assert paths.settled("captioner", Spec.parse("around:inside:elsewhere")).model == "inside:elsewhere"


def test_an_engine_by_itself_has_one_layer() -> None:
    (layer,) = layers.layers_of(Spec.parse("inside:m?salt=s"))
    assert (layer.name, layer.model, layer.options, layers.names_of(layer)) == ("inside", "m", {"salt": "s"}, set())
