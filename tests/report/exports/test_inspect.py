"""A run as logs that inspect_ai reads back, where it is installed (`tox -e inspect`); one line where it is not."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from prism_eval import evaluate
from prism_eval.errors import MissingExtra, RunError
from prism_eval.leaderboard import build
from prism_eval.report.exports import export
from tests.builders import chart_folder
from tests.runfolder import verdict, write_run

NAME = "a|b/../=c"
ITEM = "../../x/1"


@pytest.fixture
def inspect_ai() -> None:
    """Skips where inspect_ai is not installed."""
    if importlib.util.find_spec("inspect_ai") is None:
        pytest.skip("the extra [inspect] is not installed: pip install 'prism-eval[inspect]', or tox -e inspect")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    choice = {"kind": "choice", "options": '["left", "right"]', "gold": '["B"]'}
    rows = [
        verdict(NAME, ITEM, "correct", sample=0, **choice, note="asked-for form"),
        verdict(NAME, ITEM, "wrong", sample=1, score=0.25, **choice),
        verdict(NAME, "2", "failed", answer=None, extracted=None, note="server gone"),
        verdict("other", "2", "abstained", benchmark="mmmu_pro:vision"),
    ]
    return write_run(tmp_path / "run", rows, protocol={"name": "standard", "caption": {"prompt": "Tell me."}})


def read(folder: Path) -> dict[tuple[str, str], object]:
    from inspect_ai.log import list_eval_logs, read_eval_log

    logs = [read_eval_log(info) for info in list_eval_logs(str(folder))]
    return {(log.eval.model, log.eval.task): log for log in logs}


@pytest.mark.usefixtures("inspect_ai")
def test_inspect_reads_a_log_for_each_captioner_and_benchmark(run: Path, tmp_path: Path) -> None:
    board = build(run)
    export(board, "inspect", tmp_path / "logs")
    logs = read(tmp_path / "logs")
    assert set(logs) == {(NAME, "chartqa"), ("other", "mmmu_pro:vision")}
    log = logs[NAME, "chartqa"]
    (score,) = log.results.scores
    estimate = next(row for row in board.rows if row.captioner == NAME).cells["chartqa"].estimate
    assert {name: metric.value for name, metric in score.metrics.items()} == {
        "mean": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
    }
    assert (log.results.total_samples, log.results.completed_samples, score.unscored_samples) == (3, 2, 1)
    assert (log.eval.dataset.samples, log.eval.config.epochs) == (2, 2)
    assert log.eval.metadata["reasoner"] == "lexical"


@pytest.mark.usefixtures("inspect_ai")
def test_a_sample_tells_who_said_what_and_a_failed_call_is_no_score(run: Path, tmp_path: Path) -> None:
    export(build(run), "inspect", tmp_path / "logs")
    samples = {(one.metadata["item"], one.epoch): one for one in read(tmp_path / "logs")[NAME, "chartqa"].samples}
    right, partly, failed = samples[ITEM, 1], samples[ITEM, 2], samples["2", 1]
    question = f"What is shown in {ITEM}?\nA. left\nB. right"
    assert [(message.role, message.text) for message in right.messages] == [
        ("user", "Tell me."),
        ("assistant", "A chart of sales by year."),
        ("user", question),
        ("assistant", "Answer: 42"),
    ]
    assert (right.input, right.choices, right.target) == (question, ["left", "right"], ["B"])
    assert "/" not in right.id
    (score,) = right.scores.values()
    assert (score.value, score.answer, score.explanation) == (1.0, "42", "correct: asked-for form")
    assert partly.scores["exact"].value == 0.25
    assert failed.scores is None
    assert failed.error.message == "server gone"
    assert failed.output.completion == ""


@pytest.mark.usefixtures("inspect_ai")
def test_a_sample_shows_the_small_picture_of_its_image(tmp_path: Path) -> None:
    from inspect_ai.log import list_eval_logs, read_eval_log

    data = chart_folder(tmp_path / "data", images=1)
    evaluate("blind", benchmarks="chartqa", data=data, store=tmp_path / "s.sqlite", out=tmp_path / "run")
    for images, shown in ((True, 1), (False, 0)):
        export(build(tmp_path / "run"), "inspect", tmp_path / str(images), images=images)
        (info,) = list_eval_logs(str(tmp_path / str(images)))
        message = read_eval_log(info, resolve_attachments=True).samples[0].messages[0]
        pictures = [part.image for part in message.content if part.type == "image"]
        assert len(pictures) == shown
        assert all(picture.startswith("data:image/webp;base64,") for picture in pictures)


@pytest.mark.usefixtures("inspect_ai")
def test_exported_again_a_run_replaces_its_logs(run: Path, tmp_path: Path) -> None:
    def exported() -> dict[str, str]:
        export(build(run), "inspect", tmp_path / "logs")
        return {
            f"{model} {task}": log.model_dump_json(exclude={"location", "etag"})
            for (model, task), log in read(tmp_path / "logs").items()
        }

    first = exported()
    assert exported() == first
    assert len(list((tmp_path / "logs").iterdir())) == 2


@pytest.mark.usefixtures("inspect_ai")
def test_a_file_in_its_way_is_said_in_one_line(run: Path, tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("")
    with pytest.raises(RunError, match=r"cannot write .*logs"):
        export(build(run), "inspect", tmp_path / "logs")


def test_without_inspect_one_line_says_what_mends_it(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai.log", None)
    with pytest.raises(MissingExtra, match=r"^--format inspect needs .* pip install 'prism-eval\[inspect\]'$"):
        export(build(run), "inspect", tmp_path / "logs")
    assert not (tmp_path / "logs").exists()


def test_it_is_imported_by_nothing_else() -> None:
    code = "import sys, prism_eval.report.exports, prism_eval.cli.app; sys.exit('inspect_ai' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.usefixtures("inspect_ai")
def test_golds_that_are_no_list_are_said_of_their_own_table(run: Path, tmp_path: Path) -> None:
    bad = write_run(
        tmp_path / "bad",
        [verdict("b", "1", gold="[")],
        protocol=json.loads((run / "manifest.json").read_text())["protocol"],
    )
    with pytest.raises(RunError, match=f"^{bad}/verdicts.parquet has options or answers that are no JSON list"):
        export(build([run, bad]), "inspect", tmp_path / "logs")
