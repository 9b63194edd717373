"""A store with a run folder's texts over it: one command goes on from them, and the store never holds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from prism_eval.calls.call import CallFailure
from prism_eval.calls.store import Store, Stored


class Overlaid(Store):
    """A store that looks first into what is laid over it, and writes to its own file only.

    A run folder may come from anybody, and claims its keys: written into the store, its texts would be found by every
    later run as if they had been called here.

    Args:
        path: The store's file.
        over: What is laid over it.
        failures: Why calls of that run failed, by their keys.

    Raises:
        StoreError: A file cannot be used.
    """

    def __init__(self, path: Path, over: Store, failures: Mapping[str, CallFailure] = MappingProxyType({})) -> None:
        super().__init__(path)
        self._over = over
        self._failed = failures

    def failure(self, key: str) -> CallFailure | None:
        """Why the run's call failed; ``None`` where it does not say."""
        return self._failed.get(key)

    def get(self, key: str) -> Stored | None:
        """What lies over the store under the key; where the store has the same text, what it knows of it besides."""
        laid, own = self._over.get(key), super().get(key)
        if laid is None or (own is not None and _same(own, laid)):
            return own
        return laid


def _same(own: Stored, laid: Stored) -> bool:
    one, other = own.generation, laid.generation
    return (own.stage, one.text, one.finish_reason) == (laid.stage, other.text, other.finish_reason)
