"""Results of every version of lmms-eval, compressed or moved, are found; what only looks like some is not."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from prism_eval.errors import DataError, UsageError
from prism_eval.leaderboard import Leaderboard, build
from prism_eval.leaderboard.imports import Place, import_lmms_eval
from tests.leaderboard.imports.logs import STAMP, documents, write_model

RIGHT = [True, False, True, True]
RESULTS, SAMPLES = f"{STAMP}_results.json", f"{STAMP}_samples_chartqa.jsonl"


def imported(tmp_path: Path, place: Path) -> Leaderboard:
    return build(import_lmms_eval([Place.parse(str(place))], tmp_path / "run").path)


def scores(board: Leaderboard) -> dict[str, float]:
    return {row.captioner: row.cells["chartqa"].estimate.value for row in board.rows}


def caprl(tmp_path: Path) -> Path:
    return write_model(tmp_path / "logs" / "caprl", {"chartqa": documents("chartqa", RIGHT)})


@pytest.mark.parametrize(
    ("results", "samples"),
    [
        (RESULTS, SAMPLES),
        ("results_2024-09-01T10-20-30.json", "samples_chartqa_2024-09-01T10-20-30.jsonl"),
        ("results_2024-09-01.json", "llava_samples_chartqa_2024-09-01.jsonl"),
        ("results.json", "chartqa.jsonl"),
        ("results.json", "samples_chartqa.jsonl"),
        ("results.json", "0528_1020_samples_chartqa.jsonl"),
        (RESULTS, "chartqa.jsonl"),
        (RESULTS, f"caprl/{SAMPLES}"),
    ],
)
@pytest.mark.parametrize("packed", ["", ".gz", ".bz2", ".xz"])
def test_names_of_all_versions_and_compressed_ones(results: str, samples: str, packed: str, tmp_path: Path) -> None:
    pack: Callable[[bytes], bytes] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}.get(
        packed, bytes
    )
    folder = caprl(tmp_path)
    for old, new in ((RESULTS, results), (SAMPLES, samples)):
        content = (folder / old).read_bytes()
        (folder / old).unlink()
        (folder / f"{new}{packed}").parent.mkdir(exist_ok=True)
        (folder / f"{new}{packed}").write_bytes(pack(content))
    assert scores(imported(tmp_path, folder)) == {"caprl": 0.75}


def old_run(folder: Path, right: Sequence[bool], model: str = "ckpt/caprl", task: str = "chartqa") -> Path:
    """A folder as lmms-eval wrote it up to 0.2.2: no stamp in the names, and one object a task."""
    folder.mkdir(parents=True)
    lines = [
        {
            "doc_id": one["doc_id"],
            "target": one["target"],
            "doc": {"imgname": f"{place // 2}.png"},
            "arguments": [[one["input"], 0, task, "test"]],
            "resps": [["B"]],
            "filtered_resps": ["B"],
            "relaxed_overall": one["relaxed_overall"],
        }
        for place, one in enumerate(documents("chartqa", right))
    ]
    results = {
        "results": {task: {"alias": task, "relaxed_overall,none": 0.5}},
        "configs": {task: {"metric_list": [{"metric": "relaxed_overall", "higher_is_better": True}]}},
        "versions": {task: "Yaml"},
        "n-shot": {task: 0},
        "model_configs": {"model": "llava", "model_args": f"pretrained={model},api_key=secret", "limit": None},
    }
    (folder / "results.json").write_text(json.dumps(results))
    (folder / f"{task}.json").write_text(json.dumps({"args": {}, "model_configs": {}, "logs": lines, "time": "0528"}))
    return folder


def test_the_oldest_logs_are_read_with_their_prompts_images_and_model(tmp_path: Path) -> None:
    old_run(tmp_path / "logs" / "0528_1020_llava_model_args_ab", RIGHT)
    old_run(tmp_path / "logs" / "0529_1020_llava_model_args_ab", RIGHT, task="chartqapro")
    old_run(tmp_path / "logs" / "0530_1020_llava_model_args_cd", RIGHT[::-1], model="ckpt/dense")
    board = imported(tmp_path, tmp_path / "logs")
    # Each run has a folder, and two of them are of one model.
    assert scores(board) == {"ckpt/caprl": 0.75, "ckpt/dense": 0.75}
    assert board.rows[0].cells["chartqa"].estimate.clusters == 2
    manifest = (tmp_path / "run" / "manifest.json").read_text()
    assert "secret" not in manifest
    assert "lmms-eval of unknown version" in manifest


def test_old_logs_of_other_documents_are_refused(tmp_path: Path) -> None:
    old_run(tmp_path / "logs" / "a", RIGHT)
    other = old_run(tmp_path / "logs" / "b", RIGHT, model="ckpt/dense") / "chartqa.json"
    other.write_text(other.read_text().replace("1.png", "7.png"))
    with pytest.raises(UsageError, match="first in doc_hash of doc_id 2"):
        imported(tmp_path, tmp_path / "logs")


@pytest.mark.parametrize(
    "arguments",
    [
        ["What is in picture 0?", {"max_new_tokens": 16}],
        [["What is in picture 0?", "chartqa"]],
        {"gen_args_0": {"arg_0": "What is in picture 0?", "arg_1": {}}},
        {"gen_args_0": {f"arg_{place}": letter for place, letter in enumerate("What is in picture 0?")}},
    ],
)
def test_a_prompt_may_stand_among_the_arguments(arguments: Any, tmp_path: Path) -> None:
    lines = documents("chartqa", [True])
    del lines[0]["input"]
    folder = write_model(tmp_path / "a", {"chartqa": [lines[0] | {"arguments": arguments}]})
    run = import_lmms_eval([Place.parse(str(folder))], tmp_path / "run")
    assert pq.read_table(run.table("verdicts"))["question"].to_pylist() == ["What is in picture 0?"]


def test_what_a_task_wrote_to_be_handed_in_is_no_results_file(tmp_path: Path) -> None:
    folder = caprl(tmp_path)
    (folder / "submissions").mkdir()
    (folder / "submissions" / "mathverse_testmini_results.json").write_text("[]")
    assert scores(imported(tmp_path, tmp_path / "logs")) == {"caprl": 0.75}


def test_two_models_in_one_folder_are_two(tmp_path: Path) -> None:
    folder = caprl(tmp_path)
    write_model(folder, {"chartqa": documents("chartqa", RIGHT[:1] * 4)}, name="dense", stamp="20261102_000000")
    assert scores(imported(tmp_path, folder)) == {"dense": 1.0, "caprl": 0.75}


def test_samples_of_another_time_are_not_taken(tmp_path: Path) -> None:
    folder = caprl(tmp_path)
    (folder / SAMPLES).rename(folder / "20261102_000000_samples_chartqa.jsonl")
    with pytest.raises(DataError, match="no file of its samples beside it"):
        imported(tmp_path, folder)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (f"{SAMPLES}.gz", gzip.compress(b"x" * 4000, mtime=0)[:30], "cut off or damaged"),
        (f"{SAMPLES}.gz", b"{}", "gzip"),
        (f"{SAMPLES}.xz", b"{}", "cut off or damaged"),
        (f"{SAMPLES}.zst", b"x", "zstd -d .*unpacks it"),
        ("chartqa.json", b'{"logs": [3]}', "entry 1: no doc_id"),
        ("chartqa.json", b"[", "cannot be read as lmms-eval's samples"),
        ("chartqa.json", b"[]", "holds 0 documents"),
    ],
)
def test_damaged_and_foreign_files_are_one_line(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    folder = caprl(tmp_path)
    (folder / SAMPLES).unlink()
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=words) as raised:
        imported(tmp_path, folder)
    assert "\n" not in str(raised.value)
