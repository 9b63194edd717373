"""The whole program with tiny models, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.builders import chart_folder, png

Models = Callable[[str], Path]
_ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "400"}


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "prism_eval", *words]


def prism_eval(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), env=_ENVIRONMENT, capture_output=True, text=True, timeout=240, check=False)


def run_words(models: Models, tmp_path: Path, *more: str, tokens: int = 24) -> list[str]:
    data = tmp_path / "data"
    if not data.exists():
        chart_folder(data)
        # Black to white: what lies between two neighbouring shades, a model of random weights may not see.
        for number, picture in enumerate(sorted((data / "chartqa" / "images").iterdir())):
            picture.write_bytes(png(85 * number))
    said = f"device=cpu&max_tokens={tokens}"
    return [
        "run",
        *("-c", f"transformers:{models('qwen')}?{said}&label=seer"),
        *("-c", f"transformers:{models('llava')}?{said}&label=other"),
        *("-r", f"transformers:{models('text')}?{said}&label=reader"),
        *("-b", "chartqa", "--data", str(data), "--store", str(tmp_path / "s.sqlite"), *more),
    ]


def test_captions_and_answers_from_the_command_line(models: Models, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = prism_eval(*run_words(models, tmp_path, "--out", str(out)))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    captions, answers = (pq.read_table(out / f"{name}.parquet").to_pylist() for name in ("captions", "answers"))
    assert {row["captioner"] for row in captions} == {"seer", "other"}
    assert all(row["text"] and not row["error"] for row in (*captions, *answers))
    assert len({row["text"] for row in captions}) > 2
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["counts"]["entries"]["seer"]["completion_tokens"] > 0
    assert "sha256:" in json.dumps(manifest)
    # The same again asks no model: not even one that is gone.
    again = prism_eval(*run_words(models, tmp_path, "--out", str(tmp_path / "again")))
    assert again.returncode == 0, again.stderr
    assert "Captions: 0 made" in again.stdout + again.stderr
    assert "Answers: 0 made" in again.stdout + again.stderr


def test_options_are_ranked(models: Models, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["-c", "oracle", "-r", f"transformers:{models('base')}?by=rank&device=cpu&max_tokens=64", "-b", "mmstar"]
    done = prism_eval(
        "run", *words, "--data", "synthetic", "--limit", "8", "--out", str(out), "--store", str(tmp_path / "s")
    )
    assert done.returncode == 0, done.stderr
    texts = {row["text"] for row in pq.read_table(out / "answers.parquet").to_pylist()}
    assert texts <= {f"Answer: {letter}" for letter in "ABCDE"}


def test_a_plan_without_its_model_is_one_line(tmp_path: Path, models: Models) -> None:
    models("text")
    for model, code, words in (
        (tmp_path, 2, "is no model's folder, it has no config.json"),
        (models("base"), 1, "has no chat template"),
    ):
        done = prism_eval(
            *(
                "run",
                "-c",
                "blind",
                "-r",
                f"transformers:{model}?device=cpu&max_tokens=64",
                "-b",
                "chartqa",
                "--data",
                "synthetic",
            ),
            *("--limit", "2", "--out", str(tmp_path / "run"), "--store", str(tmp_path / "s")),
        )
        assert done.returncode == code, done.stderr
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_doctor_tries_a_model(models: Models) -> None:
    said = "device=cpu&max_tokens=64"
    done = prism_eval("doctor", *(f"transformers:{models(name)}?{said}" for name in ("qwen", "base")))
    assert "context 1024 tokens; takes images" in " ".join(done.stdout.split())
    assert "has no chat template" in done.stdout + done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("engine", ["wide?max_tokens=3000", "qwen?max_tokens=900&temperature=1"])
def test_ctrl_c_in_the_middle_of_a_text_ends_at_once(engine: str, models: Models, tmp_path: Path) -> None:
    name, _, options = engine.partition("?")
    # One writes by continuous batching, which has a thread of its own, the other in batches.
    words = ["-c", "blind", "-r", f"transformers:{models(name)}?device=cpu&{options}", "-b", "chartqa,infovqa,mmstar"]
    words += ["--data", "synthetic", "--out", str(tmp_path / "run"), "--store", str(tmp_path / "s")]
    with subprocess.Popen(
        command("run", *words), env=_ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        time.sleep(10)
        assert running.poll() is None, "the texts are long enough to be interrupted"
        begun = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    print(f"\nended {time.monotonic() - begun:.1f} s after Ctrl-C")
    assert time.monotonic() - begun < 10
    assert running.returncode == 130, said
    assert "Traceback" not in said
