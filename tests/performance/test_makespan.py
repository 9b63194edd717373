"""How long a run takes against the shortest that it can take. Run with ``-m performance -s``.

The lower bound is what no client can beat: all the slots busy from the first call to the last, or the slowest image's
caption and answer one after the other, whichever is longer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import chart_folder
from tests.performance.account import Account
from tests.performance.conftest import Record
from tests.performance.measuring import behind, carried_out
from tests.server.plugin import ServerProcess

pytestmark = pytest.mark.performance
_SLOTS, _IMAGES, _QUESTIONS, _BYTES = 64, 1000, 4, 200_000
_PACE = {"caches": True, "overhead": 0.002, "prefill": 0.00006, "decode": 0.012}
"""A 7B model on one large GPU with 64 sequences in its batch, or a somewhat faster one."""
_LENGTHS = "captions of 750 tokens in the mean with a long tail, answers of 40"


def test_one_server_has_no_idle_slots(
    tmp_path: Path, spawn_server: Callable[..., ServerProcess], record: Record
) -> None:
    server = spawn_server("paced", log=False, slots=_SLOTS, **_PACE)
    chart_folder(tmp_path / "data", images=_IMAGES, questions=_QUESTIONS, size=_BYTES)
    took = carried_out(tmp_path, **behind(server.url, concurrency=_SLOTS))
    account = Account.of(server.url)
    assert (took.made, took.failed, account.repeats()) == (_IMAGES * (1 + _QUESTIONS), 0, 0)
    bound = max(account.work / _SLOTS, account.longest_chain)
    about = f"{_SLOTS} slots, {_IMAGES:,} images of 200 kB, {_QUESTIONS} questions each, {_LENGTHS}"
    record("makespan, one server", account.seconds / bound, at_most=1.03, unit="x the lower bound", about=about)


def test_a_slow_server_holds_nobody_up(
    tmp_path: Path, spawn_server: Callable[..., ServerProcess], record: Record
) -> None:
    slower = 1.5
    paces = [_PACE, {name: value * slower if name != "caches" else value for name, value in _PACE.items()}]
    servers = [spawn_server("paced", log=False, slots=_SLOTS // 2, **pace) for pace in paces]
    chart_folder(tmp_path / "data", images=_IMAGES, questions=_QUESTIONS, size=_BYTES)
    took = carried_out(tmp_path, **behind(*(one.url for one in servers), concurrency=_SLOTS // 2))
    assert took.failed == 0
    accounts = [Account.of(one.url) for one in servers]
    every = [call for account in accounts for call in account.calls]
    # What the slow one did would have taken the fast one as much less.
    work = accounts[0].work + accounts[1].work / slower
    bound = work / (_SLOTS // 2 * (1 + 1 / slower))
    seconds = max(call.ended for call in every) - min(call.arrived for call in every)
    about = (
        f"two servers of {_SLOTS // 2} slots, one {slower:g} times as slow; {_IMAGES:,} images of 200 kB, {_LENGTHS}"
    )
    record("makespan, two unequal servers", seconds / bound, at_most=1.05, unit="x the lower bound", about=about)
