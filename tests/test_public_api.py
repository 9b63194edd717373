import asyncio
import subprocess
import sys

import pytest

import prism_eval
from prism_eval import Caption, Captioner
from prism_eval.errors import UsageError
from tests.builders import chart_folder

HEAVY = [
    "torch",
    "datasets",
    "pandas",
    "matplotlib",
    "scipy",
    "vllm",
    "transformers",
    "xllamacpp",
    "rapidocr",
    "math_verify",
]
LIGHT = [
    "prism_eval",
    "prism_eval.cli.app",
    "prism_eval.captioners.ocr.plugin",
    "prism_eval.captioners.oracle",
    "prism_eval.captioners.file",
    "prism_eval.captioners.prompted",
    "prism_eval.reasoners.lexical",
    "prism_eval.engines.openai",
    "prism_eval.benchmarks",
    "prism_eval.scoring.caprl",
    "prism_eval.report.evaluate",
    "prism_eval.rewards",
]


@pytest.mark.parametrize("module", LIGHT)
def test_imports_stay_light(module):
    code = f"import sys, {module}; print(*[name for name in {HEAVY} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_the_public_surface_is_pinned():
    assert sorted(prism_eval.__all__) == dir(prism_eval)
    assert dir(prism_eval) == [
        "Answer", "CallError", "Caption", "CaptionReward", "Captioner", "Combinator", "Engine", "FatalError", "Image",
        "Item", "LengthTerm", "Outcome", "PermanentError", "PrismError", "RateLimited", "Reasoner", "Result", "Reward",
        "Sampling", "Scorer", "TransientError", "Verdict", "__version__", "added", "evaluate", "from_plan", "runtime",
    ]  # fmt: skip
    for name in prism_eval.__all__:
        assert getattr(prism_eval, name) is not None
    with pytest.raises(AttributeError):
        _ = prism_eval.nothing


class Reader(Captioner):
    """A captioner written in a notebook."""

    name = "reader"

    @property
    def identity(self):
        return {"plugin": "reader"}

    async def caption(self, images, *, sample, question=None):
        number = images[0].name.split("/")[-1].removesuffix(".png")
        return Caption(f"The value of bar 0 in chart {number} is {number}0.")


@pytest.fixture
def charts(tmp_path):
    return chart_folder(tmp_path / "data")


def run(charts, tmp_path, *captioners, **plan):
    places = {"data": charts, "store": tmp_path / "store.sqlite", "out": tmp_path / "run"}
    given = captioners[0] if captioners and isinstance(captioners[0], dict) else list(captioners)
    return prism_eval.evaluate(given, benchmarks="chartqa", **places, **plan)


def test_evaluate_takes_specs_and_objects_and_gives_a_frame(charts, tmp_path):
    result = run(charts, tmp_path, "blind", Reader())
    frame = result.to_pandas()
    assert len(frame) == 16
    scores = frame.groupby("captioner").score.mean()
    assert set(scores.index) == {"blind", "reader"}
    assert scores["reader"] > scores["blind"] == 0
    assert result.html.read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert result.failed == 0


def test_a_second_run_of_a_plan_makes_no_calls_and_gives_the_same_tables(charts, tmp_path):
    first = run(charts, tmp_path, "blind", Reader())
    tables = [first.folder.table(name).read_bytes() for name in ("captions", "answers", "verdicts")]
    second = run(charts, tmp_path, "blind", Reader())
    assert [tally.made for tally in second.tallies.values()] == [0, 0]
    assert [second.folder.table(name).read_bytes() for name in ("captions", "answers", "verdicts")] == tables


def test_captioners_can_be_given_labels_of_one_s_own(charts, tmp_path):
    result = run(charts, tmp_path, {"mine": Reader(), "floor": "blind"})
    assert set(result.to_pandas().captioner) == {"mine", "floor"}


async def test_evaluate_works_inside_a_running_event_loop(charts, tmp_path):
    assert asyncio.get_running_loop().is_running()
    assert len(run(charts, tmp_path, "blind", limit=3).to_pandas()) == 2


def test_bad_arguments_are_usage_errors(charts, tmp_path):
    with pytest.raises(UsageError, match="no captioner"):
        run(charts, tmp_path)
    with pytest.raises(UsageError, match="did you mean 'limit'"):
        run(charts, tmp_path, "blind", limits=3)
