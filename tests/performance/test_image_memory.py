"""Peak memory of a run over large images, with many calls in flight. Run with ``-m performance -s``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders import chart_folder
from tests.memory import MEASURE
from tests.server.plugin import ServerProcess

pytestmark = pytest.mark.performance
_BYTES = 3_000_000
_IN_FLIGHT = 64
_RUN = f"""{MEASURE}
import json, sys, time
from prism_eval.cli import main
started = time.monotonic()
try:
    main()
finally:
    print(json.dumps(dict(megabytes=megabytes(), seconds=time.monotonic() - started)))
"""


@dataclass(frozen=True)
class Measured:
    """What a run took, in a process of its own."""

    megabytes: float
    seconds: float


def large_charts(folder: Path, images: int) -> Path:
    """A little ChartQA whose images are three megabytes each in memory, and nearly nothing on the disk.

    Each is a PNG of its own colour, then a hole that reads as zeros, then the mark that ends a PNG.
    """
    chart_folder(folder, images=images, questions=1)
    for path in (folder / "chartqa" / "images").iterdir():
        with path.open("r+b") as image:
            image.seek(_BYTES - 4)
            image.write(b"IEND")
    return folder


def measure(folder: Path, server: ServerProcess, images: int) -> Measured:
    data = large_charts(folder / f"data-{images}", images)
    spec = f"openai:model?base_url={server.url}"
    words = [*f"run -q -b chartqa --concurrency {_IN_FLIGHT}".split(), "-c", spec, "-r", spec, "--data", str(data)]
    places = ["--out", str(folder / f"run-{images}"), "--store", str(folder / f"{images}.sqlite")]
    done = subprocess.run([sys.executable, "-c", _RUN, *words, *places], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def test_memory_is_bounded_in_bytes_and_not_in_images(
    tmp_path: Path, spawn_server: Callable[..., ServerProcess]
) -> None:
    server = spawn_server(text="The value of bar 0 is 10.", latency=0.2)
    small, large = measure(tmp_path, server, 300), measure(tmp_path, server, 3_000)
    captions = sum(event.event == "finish" and event.kind == "caption" for event in server.events())
    print(f"\n300 images of 3 MB, 64 calls in flight: {small}\n3,000 images: {large}")
    assert captions == 3_300, "each image was sent once a run"
    assert small.megabytes <= 500
    assert large.megabytes <= 500
    assert large.megabytes / small.megabytes <= 1.15
