"""Prefix caches of one server and of several. Run with ``-m performance -s``."""

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
_SLOTS, _QUESTIONS = 16, 4
_ROOM = 60_000
"""Tokens that a server remembers: what it works on, and about twice as much."""


@pytest.mark.parametrize("replicas", [1, 4])
def test_prefix_caches_hit_what_lengths_allow(
    replicas: int, tmp_path: Path, spawn_server: Callable[..., ServerProcess], record: Record
) -> None:
    pace = {"caches": True, "remembers": _ROOM, "prefill": 0.00002, "decode": 0.001}
    servers = [spawn_server("paced", log=False, slots=_SLOTS, **pace) for _ in range(replicas)]
    chart_folder(tmp_path / "data", images=150 * replicas, questions=_QUESTIONS)
    carried_out(tmp_path, **behind(*(one.url for one in servers), concurrency=_SLOTS))
    account = Account.of(*(one.url for one in servers))
    assert account.repeats() == 0
    name = f"prefix hits, {replicas} server{'s' if replicas > 1 else ''}"
    about = f"{_SLOTS} slots and room for {_ROOM:,} tokens each"
    record(name, account.hits, at_least=0.95, unit="of what lengths allow", about=about)
