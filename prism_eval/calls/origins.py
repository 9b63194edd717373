"""Where the results came from that a run took from the store: other servers, and run folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from prism_eval.calls.store import Stored
from prism_eval.plugins import Plugin


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Results that were taken from the store though another server, or another model under the name, had made them.

    Attributes:
        stage: The stage.
        source: Who was asked.
        count: How many results.
        made_by: The server's address and what it really served, as far as the store knows.
        asked_now: The same of this run.
    """

    stage: str
    source: str
    count: int
    made_by: str
    asked_now: str


@dataclass(frozen=True, slots=True)
class Imported:
    """Results that were taken from the store, and that had come into it from a run folder.

    Attributes:
        stage: The stage.
        source: Who was asked.
        count: How many results.
        folder: The run folder.
    """

    stage: str
    source: str
    count: int
    folder: str


class Origins:
    """Counts what was taken from the store, by who had made it and who is asked now."""

    def __init__(self) -> None:
        self._hits: Counter[tuple[str, int, str, str | None]] = Counter()
        self._imported: Counter[tuple[str, str, str]] = Counter()
        self._plugins: dict[int, Plugin] = {}

    def note(self, plugin: Plugin, stored: Stored) -> None:
        """Count a result.

        Args:
            plugin: Who would have been asked.
            stored: What the store held.
        """
        self._plugins[id(plugin)] = plugin
        self._hits[stored.stage, id(plugin), stored.address, stored.root] += 1
        if stored.imported is not None:
            self._imported[stored.stage, plugin.source, stored.imported] += 1

    def elsewhere(self) -> Iterator[Elsewhere]:
        """Results that another server made. What this run's serve is known only once they were asked."""
        for (stage, place, address, root), count in self._hits.items():
            plugin = self._plugins[place]
            # What one side does not say proves nothing: a server without a root, a captioner without a server.
            moved = bool(address and plugin.addresses and address not in plugin.addresses)
            other = bool(root and plugin.root and root != plugin.root)
            if moved or other:
                made_by, now = _place(address, root), _place(plugin.address, plugin.root)
                yield Elsewhere(stage, plugin.source, count, made_by, now)

    def imported(self) -> Iterator[Imported]:
        """Results that `prism-eval store import` had taken in from a run folder."""
        for (stage, source, folder), count in self._imported.items():
            yield Imported(stage, source, count, folder)


def _place(address: str, root: str | None) -> str:
    """A server, and in brackets what it says it really serves."""
    return f"{address} ({root})" if root else address
