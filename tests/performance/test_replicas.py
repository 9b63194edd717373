"""Several servers of one model: makespan against its lower bound, and prefix caches. Run with ``-m performance -s``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from prism_eval.plan.plan import make_plan
from prism_eval.run.execute import run_plan
from tests.builders import chart_folder
from tests.server.fault_server import PrefixCache
from tests.server.threaded import ThreadedServer

pytestmark = pytest.mark.performance
_SLOTS, _QUESTIONS = 16, 4


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.mark.parametrize("seconds", [(0.4, 1.2), (0.6, 0.9)])
def test_a_slow_one_holds_nobody_up(
    serve: Callable[..., ThreadedServer], tmp_path: Path, seconds: Sequence[float]
) -> None:
    servers = [serve(latency=one, slots=_SLOTS) for one in seconds]
    calls = carry_out(servers, tmp_path, images=400)
    times = [event.time for one in servers for event in one.server.events]
    bound = calls / sum(_SLOTS / one for one in seconds)
    ratio = (max(times) - min(times)) / bound
    print(f"\n{seconds} s a call: {ratio:.3f} of the lower bound; calls {[len(one.server.bodies) for one in servers]}")
    assert ratio <= 1.05


@pytest.mark.parametrize("replicas", [1, 4])
def test_prefix_caches_hit_what_lengths_allow(
    serve: Callable[..., ThreadedServer], tmp_path: Path, replicas: int
) -> None:
    servers = [serve(latency=0.5, slots=_SLOTS, caches=True, words=750) for _ in range(replicas)]
    carry_out(servers, tmp_path, images=100 * replicas)
    whole = PrefixCache()
    for body in (body for one in servers for body in one.server.bodies):
        whole.read(body)
    share = sum(one.server.cache.hits for one in servers) / whole.hits
    print(f"\n{replicas} servers: {share:.3f} of the hits that lengths allow")
    assert share >= 0.95


def carry_out(servers: Sequence[ThreadedServer], folder: Path, *, images: int) -> int:
    """Run the servers as captioner and reasoner; returns the calls that were made."""
    chart_folder(folder / "data", images=images, questions=_QUESTIONS)
    spec = f"openai:model?base_url={','.join(one.url for one in servers)}"
    plan = make_plan(
        {
            "captioners": [spec],
            "reasoner": spec,
            "benchmarks": ["chartqa"],
            "data": str(folder / "data"),
            "concurrency": _SLOTS,
            "thumbnails": False,
        }
    )
    result = run_plan(plan, out=folder / "run", store=folder / "store.sqlite")
    assert not result.failed
    assert sum(len(one.server.bodies) for one in servers) == images * (1 + _QUESTIONS)
    return images * (1 + _QUESTIONS)
