"""What a run costs of this machine beside its models. Run with ``-m performance -s``."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import chart_folder
from tests.performance.bare import spent
from tests.performance.conftest import Record
from tests.performance.measuring import behind, carried_out
from tests.server.plugin import ServerProcess

pytestmark = pytest.mark.performance
_SLOTS, _QUESTIONS, _ROUNDS = 64, 4, 3


def test_a_request_of_a_run(tmp_path: Path, spawn_server: Callable[..., ServerProcess], record: Record) -> None:
    """Captions of 200 kB images and the answers that read them, in turns with a client that does nothing else."""
    images, few = 300, 60
    server = spawn_server("paced", log=False, overhead=0.05, keeps_account=False)
    # Two sizes, and their difference: it leaves out what any run takes to begin and to end.
    for count in (few, images):
        chart_folder(tmp_path / str(count) / "data", images=count, questions=_QUESTIONS, size=200_000)
    pictures = [path.read_bytes() for path in (tmp_path / str(images) / "data" / "chartqa" / "images").iterdir()]
    ours, bare = [], []
    for _ in range(_ROUNDS):
        plan = behind(server.url, concurrency=_SLOTS)
        taken = {}
        for count in (few, images):
            home = tmp_path / str(count)
            (home / "store.sqlite").unlink(missing_ok=True)
            taken[count] = carried_out(home, **plan)
        requests = taken[images].made - taken[few].made
        ours.append((taken[images].processor - taken[few].processor) * 1000 / requests)
        bare.append(spent(server.url, pictures, _QUESTIONS, in_flight=_SLOTS) * 1000 / taken[images].made)
    about = (
        f"captions of 200 kB images, {_QUESTIONS} answers each, everything from reading the image to the tables; "
        f"a bare aiohttp client took {statistics.median(bare):.2f} ms on the same server in turns"
    )
    record("processor time a request", statistics.median(ours), at_most=1.0, unit="ms", about=about)
    ratio = statistics.median(one / two for one, two in zip(ours, bare, strict=True))
    record("processor time a request, beside a bare client", ratio, at_most=1.0 / 0.6, unit="x", about=about)


def test_an_answer_over_a_null_engine(tmp_path: Path, record: Record) -> None:
    images, few = 1500, 150
    for count in (few, images):
        chart_folder(tmp_path / str(count) / "data", images=count, questions=_QUESTIONS)
    found = []
    for _ in range(_ROUNDS):
        taken = {}
        for count in (few, images):
            home = tmp_path / str(count)
            (home / "store.sqlite").unlink(missing_ok=True)
            taken[count] = carried_out(home, null=True)
        answers = (images - few) * _QUESTIONS
        found.append((taken[images].processor - taken[few].processor) * 1000 / answers)
    about = f"plugins that answer at once, {images * _QUESTIONS:,} questions on {images:,} images"
    record("pipeline, store and tables an answer", statistics.median(found), at_most=0.3, unit="ms", about=about)
