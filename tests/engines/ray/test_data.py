"""The program for Ray Data, as its first lines say: actors that each caption what they are dealt."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.builders import png
from tests.data_sets.making import pictures, table
from tests.server.threaded import ThreadedServer

pytest.importorskip("ray.data", reason="the extra [ray] with Ray Data is not installed: tox run -e engines")
PROGRAM = Path(__file__).parents[3] / "examples" / "caption_with_ray_data.py"


@pytest.mark.parametrize("form", ["folder", "table"])
def test_rows_come_back_with_captions_and_each_picture_is_asked_about_once(
    tmp_path: Path, serve: Callable[..., ThreadedServer], mark: str, form: str
) -> None:
    server = serve()
    if form == "folder":
        source, more = pictures(tmp_path / "pictures", 6), []
        (source / "bad.png").write_bytes(b"no picture")
    else:
        rows = [{"id": number, "image": {"bytes": png(number), "path": None}} for number in range(6)]
        source, more = table(tmp_path / "table.parquet", [*rows, {"id": 6, "image": None}]), ["--column", "image"]
    name, _, value = mark.partition("=")
    words = [source, tmp_path / "out", "-c", f"openai:model?base_url={server.url}", "--actors", "2", "--batch", "2"]
    done = subprocess.run(
        [sys.executable, PROGRAM, *map(str, words), *more],
        env={**os.environ, name: value, "PRISM_EVAL_CACHE": str(tmp_path / "cache"), "RAY_USAGE_STATS_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = pq.read_table(tmp_path / "out").to_pylist()
    captioned = [row for row in made if row["status"] == "success"]
    assert (len(made), len(captioned)) == (7, 6)
    assert len({row["caption"] for row in captioned}) == len({row["sha256"] for row in captioned}) == 6
    (bad,) = [row for row in made if row["status"] == "unreadable"]
    assert ("no known format" if form == "folder" else "no picture") in bad["error"]
    assert bad.keys().isdisjoint({"image", "bytes"})
    assert {row["path"] if form == "folder" else row["id"] for row in made} == (
        {str(path) for path in source.rglob("*.png")} if form == "folder" else set(range(7))
    )
    assert set(server.server.arrivals.values()) == {1}
