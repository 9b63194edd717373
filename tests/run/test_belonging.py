"""What lies in a run folder belongs together, and its plan does the run again from anywhere."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from prism_eval import evaluate
from prism_eval.errors import RunError, UsageError
from prism_eval.plan import make_plan
from prism_eval.run.belonging import check_belonging
from prism_eval.run.execute import run_plan
from prism_eval.run.folder import RunFolder
from prism_eval.run.replay import reopen
from tests.builders import chart_folder


@pytest.fixture
def places(tmp_path):
    return {"data": str(chart_folder(tmp_path / "data")), "store": tmp_path / "store.sqlite", "out": tmp_path / "run"}


@pytest.fixture
def cli(tmp_path):
    def run(*words, cwd=tmp_path):
        command = [sys.executable, "-m", "prism_eval", *map(str, words)]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)

    return run


def test_the_folder_of_another_plan_is_refused_and_kept(places):
    evaluate("blind", benchmarks="chartqa", **places)
    before = {path: path.read_bytes() for path in places["out"].rglob("*.*")}
    with pytest.raises(UsageError, match=r"holds the run of another plan \('captioners' differs\).*--overwrite"):
        evaluate("oracle", benchmarks="chartqa", **places)
    assert {path: path.read_bytes() for path in places["out"].rglob("*.*")} == before


def test_overwrite_replaces_it_but_not_for_a_plan_that_cannot_run(places):
    evaluate("blind", benchmarks="chartqa", **places)
    with pytest.raises(UsageError, match="unknown captioner"):
        evaluate("oracel", benchmarks="chartqa", overwrite=True, **places)
    assert RunFolder.open(places["out"]).read_plan().captioners == ("blind",)
    result = evaluate("oracle", benchmarks="chartqa", overwrite=True, **places)
    assert set(result.to_pandas()["captioner"]) == {"oracle"}


def test_another_concurrency_is_the_same_plan(places):
    evaluate("blind", benchmarks="chartqa", concurrency=3, **places)
    again = evaluate("blind", benchmarks="chartqa", concurrency=4, attempts=2, **places)
    assert again.folder.read_plan().concurrency == 4


def test_an_overwriting_run_that_stops_half_way_leaves_no_table_of_the_old_one(places, cli):
    evaluate("blind", benchmarks="chartqa", **places)
    plan = make_plan({"captioners": ["openai:m?base_url=http://127.0.0.1:9/v1"], "benchmarks": ["chartqa"],
                      "data": places["data"], "attempts": 1, "patience": 0.5})  # fmt: skip
    with pytest.raises(Exception, match="cannot connect"):
        run_plan(plan, out=places["out"], store=places["store"], overwrite=True)
    assert sorted(path.name for path in places["out"].iterdir()) == ["plan.toml", "thumbnails"]
    done = cli("report", places["out"])
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)


def test_a_rewritten_table_removes_what_was_made_from_it(places):
    result = evaluate("blind", benchmarks="chartqa", **places)
    run_plan(result.folder.read_plan(), out=places["out"], store=places["store"], stages=["caption"])
    names = {path.name for path in places["out"].iterdir()}
    assert names == {"plan.toml", "manifest.json", "captions.parquet", "thumbnails"}


def test_another_reasoner_keeps_the_captions_and_makes_the_rest_anew(places):
    evaluate("blind", benchmarks="chartqa", **places)
    plan = reopen(places["out"], ["caption"], reasoner="lexical?min_evidence=0.9")
    run_plan(plan, out=places["out"], store=places["store"], stages=["answer"], live=frozenset({"answer"}))
    folder = RunFolder.open(places["out"])
    check_belonging(folder, "caption", "answer")
    assert not folder.table("verdicts").exists()


@pytest.mark.parametrize("stage", ["caption", "answer", "score"])
def test_a_table_of_another_plan_is_found_out(places, tmp_path, stage):
    evaluate("blind", benchmarks="chartqa", **places)
    evaluate("oracle", benchmarks="chartqa", **places | {"out": tmp_path / "other"})
    name = {"caption": "captions", "answer": "answers", "score": "verdicts"}[stage]
    (tmp_path / "other" / f"{name}.parquet").replace(places["out"] / f"{name}.parquet")
    with pytest.raises(RunError, match=rf"{name}\.parquet is not of the plan beside it"):
        check_belonging(RunFolder.open(places["out"]), stage)


def test_report_and_score_check_that_all_belongs_together(places, tmp_path, cli):
    evaluate("blind", benchmarks="chartqa", **places)
    evaluate("oracle", benchmarks="chartqa", **places | {"out": tmp_path / "other"})
    manifest = json.loads((places["out"] / "manifest.json").read_text())
    (tmp_path / "other" / "manifest.json").write_text(json.dumps(manifest))
    for words in (("report", tmp_path / "other"),):
        done = cli(*words)
        assert done.returncode == 1
        assert "manifest.json is not of the plan beside it" in done.stderr
        assert "Traceback" not in done.stderr
    (tmp_path / "other" / "answers.parquet").replace(places["out"] / "answers.parquet")
    assert "answers.parquet is not of the plan beside it" in cli("report", places["out"]).stderr
    done = cli("score", places["out"])
    assert "answers.parquet is not of the plan beside it" in done.stderr


def test_a_folder_of_an_older_prism_eval_is_refused_in_one_line(places, cli):
    import pyarrow.parquet as pq

    evaluate("blind", benchmarks="chartqa", **places)
    path = places["out"] / "verdicts.parquet"
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)
    done = cli("report", places["out"])
    assert done.returncode == 1
    assert "older prism-eval" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_plan_does_the_run_again_from_any_folder(tmp_path, cli):
    home, elsewhere = tmp_path / "home, (old)", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    chart_folder(home / "data")
    (home / "captions.jsonl").write_text(
        "".join(json.dumps({"image": f"{shade}.png", "caption": "bars"}) + "\n" for shade in range(4))
    )
    specs = ["file:captions.jsonl", "merge(file:captions.jsonl, blind)", "budget(file:./captions.jsonl)?words=1"]
    words = [word for spec in specs for word in ("-c", spec)]
    done = cli("run", *words, "-b", "chartqa", "--data", "data", "--store", home / "s", "--out", "run", "-q", cwd=home)
    assert done.returncode == 0, done.stderr
    again = cli(
        "run", "--plan", home / "run" / "plan.toml", "--store", home / "s", "--out", "again", "-q", cwd=elsewhere
    )
    assert again.returncode == 0, again.stderr
    assert "0 made" in again.stdout
    for name in ("captions", "answers", "verdicts"):
        first, second = home / "run" / f"{name}.parquet", elsewhere / "again" / f"{name}.parquet"
        assert first.read_bytes() == second.read_bytes()
    labels = [entry["label"] for entry in json.loads((home / "run" / "manifest.json").read_text())["captioners"]]
    assert labels == specs


def test_a_plan_that_came_to_nothing_is_in_nobody_s_way(places):
    wrong = {"benchmarks": ["chartqa"], "data": places["data"], "patience": 1}
    plan = make_plan({"captioners": ["openai:m?base_url=http://127.0.0.1:9/v1"], **wrong})
    with pytest.raises(Exception, match="cannot connect"):
        run_plan(plan, out=places["out"], store=places["store"])
    assert evaluate("blind", benchmarks="chartqa", **places).folder.read_plan().captioners == ("blind",)
