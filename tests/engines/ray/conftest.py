"""A cluster of several machines, each a node process of Ray on this one; skips where the extra is not installed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prism_eval.engines.ray.engine import RayEngine
from prism_eval.schema import Image, Message, Request, Sampling
from tests.engines.ray.counting import Counting

STORE_BYTES = 100 * 2**20
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
Make = Callable[..., RayEngine]


class Nodes:
    """A cluster whose nodes can be lost and added."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": STORE_BYTES}
        )
        self.address: str = self._cluster.address
        self.workers: list[Any] = []

    def add(self, **resources: Any) -> Any:
        node = self._cluster.add_node(object_store_memory=STORE_BYTES, **{"num_cpus": 1, **resources})
        self.workers.append(node)
        return node

    def lose(self, node: Any) -> None:
        self.workers.remove(node)
        self._cluster.remove_node(node, allow_graceful=False)

    def shutdown(self) -> None:
        self._cluster.shutdown()


@pytest.fixture(scope="session")
def nodes() -> Iterator[Nodes]:
    """Three nodes of one processor each; whoever loses one adds one."""
    pytest.importorskip("ray", reason="the extra [ray] is not installed: tox run -e engines")
    cluster = Nodes()
    try:
        for _ in range(3):
            cluster.add()
        yield cluster
    finally:
        cluster.shutdown()


@pytest.fixture
async def make(nodes: Nodes, tmp_path: Path) -> AsyncIterator[Make]:
    """Makes engines in the cluster; all are closed. Its notes lie in `notes` of the test's folder."""
    made: list[RayEngine] = []

    def engine(inside: Any = None, **options: Any) -> RayEngine:
        own = {key: options.pop(key) for key in ("replicas", "cpus", "gpus", "resources", "address") if key in options}
        inside = inside or Counting(model="m", notes=tmp_path / "notes", **options)
        one = RayEngine(
            engine=inside, model=f"{inside.name}:{inside.model}", **{"replicas": 3, "address": nodes.address, **own}
        )
        made.append(one)
        return one

    yield engine
    for one in made:
        await one.close()


async def ready(engine: RayEngine) -> str:
    """What the engine's replicas say when all are ready."""
    return await engine._ready().about()


def asked(*parts: str | Image, **sampling: Any) -> Request:
    return Request(messages=(Message("user", parts),), sampling=Sampling(**sampling))


def picture(number: int, size: int = 200_000) -> Image:
    data = number.to_bytes(4, "big") * (size // 4)
    return Image(data, f"{number}.png", facts=("a secret",), other=Image(b"another"))


def noted(tmp_path: Path, word: str) -> list[list[str]]:
    """The notes with a word: machine, process, word and what was asked."""
    path = tmp_path / "notes"
    lines = path.read_text().splitlines() if path.exists() else []
    return [parts for line in lines if (parts := line.split(maxsplit=4))[2] == word]


@pytest.fixture
def mark() -> Iterator[str]:
    """A variable that all processes have which a test has begun, wherever they went."""
    yield (name := f"PRISM_EVAL_TEST={os.getpid()}.{time.monotonic_ns()}")
    for pid in marked(name):
        os.kill(pid, signal.SIGKILL)


def marked(mark: str, command: bytes = b"") -> list[int]:
    """The processes that have a mark, and a word in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes() and command in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def ended(mark: str, seconds: float, command: bytes = b"") -> bool:
    until = time.monotonic() + seconds
    while marked(mark, command) and time.monotonic() < until:
        time.sleep(0.2)
    return not marked(mark, command)
