"""The program for Ray Data, as its first lines say: actors that each caption what they are dealt."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.builders import png
from tests.data_sets.making import pictures, table
from tests.engines.ray.conftest import ended
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
        rows = [
            {
                "id": number,
                "image": {"bytes": png(number), "path": None},
                "model": "a",
                "more": {"a": 1} if number else None,
            }
            for number in range(6)
        ]
        bad = {"id": 6, "image": None, "model": "b", "more": None}
        source, more = table(tmp_path / "table.parquet", [*rows, bad]), ["--column", "image"]
    words = [source, tmp_path / "out", "-c", f"openai:model?base_url={server.url}", "--actors", "2", "--batch", "2"]
    done = started([*words, *more], mark, tmp_path / "cache")
    _, said = done.communicate(timeout=240)
    assert done.returncode == 0, said
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
    if form == "table":
        kept = {row["id"]: (row["model"], row["more"]) for row in made}
        assert kept == {row["id"]: (row["model"], row["more"]) for row in pq.read_table(source).to_pylist()}
    assert set(server.server.arrivals.values()) == {1}


def test_after_a_kill_it_asks_for_what_is_missing_and_each_row_is_there_once(
    tmp_path: Path, serve: Callable[..., ThreadedServer], mark: str
) -> None:
    server, out = serve(latency=0.3), tmp_path / "out"
    source = pictures(tmp_path / "pictures", 40)
    # The same picture under another name has a row of its own.
    (source / "again.png").write_bytes(png(0))
    captioner = f"openai:model?base_url={server.url}&concurrency=2"
    words = [source, out, "-c", captioner, "--rows", 4, "--batch", 2]
    killed = started(words, mark, tmp_path / "cache")
    while len(list(out.glob("*.parquet"))) < 3:
        assert killed.poll() is None, killed.communicate()[1]
        time.sleep(0.05)
    killed.kill()
    killed.communicate()
    # Not those of Ray's own agents, which outlive the others by minutes.
    assert all(ended(mark, 60, who) for who in (b"ray::Map", b"ray::Write")), "nobody captions any more"
    there = {file: pq.read_table(file).to_pylist() for file in out.glob("*.parquet") if is_whole(file)}
    written = {row["path"] for rows in there.values() for row in rows}
    missing = {file.read_bytes() for file in source.rglob("*.png") if str(file) not in written}
    assert 0 < len(missing) < 40
    # As a kill leaves a file that it has cut off.
    file = next(iter(there))
    (out / "cut.parquet").write_bytes(file.read_bytes()[:-8])
    before = server.server.arrivals.copy()
    # Nothing is remembered but what was written.
    gone_on = started(words, mark, tmp_path / "another cache")
    _, said = gone_on.communicate(timeout=240)
    assert gone_on.returncode == 0, said
    made = pq.read_table(out).to_pylist()
    assert sorted(row["path"] for row in made) == sorted(map(str, source.rglob("*.png")))
    assert len({row["sha256"] for row in made}) == len({row["caption"] for row in made}) == 40
    assert (server.server.arrivals - before).total() == len(missing)

    other = started([source, out, "-c", f"openai:other?base_url={server.url}"], mark, tmp_path / "cache")
    _, said = other.communicate(timeout=60)
    assert "name another folder" in said
    assert other.returncode
    assert pq.read_table(out).to_pylist() == made


def started(words: list[object], mark: str, cache: Path) -> subprocess.Popen[str]:
    """The program, begun."""
    name, _, value = mark.partition("=")
    return subprocess.Popen(
        [sys.executable, PROGRAM, *map(str, words)],
        env={**os.environ, name: value, "PRISM_EVAL_CACHE": str(cache), "RAY_USAGE_STATS_ENABLED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def is_whole(file: Path) -> bool:
    """Whether a Parquet file has its end."""
    return file.read_bytes()[-4:] == b"PAR1"
