"""``lmms-eval --model prism_eval``: our captioner and reasoner inside an unmodified lmms-eval."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import prism_eval
from prism_eval.run.reading import read_manifest

pytestmark = [pytest.mark.lmms, pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("lmms_eval")]


@pytest.fixture
def run_inside(tasks: Path, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Evaluates one local task with lmms-eval itself, and returns its results."""

    def run(task: str, model_args: str) -> dict[str, Any]:
        from lmms_eval.evaluator import simple_evaluate
        from lmms_eval.tasks import TaskManager

        return simple_evaluate(
            model="prism_eval",
            model_args=f"{model_args},store={tmp_path / 'store.sqlite'}",
            tasks=[task],
            task_manager=TaskManager(include_path=str(tasks), include_defaults=False),
            bootstrap_iters=0,
            log_samples=True,
        )

    return run


def values(results: dict[str, Any], task: str) -> dict[str, float]:
    found = {key.partition(",")[0]: value for key, value in results["results"][task].items()}
    return {
        metric: value for metric, value in found.items() if isinstance(value, int | float) and "stderr" not in metric
    }


def test_lmms_eval_finds_the_model():
    from lmms_eval.models import get_model, get_model_manifest

    assert get_model_manifest("prism_eval").chat_class_path == "prism_eval.lmms.model.PrismEval"
    assert get_model("prism_eval").is_simple is False


@pytest.mark.parametrize("task", ["chartqa_local", "mmmu_local", "mmstar_local"])
def test_both_ways_give_the_same_numbers(run_inside, tasks, tmp_path, serve, task):
    model = f"openai:model?base_url={serve(text='B').url}"
    inside = values(run_inside(task, f"captioner={model},reasoner={model}"), task)
    result = prism_eval.evaluate(
        model,
        reasoner=model,
        benchmarks=f"lmms:{task}",
        data=tasks,
        protocol="lmms",
        out=tmp_path / "run",
        store=tmp_path / "store.sqlite",
    )
    (own,) = read_manifest(result.folder.path)["aggregates"]
    numbers = {metric: value for metric, value in own["metrics"].items() if isinstance(value, int | float)}
    assert numbers
    assert numbers == {metric: pytest.approx(inside[metric]) for metric in numbers}
    assert result.tallies["answer"].made == result.tallies["caption"].made == 0


def test_an_image_is_captioned_once_and_a_second_run_asks_nothing(run_inside, serve, tmp_path):
    server = serve(log=tmp_path / "calls.jsonl", text="4")
    model = f"openai:model?base_url={server.url}"
    first = run_inside("chartqa_local", f"captioner={model},reasoner={model}")
    asked = len((tmp_path / "calls.jsonl").read_text().splitlines())
    again = run_inside("chartqa_local", f"captioner={model},reasoner={model}")
    assert len((tmp_path / "calls.jsonl").read_text().splitlines()) == asked
    assert first["results"]["chartqa_local"] == again["results"]["chartqa_local"]


def test_failed_calls_end_the_run_and_grade_nothing(run_inside, serve):
    model = f"openai:model?base_url={serve(fail=1.0, modes=('400',)).url}"
    with pytest.raises(SystemExit, match="6 of 6 answers failed and none was graded"):
        run_inside("mmstar_local", f"captioner=blind,reasoner={model}")


def test_quotes_keep_the_commas_of_a_spec_together(run_inside):
    results = run_inside("chartqa_local", "captioner='merge(blind,blind)',reasoner=lexical")
    assert len(results["samples"]["chartqa_local"]) == 6


def test_a_plan_file_may_say_it_all(run_inside, tmp_path):
    (tmp_path / "plan.toml").write_text('captioners = ["merge(blind, blind)"]\nreasoner = "lexical"\n')
    assert run_inside("chartqa_local", f"plan={tmp_path / 'plan.toml'}")["results"]["chartqa_local"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("captioner=blnd,reasoner=lexical", "did you mean 'blind'"),
        ("reasoner=lexical", "no captioner is named"),
        ("captioner=blind,protocol=lms", "did you mean 'lmms'"),
    ],
)
def test_a_wrong_argument_ends_the_run_before_it_starts(run_inside, arguments, message):
    with pytest.raises(SystemExit, match=message):
        run_inside("chartqa_local", arguments)


def test_the_command_fails_when_a_call_failed(tasks, tmp_path, serve):
    model = f"openai:model?base_url={serve(fail=1.0, modes=('400',)).url}"
    command = [sys.executable, "-m", "lmms_eval", "--model", "prism_eval", "--include_path", str(tasks)]
    command += ["--tasks", "mmstar_local", "--limit", "2"]
    command += ["--model_args", f"captioner=blind,reasoner={model},store={tmp_path / 'store.sqlite'}"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=os.environ, check=False)
    assert ended.returncode == 1
    assert "prism-eval: 2 of 2 answers failed and none was graded" in ended.stderr
