"""How often Python looks for cycles while a run goes on."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 20_000
"""New objects after which it looks. Results that wait for their turn come and go by thousands, and at the usual 700
each wave of them has all that lives looked through: that was a seventh of a run's processor time. Cycles are rare
here: an error that is kept is cut from its frames, lest it hold an image."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Have Python look for cycles less often; what the process has set is left as it is where that is as seldom."""
    usual, *older = gc.get_threshold()
    if not 0 < usual < _OBJECTS:
        yield
        return
    gc.set_threshold(_OBJECTS, *older)
    try:
        yield
    finally:
        gc.set_threshold(usual, *older)
