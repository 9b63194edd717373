"""What drawing thumbnails costs a run: beside calls to a server, and where every answer lies in the store."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.builders import chart_folder
from tests.performance.charts import chart_png
from tests.server.plugin import ServerProcess

pytestmark = pytest.mark.performance

IMAGES, SIZE = 400, (1000, 750)


def charts(folder: Path) -> None:
    """A data folder of pictures with as much in them as a chart has."""
    chart_folder(folder, images=IMAGES, questions=1)
    rng = np.random.default_rng(0)
    for path in (folder / "chartqa" / "images").iterdir():
        path.write_bytes(chart_png(rng, SIZE))


def seconds(folder: Path, name: str, spec: str, *more: str) -> float:
    words = ["run", "-q", "-b", "chartqa", "-c", spec, "-r", spec, "--concurrency", "16"]
    places = [f"--data={folder / 'data'}", f"--out={folder / f'run-{name}'}", f"--store={folder / name[0]}.sqlite"]
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "prism_eval", *words, *places, *more], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return time.monotonic() - started


def test_thumbnails_cost_a_run_next_to_nothing(tmp_path: Path, spawn_server: Callable[..., ServerProcess]) -> None:
    charts(tmp_path / "data")
    spec = f"openai:model?base_url={spawn_server(text='The value of bar 0 is 10.', latency=0.5).url}"
    without, with_images = seconds(tmp_path, "a", spec, "--no-images"), seconds(tmp_path, "b", spec)
    again = seconds(tmp_path, "b", spec)
    stored_without, stored = seconds(tmp_path, "a-again", spec, "--no-images"), seconds(tmp_path, "a-drawn", spec)
    print(f"\n{IMAGES} images at half a second a call: {without:.1f} s without, {with_images:.1f} s with", end="")
    print(f" (x {with_images / without:.2f}); out of the store {stored_without:.1f} s, {stored:.1f} s where all are")
    print(f"drawn ({1000 * (stored - stored_without) / IMAGES:.0f} ms an image), {again:.1f} s where all are there")
    assert with_images / without <= 1.15
    assert again <= 1.3 * stored_without + 0.5
