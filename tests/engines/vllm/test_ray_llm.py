"""The program for Ray Data with vLLM in Ray Data's own stages: it writes what the captioner writes without them."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from prism_eval.data_sets.batches import BatchCaptioner
from prism_eval.data_sets.picture import Picture
from tests.engines.transformers.conftest import picture
from tests.engines.vllm.conftest import SPEC

pytestmark = [pytest.mark.timeout(1800), pytest.mark.filterwarnings("ignore")]
PROGRAM = Path(__file__).parents[3] / "examples" / "caption_with_ray_data.py"


def test_the_same_rows_as_in_process_and_a_second_start_asks_for_what_failed(
    models: Callable[[str], Path], tmp_path: Path
) -> None:
    pytest.importorskip("ray.data.llm", reason="Ray Data is not installed: tox run -e engines-vllm")
    source = tmp_path / "pictures"
    source.mkdir()
    for number in range(6):
        # Of whole patches, as elsewhere; of different lengths, so that some texts end and some are cut.
        (source / f"{number}.png").write_bytes(picture(number, 84 + 28 * (number % 4), 84).data)
    (source / "broken.png").write_bytes(picture(9).data[:200])
    # Too long a line for the model, which is only found out where it is looked at.
    line = source / "line.png"
    line.write_bytes(picture(9, 600, 1).data)
    captioner = f"vllm:{models('qwen')}?{SPEC}&max_tokens=150"
    with BatchCaptioner(captioner, store=tmp_path / "store") as captions:
        files = sorted(source.iterdir())
        alone = captions([Picture(str(file), str(file), file.read_bytes()) for file in files])
    wanted = {row.path: (row.sha256, str(row.status), row.caption or "") for row in alone}
    assert {status for _, status, _ in wanted.values()} >= {"success", "truncated", "failed", "unreadable"}

    made = captioned(source, tmp_path / "out", captioner)
    assert {row["path"]: (row["sha256"], row["status"], row["caption"]) for row in made} == wanted
    assert len(made) == len(files)
    said = {Path(row["path"]).name: row["error"] for row in made}
    assert "broken.png" in said["broken.png"]
    assert "EngineGenerateError" in said["line.png"]

    line.write_bytes(picture(9, 84, 84).data)
    before = {row["path"]: row for row in made if row["status"] != "failed"}
    again = captioned(source, tmp_path / "out", captioner)
    assert {row["path"]: row for row in again if row["path"] in before} == before
    (mended,) = [row for row in again if row["path"] not in before]
    assert mended["status"] in ("success", "truncated")
    assert mended["caption"]


def test_a_tokenizer_that_says_more_than_vllm_s_chats_is_refused(models: Callable[[str], Path], tmp_path: Path) -> None:
    pytest.importorskip("ray.data.llm", reason="Ray Data is not installed: tox run -e engines-vllm")
    folder = shutil.copytree(models("qwen"), tmp_path / "model")
    words = json.loads((folder / "tokenizer.json").read_text())
    begins = [{"SpecialToken": {"id": "<|im_end|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    (end,) = [token["id"] for token in words["added_tokens"] if token["content"] == "<|im_end|>"]
    special = {"<|im_end|>": {"id": "<|im_end|>", "ids": [end], "tokens": ["<|im_end|>"]}}
    pairs = [*begins, {"Sequence": {"id": "B", "type_id": 1}}]
    kind = {"type": "TemplateProcessing", "single": begins, "pair": pairs, "special_tokens": special}
    words["post_processor"] = kind
    (folder / "tokenizer.json").write_text(json.dumps(words))
    sees = importlib.util.spec_from_file_location("program", PROGRAM)
    assert sees is not None
    assert sees.loader is not None
    program = importlib.util.module_from_spec(sees)
    sees.loader.exec_module(program)
    program.check_beginning(str(models("qwen")), None)
    with pytest.raises(SystemExit, match="leave out --llm"):
        program.check_beginning(str(folder), None)
    with pytest.raises(SystemExit, match="main revision alone"):
        program.check_beginning("owner/name", "abc")


def captioned(source: Path, to: Path, captioner: str) -> list[dict[str, str]]:
    words = [source, to, "-c", captioner, "--llm", "--batch", 4, "--cpus", 0.2]
    done = subprocess.run(
        [sys.executable, PROGRAM, *map(str, words)],
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, str]] = pq.read_table(to).to_pylist()
    return rows
