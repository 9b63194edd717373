"""What the parsers of other people's files warn about, hushed or made an error for a moment."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Literal

# Filters are global: two threads that change them at once could leave the wrong ones behind.
_CHANGING = threading.RLock()


@contextlib.contextmanager
def warnings_as(action: Literal["ignore", "error"], category: type[Warning] = Warning) -> Iterator[None]:
    """Pass over warnings of a category inside the block, or raise them. One thread at a time: keep the block short."""
    with _CHANGING, warnings.catch_warnings():
        warnings.simplefilter(action, category)
        yield
