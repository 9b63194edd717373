"""A data set of a hundred thousand pictures with broken ones, faults and kills, and how busy it keeps its server."""

from __future__ import annotations

import base64
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.builders import png
from tests.data_sets.making import tar
from tests.performance.bare import took
from tests.performance.conftest import Record
from tests.performance.measuring import ROOT
from tests.server.calls import unexcused_repeats
from tests.server.plugin import ServerProcess

pytestmark = pytest.mark.performance
_A_TAR, _BROKEN = 5_000, 100
"""Pictures of a tar, of which each hundredth is none."""
_SLOTS, _LATENCY = 64, 0.25
_BYTES_A_CALL = 300
"""Of the server's log: by its size one knows about how far it has come, without reading it."""
_BEFORE = b'{"model": "model", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "'
_AFTER = b'"}}]}], "max_tokens": 1024}'


def data_set(folder: Path, images: int) -> Path:
    """Tars of pictures of which no two are alike: one PNG, with its number behind its end."""
    whole = png(0)
    for start in range(0, images, _A_TAR):
        numbers = range(start, min(start + _A_TAR, images))
        members = {f"{n:06}.png": b"broken %d" % n if n % _BROKEN == 0 else whole + b"%d" % n for n in numbers}
        tar(folder / f"{start // _A_TAR:03}.tar", members)
    return folder


def begun(home: Path, url: str, data: Path) -> subprocess.Popen[bytes]:
    words = ["caption", "-c", f"openai:model?base_url={url}", "--data-set", data, "--to", home / "out", "-q"]
    words += ["--store", home / "store.sqlite", "--concurrency", _SLOTS]
    command = [sys.executable, "-m", "prism_eval", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ended(process: subprocess.Popen[bytes], *, before: Callable[[], bool] = lambda: False) -> float:
    """The most megabytes that a process held until it ended, or until something came ``before``."""
    peak = 0
    while process.poll() is None and not before():
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text(encoding="ascii"))
        peak = max(peak, int(found[1]) if found else 0)
        time.sleep(0.1)
    return peak / 1024


@pytest.mark.timeout(2400)
def test_ten_kills_and_ten_interrupts_lose_nothing_and_double_nothing(
    tmp_path: Path, spawn_server: Callable[..., ServerProcess], record: Record
) -> None:
    images, times = 100_000, 20
    data, few = data_set(tmp_path / "data", images), data_set(tmp_path / "few", images // 10)
    # The few have a server of their own: its calls are no calls of the others asked twice.
    server, of_few = (spawn_server(latency=0.02, fail=0.05) for _ in range(2))
    first = begun(tmp_path / "small", of_few.url, few)
    small, peaks, stops = ended(first), [], []
    assert first.returncode == 1  # the broken pictures
    for number in range(times):
        goal = server.log.stat().st_size + images * _BYTES_A_CALL // times
        process = begun(tmp_path, server.url, data)
        peaks.append(ended(process, before=lambda goal=goal: server.log.stat().st_size >= goal))  # type: ignore[misc]
        stopped = time.time()
        process.send_signal(signal.SIGKILL if number % 2 else signal.SIGINT)
        process.wait()
        time.sleep(0.2)  # for the server to read what was sent by then
        stops.append((stopped, time.time()))
    last = begun(tmp_path, server.url, data)
    peaks.append(ended(last))
    assert last.returncode == 1  # the broken pictures
    statuses: Counter[str] = Counter()
    digests: set[str] = set()
    for file in (tmp_path / "out").glob("*.parquet"):
        table = pq.read_table(file, columns=["status", "sha256"])
        statuses.update(table["status"].to_pylist())
        digests.update(table["sha256"].to_pylist())
    assert statuses == {"success": images - images // _BROKEN, "unreadable": images // _BROKEN}
    assert len(digests) == images
    about = f"{images:,} pictures, 1 % of them broken, 5 % faults, stopped {times} times, every other time killed"
    repeats = len(unexcused_repeats(server.events(), stops))
    record("captions of a data set asked for twice", repeats, at_most=0, unit="calls", about=about)
    about = f"{max(peaks):.0f} MB for {images:,} pictures, {small:.0f} MB for {images // 10:,}"
    record("peak memory of a data set, ten times the pictures", max(peaks) / small, at_most=1.2, unit="x", about=about)


@pytest.mark.timeout(1200)
def test_its_server_is_kept_busy(tmp_path: Path, spawn_server: Callable[..., ServerProcess], record: Record) -> None:
    images, few = 20_000, 2_000
    server = spawn_server(latency=_LATENCY, slots=_SLOTS, log=False)
    seconds = {}
    for count in (few, images):
        data, started = data_set(tmp_path / f"data{count}", count), time.monotonic()
        ended(begun(tmp_path / str(count), server.url, data))
        seconds[count] = time.monotonic() - started
    asked = (images - few) * (_BROKEN - 1) // _BROKEN
    bound = asked * _LATENCY / _SLOTS
    pictures = (base64.b64encode(png(0) + b"bare %d" % number) for number in range(asked))
    bodies = (_BEFORE + b"data:image/png;base64," + picture + _AFTER for picture in pictures)
    bare = took(server.url, bodies, in_flight=_SLOTS)
    about = (
        f"{images:,} pictures less {few:,}, which leaves out what any run takes to begin and to end; "
        f"{_SLOTS} slots of {_LATENCY} s, of which a loop that does nothing but ask kept {bound / bare:.3f}"
    )
    share = bound / (seconds[images] - seconds[few])
    record("share of a server that a data set keeps busy", share, at_least=0.95, unit="of its slots", about=about)
