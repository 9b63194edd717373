"""A run knows what its models are before it asks them anything, and stops where what it would ask cannot be done."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from prism_eval import evaluate
from prism_eval.captioners.prompted import PromptedCaptioner
from prism_eval.engines import Engine, Probe
from prism_eval.errors import FatalError, PermanentError
from prism_eval.plugins import runtime
from prism_eval.schema import Completion
from tests.builders import chart_folder


@pytest.fixture
def places(tmp_path):
    data = chart_folder(tmp_path / "data", images=3, questions=2)
    return {"data": data, "benchmarks": ["chartqa"], "store": tmp_path / "store", "out": tmp_path / "run"}


def spec(server, options: str = "") -> str:
    return f"openai:model?base_url={server.url}{options}"


def models(places) -> list[dict[str, object]]:
    return json.loads((places["out"] / "manifest.json").read_text(encoding="utf-8"))["models"]


def test_the_manifest_holds_it_and_a_finished_run_asks_nothing_and_keeps_it(places, serve):
    eyes, reader = serve(context=8192, version="0.32.0", root="/eyes"), serve(several=False)
    entries = [spec(eyes), f"budget({spec(eyes)})?words=2", f"direct({spec(eyes)})"]
    evaluate(entries, reasoner=spec(reader), **places)
    first, second = models(places)
    assert first["address"] == eyes.url
    assert (first["root"], first["context"], first["version"]) == ("/eyes", 8192, "0.32.0")
    assert (first["images"], first["several"], second["several"]) == (True, True, False)
    assert "images" not in second, "who is shown none is not tried with one"
    assert (len(eyes.server.probes), len(reader.server.probes)) == (2, 2), "once for each model, whoever asks it"
    lists = eyes.server.lists
    evaluate(entries, reasoner=spec(reader), **places)
    assert (len(eyes.server.probes), eyes.server.lists) == (2, lists)
    assert models(places) == [first, second]


def test_what_servers_are_makes_no_run_another_one(places, serve, tmp_path):
    results = [
        evaluate(spec(serve(version=version), "&label=x"), **{**places, "store": tmp_path / version,
                                                               "out": tmp_path / f"run-{version}"})
        for version in ("1", "2")
    ]  # fmt: skip
    one, two = (
        {path.name: path.read_bytes() for path in sorted(result.folder.path.glob("*.parquet"))} for result in results
    )
    assert one.keys() == two.keys()


@pytest.mark.parametrize(
    ("behaviour", "options", "words"),
    [
        ({"context": 1024}, "", "give a smaller max_tokens"),
        ({"echo": "none"}, "&by=rank", "gives no log-probabilities, so it cannot rank options"),
        ({"fail": 1.0, "modes": ("400",), "refusal": "Unsupported: temperature"}, "", "add temperature=none"),
        ({"models": ("other",)}, "", "does not list the model 'model' but other"),
    ],
)
def test_a_reader_that_will_not_do_is_told_before_anything_is_captioned(behaviour, options, words, places, serve):
    eyes, reader = serve(), serve(**behaviour)
    with pytest.raises(FatalError, match=words):
        evaluate(spec(eyes), reasoner=spec(reader, options), **places)
    assert (eyes.server.events, reader.server.events) == ([], [])


def test_each_thing_that_does_not_fit_is_a_line(places, serve):
    with pytest.raises(FatalError) as caught:
        evaluate(spec(serve(blind=True)), reasoner=spec(serve(context=900)), **places)
    assert len(caught.value.lines) == 2


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("mode", ["429", "500", "503", "cut", "malformed"])
def test_a_server_that_stumbles_over_the_question_is_not_judged(mode, places, serve):
    server = serve(fail=0.3, modes=(mode,), faults_in_probes=True, faults_in_list=True, seed=3)
    result = evaluate(spec(server), reasoner=spec(server), **places)
    assert result.failed == 0


def test_one_that_is_away_at_first_is_waited_for(places, serve):
    server = serve(fail=1.0, modes=("busy",))

    def watch(state):
        import contextlib
        import threading

        timer = threading.Timer(1.5, lambda: setattr(server.behaviour, "fail", 0.0))
        timer.start()
        return contextlib.nullcontext()

    assert evaluate(spec(server), watch=watch, **places).failed == 0


@dataclass(kw_only=True)
class Odd(Engine):
    """A stranger's, whose probe does whatever it is told."""

    model: str = "m"
    does: object = runtime(None)

    async def probe(self, trial=None):
        if isinstance(self.does, BaseException):
            raise self.does
        return self.does

    async def generate(self, request):
        return Completion("Answer: 1")


@pytest.mark.parametrize("does", [ValueError("a bug"), "a text", None, PermanentError("ask later")])
def test_a_strangers_probe_that_fails_costs_nothing(does, places):
    captioner = PromptedCaptioner(engine=Odd(does=does), prompt="Describe.")
    assert evaluate({"odd": captioner}, **places).failed == 0
    assert models(places)[0]["engine"] == "odd:m"


def test_a_strangers_images_context_and_ranks_are_believed(places):
    captioner = PromptedCaptioner(engine=Odd(does=Probe(model="m", images=False, context=100)), prompt="Describe.")
    with pytest.raises(FatalError) as caught:
        evaluate({"odd": captioner}, **places)
    assert [words in line for words, line in zip(("smaller max_tokens", "takes no images"), caught.value.lines,
                                                 strict=True)] == [True, True]  # fmt: skip
