from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Literal

import pytest

from prism_eval import Captioner, runtime
from prism_eval.captioners import CAPTIONER
from prism_eval.errors import BrokenPlugin, MissingExtra, UnknownName, UsageError
from prism_eval.plugins import Spec, label_of, paths
from prism_eval.plugins import build as build_plugin
from prism_eval.plugins import registry as plugins
from prism_eval.plugins.paths import settled
from prism_eval.reasoners import REASONER
from prism_eval.schema import Caption, Sampling


def build(text, **settings):
    return build_plugin(CAPTIONER, Spec.parse(text), settings)


def test_built_ins_come_through_entry_points():
    assert {"ocr", "blind", "oracle", "file", "merge", "budget", "mismatched"} <= set(plugins.entry_points("captioner"))
    assert len(plugins.entry_points("benchmark")) >= 12


def test_a_misspelt_name_says_what_was_meant():
    with pytest.raises(UnknownName, match="unknown captioner 'orcale'; did you mean 'oracle'"):
        build("orcale")


def test_a_misspelt_engine_is_among_the_suggestions():
    with pytest.raises(UnknownName, match="did you mean 'openai'"):
        build("opnai:x")


def test_a_misspelt_option_says_what_was_meant():
    with pytest.raises(UnknownName, match="did you mean 'recall'"):
        build("oracle?recal=0.5")


def test_values_are_converted_and_bad_ones_refused():
    assert build("oracle?recall=0.5").recall == 0.5
    with pytest.raises(UsageError, match="recall='much' will not do"):
        build("oracle?recall=much")


def test_the_plan_fills_only_what_asks_for_it_and_nobody_set():
    assert build("oracle", seed=7, prompt="unused").seed == 7
    assert build("oracle?seed=1", seed=7).seed == 1


def test_what_is_missing_is_said_with_how_to_write_it():
    with pytest.raises(UsageError, match="write file:MODEL"):
        build("file")
    with pytest.raises(UsageError, match=r"write merge\(CAPTIONER\)"):
        build("merge")


def test_parts_belong_to_combinators_only():
    with pytest.raises(UsageError, match="takes no parts"):
        build("blind(ocr)")
    with pytest.raises(UsageError, match="takes no parts"):
        build_plugin(REASONER, Spec.parse("lexical(blind)"), {})


def test_an_engine_serves_as_captioner_and_reasoner():
    settings = {"prompt": "Describe.", "choice_prompt": "{caption} {question} {options}"}
    settings |= {"short_prompt": "{caption} {question}", "no_caption": "(none)", "sampling": Sampling(max_tokens=9)}
    captioner = build("openai:m?base_url=http://127.0.0.1:1/v1", **settings)
    assert (captioner.engine.model, captioner.prompt, captioner.sampling.max_tokens) == ("m", "Describe.", 9)
    assert build_plugin(REASONER, Spec.parse("openai:m?temperature=0.5"), settings).sampling == Sampling(
        temperature=0.5, max_tokens=9
    )


def test_labels_leave_out_what_changes_no_caption():
    spec = Spec.parse("merge(openai:m?base_url=http://127.0.0.1:1/v1&timeout=3, oracle?recall=0.5)")
    assert label_of(CAPTIONER, spec) == "merge(openai:m, oracle?recall=0.5)"
    assert label_of(CAPTIONER, Spec.parse("blind?label=floor")) == "floor"


@pytest.fixture
def with_plugin(monkeypatch):
    def install(name, value):
        points = {**plugins.entry_points("captioner"), name: EntryPoint(name, value, "prism_eval.captioners")}
        monkeypatch.setattr(plugins, "entry_points", lambda kind: points if kind == "captioner" else {})

    return install


def test_a_plugin_that_fails_to_import_is_reported_and_the_rest_work(with_plugin):
    with_plugin("broken", "no_such_module_anywhere:Thing")
    with pytest.raises(BrokenPlugin, match=r"'broken'.*no_such_module_anywhere"):
        plugins.load("captioner", "broken")
    states = {info.name: plugins.imported(info).problem for info in plugins.describe()}
    assert states["broken"]
    assert not states["blind"]


def test_a_plugin_that_ends_the_program_when_imported_is_a_row_like_the_others(with_plugin, tmp_path, monkeypatch):
    (tmp_path / "leaves.py").write_text("import sys; sys.exit(3)", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with_plugin("leaves", "leaves:Thing")
    assert (
        "SystemExit: 3" in next(plugins.imported(info) for info in plugins.describe() if info.name == "leaves").problem
    )


def test_a_missing_extra_names_the_install(monkeypatch):
    monkeypatch.setattr(plugins, "missing_packages", lambda package, extra: ["rapidocr"])
    with pytest.raises(MissingExtra, match=r"pip install 'prism-eval\[ocr\]'"):
        plugins.load("captioner", "ocr")


def test_plugins_of_other_packages_can_be_kept_out(monkeypatch):
    monkeypatch.setenv("PRISM_EVAL_PLUGINS", "some-package, other")
    assert plugins._allowed("other")
    assert not plugins._allowed("third")


@dataclass(kw_only=True)
class Choosy(Captioner):
    count: int | None = 3
    share: float | None = None
    kind: Literal["a", "b"] | None = "a"
    tag: str | None = "t"
    place: Path | None = None
    table: Mapping[str, object] = field(default_factory=dict)
    words: list[int] | None = None
    where: str = runtime("", environment="CHOOSY_WHERE")

    async def caption(self, images, *, sample, question=None):
        return Caption("")


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        ("count=none", "count", None),
        ("count=NONE", "count", None),
        ("share=none", "share", None),
        ("kind=none", "kind", None),
        ("tag=none", "tag", "none"),
        ("place=none", "place", Path("none")),
        ("words=none", "words", None),
        ("words=[1, 2]", "words", [1, 2]),
        ('table={"a": [1, true, null, "b,c&d"]}', "table", {"a": [1, True, None, "b,c&d"]}),
        ("table=%7B%22a%22%3A%201%7D", "table", {"a": 1}),
    ],
)
def test_none_and_json_are_read_by_the_field_s_type(options, name, value, with_plugin):
    with_plugin("choosy", f"{__name__}:Choosy")
    assert getattr(build(f"choosy?{options}"), name) == value


@pytest.mark.parametrize("options", ["count=null", "kind=c", "words={}", 'words=["a"]', "table=[]", "table=none"])
def test_what_is_no_such_value_is_said(options, with_plugin):
    with_plugin("choosy", f"{__name__}:Choosy")
    with pytest.raises(UsageError, match=options.partition("=")[0]):
        build(f"choosy?{options}")


def test_what_the_environment_says_is_written_into_the_spec(with_plugin, monkeypatch):
    with_plugin("choosy", f"{__name__}:Choosy")
    monkeypatch.setattr(paths, "entry_points", plugins.entry_points)
    monkeypatch.delenv("CHOOSY_WHERE", raising=False)
    assert settled("captioner", Spec.parse("choosy")).options == {}
    monkeypatch.setenv("CHOOSY_WHERE", " there ")
    assert settled("captioner", Spec.parse("choosy?count=1")).options == {"where": "there", "count": "1"}
    assert settled("captioner", Spec.parse("choosy?where=here")).options == {"where": "here"}
    (part,) = settled("captioner", Spec.parse("mismatched(choosy)")).parts
    assert part.options == {"where": "there"}
