"""How busy ``prism-eval reward serve`` keeps its reader under 64 clients' load, and what faults of the reader cost."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.performance.bare import took
from tests.performance.conftest import Record
from tests.rewards.reader import COLOUR, DOGS, SHOP
from tests.rewards.serving.process import served
from tests.server.plugin import ServerProcess

_CLIENTS, _EACH, _ASKS = 64, 4, 8
"""Clients, captions of a request, and questions asked of each."""
_SLOTS, _LATENCY = 64, 0.2
_MODES = "429,500,reset,cut,malformed,empty"

SpawnServer = Callable[..., ServerProcess]


@dataclass(frozen=True, kw_only=True)
class Load:
    """What became of a load.

    Attributes:
        values: The rewards, by caption.
        seconds: By the clock, from the first request to the last reply.
        processor: Seconds of processor time that the reward's server took.
    """

    values: dict[str, float | None]
    seconds: float
    processor: float

    @property
    def share(self) -> float:
        """Of the reader's slots, how much was kept busy."""
        return len(self.values) * _ASKS * _LATENCY / _SLOTS / self.seconds

    def wrong(self, right: Load) -> int:
        """Rewards that are other than those of a reader without faults; none is missing."""
        assert None not in self.values.values()
        return sum(value != right.values[caption] for caption, value in self.values.items())


def put_under(home: Path, spawn_server: SpawnServer, captions: int, **behaviour: object) -> Load:
    """Put a server whose store is empty under load."""
    reader = spawn_server(latency=_LATENCY, slots=_SLOTS, log=False, **behaviour)
    with served(reader.url, home, "--concurrency", _SLOTS) as server:
        before = _processor(server.process.pid)
        began = time.monotonic()
        values = asyncio.run(_asked(server.url, [f"Caption {n} of a car, dogs and a shop." for n in range(captions)]))
        seconds = time.monotonic() - began
        return Load(values=values, seconds=seconds, processor=_processor(server.process.pid) - before)


async def _asked(url: str, captions: Sequence[str]) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    waiting = iter([captions[start : start + _EACH] for start in range(0, len(captions), _EACH)])
    # Without a limit: one of aiohttp's own would be part of what is measured.
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(url, connector=connector, timeout=timeout) as session:

        async def client() -> None:
            for mine in waiting:
                body = {"rollouts": [{"caption": one, "questions": [COLOUR, DOGS, SHOP]} for one in mine]}
                async with session.post("/score", json=body) as response:
                    assert response.status == 200, await response.text()
                    said = await response.json()
                values.update(zip(mine, (one["value"] for one in said["rewards"]), strict=True))

        await asyncio.gather(*(client() for _ in range(_CLIENTS)))
    return values


def _processor(pid: int) -> float:
    """Seconds of processor time that a process has taken, in itself and for it."""
    times = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


@pytest.mark.performance
@pytest.mark.timeout(1200)
def test_its_reader_is_kept_busy_and_faults_cost_little(
    tmp_path: Path, spawn_server: SpawnServer, record: Record
) -> None:
    captions = 2_000
    asks = captions * _ASKS
    calm = put_under(tmp_path / "calm", spawn_server, captions)
    reader = spawn_server(latency=_LATENCY, slots=_SLOTS, log=False)
    bodies = (b'{"model": "model", "messages": [{"role": "user", "content": "Ask %d"}]}' % n for n in range(asks))
    bare = asks * _LATENCY / _SLOTS / took(reader.url, bodies, in_flight=_SLOTS)
    about = (
        f"{captions:,} captions at {_ASKS} asks, {_CLIENTS} clients; {_SLOTS} slots of {_LATENCY} s, of which a loop "
        f"that does nothing but ask kept {bare:.3f}; {1000 * calm.processor / asks:.2f} ms of processor time an ask"
    )
    name = "share of its reader that the reward server keeps busy"
    record(name, calm.share, at_least=0.9, unit="of its slots", about=about)
    record(f"{name}, beside a loop that only asks", calm.share / bare, at_least=0.93, unit="of its share", about=about)
    faulty = put_under(tmp_path / "faulty", spawn_server, captions, fail=0.05, modes=_MODES)
    about = f"the same load, one call in twenty failing at first: {_MODES}"
    record("reward server, 5 % faults", faulty.seconds / calm.seconds, at_most=1.25, unit="x the time", about=about)
    record("rewards that 5 % faults change", faulty.wrong(calm), at_most=0, unit="captions", about=about)


def test_a_hundredth_of_that_load(tmp_path: Path, spawn_server: SpawnServer) -> None:
    """So that it still goes through on the day on which somebody measures."""
    calm = put_under(tmp_path / "calm", spawn_server, 20)
    faulty = put_under(tmp_path / "faulty", spawn_server, 20, fail=0.2, modes=_MODES)
    assert faulty.wrong(calm) == 0
    assert 0 < calm.share < 1
    assert calm.processor > 0
    assert took(spawn_server(log=False).url, [b'{"model": "model", "messages": []}'] * 3, in_flight=2) > 0
