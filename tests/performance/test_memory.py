"""Peak memory of a whole run at 20,000 and at 200,000 items, and the smaller one again. ``-m performance -s``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bulk import write_bulk
from tests.performance.conftest import Record
from tests.performance.measuring import carried_out

pytestmark = pytest.mark.performance
_ITEMS, _QUESTIONS = 20_000, 4


@pytest.mark.timeout(1800)
def test_memory_does_not_grow_with_the_items(tmp_path: Path, record: Record) -> None:
    homes = {items: tmp_path / str(items) for items in (_ITEMS, 10 * _ITEMS)}
    for items, home in homes.items():
        write_bulk(home / "data", items=items, images=items // _QUESTIONS, seed=0)
    small = carried_out(homes[_ITEMS], null=True)
    again = carried_out(homes[_ITEMS], null=True)
    large = carried_out(homes[10 * _ITEMS], null=True)
    print(f"\n{_ITEMS:,} items: {small}\nagain: {again}\n{10 * _ITEMS:,} items: {large}")
    assert (small.rows, large.rows) == (_ITEMS, 10 * _ITEMS)
    about = f"{large.megabytes:.0f} MB for {10 * _ITEMS:,} items, {small.megabytes:.0f} MB for {_ITEMS:,}"
    assert again.made == 0, "everything is in the store"
    about_again = f"no model call; {again.processor:.1f} s of processor time"
    record("a finished run of 20,000 items again", again.seconds, at_most=8, unit="s", about=about_again)
    record("peak memory, ten times the items", large.megabytes / small.megabytes, at_most=1.2, unit="x", about=about)
