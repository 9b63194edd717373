"""One memory, several models: everything is asked of one, which is then closed, before the next one is asked."""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from prism_eval.calls import Turns
from prism_eval.engines import Engine, OnEngine
from prism_eval.errors import FatalError, PrismError, UsageError
from prism_eval.plan import Memory
from prism_eval.plugins import Plugin
from prism_eval.plugins.faults import fault_of
from prism_eval.run.items import ItemSource
from prism_eval.run.needs import asking, made_of
from prism_eval.run.pipeline import stream
from prism_eval.run.settings import Settings

_HERE = "this process"
"""Where models are of which nobody says what they hold."""


class InTurns:
    """The models of one run that take turns.

    Args:
        settings: What every item goes through.
        memory: Whether they do, as the plan says.
        note: Tells people whose turn it is.
    """

    def __init__(self, settings: Settings, memory: Memory, *, note: Callable[[str], None]) -> None:
        self._settings = settings
        self._note = note
        holders = [one for each in asking(settings) for one in made_of(each) if may_hold(one)]
        self._plugins: defaultdict[Hashable, list[Plugin]] = defaultdict(list)
        for plugin in holders:
            self._plugins[plugin.lane].append(plugin)
        settings.calls.turns = Turns(_places(holders, memory))

    async def ask(self, part: Sequence[ItemSource]) -> None:
        """Ask everything of one model after the other, until the store holds what can be known of these items.

        Nothing is kept in memory: a turn reads the items anew, and finds in the store what the turns before it made.

        Raises:
            FatalError: No further call can succeed, or a model cannot be closed.
        """
        if not self._settings.calls.turns.places:
            return
        while True:
            # Results are dropped: those of items that somebody's turn is still to come for are not whole.
            async with contextlib.aclosing(stream(part, self._stages)) as results:
                async for _ in results:
                    pass
            if not (changes := self._settings.calls.turns.next()):
                return
            for before, after in changes:
                await self._close(before)
                self._note(f"it is the turn of {self._named(after)} in the memory of {self._place(after)}")

    @property
    def _stages(self) -> Settings:
        settings = self._settings
        # Scored once is enough where no judge waits for its turn.
        judged = settings.judge is not None and settings.judge.lane in settings.calls.turns.places
        return replace(settings, through="answer") if settings.through == "score" and not judged else settings

    def _named(self, lane: Hashable) -> str:
        plugin = self._plugins[lane][0]
        return f"{plugin.name}:{plugin.model}" if isinstance(plugin, Engine) else plugin.source

    def _place(self, lane: Hashable) -> Hashable:
        return self._settings.calls.turns.places[lane]

    async def _close(self, lane: Hashable | None) -> None:
        for plugin in self._plugins.get(lane, ()):
            try:
                await plugin.close()  # type: ignore[attr-defined]  # everything that is asked has it
            except PrismError:
                raise
            except Exception as error:
                # Two models where one has room would be killed by the system, without a word.
                raise FatalError(fault_of(plugin, f"{plugin.name!r}, close()", error)) from error


def _places(plugins: Iterable[Plugin], memory: Memory) -> dict[Hashable, Hashable]:
    """By lane the memory that it fills and others need; where turns are asked for, that of every engine here."""
    lanes = {one.lane: one for one in plugins}
    # One alone shares nothing, and saying what it holds may take an import of torch.
    if memory == "together" or len(lanes) < 2:
        return {}
    places = {lane: _held(one) or (_HERE if memory == "turns" else None) for lane, one in lanes.items()}
    shared = Counter(place for place in places.values() if place is not None)
    return {lane: place for lane, place in places.items() if place is not None and shared[place] > 1}


def _held(plugin: Plugin) -> str | None:
    try:
        return plugin.holds
    except PrismError:
        raise
    except Exception as error:
        raise UsageError(fault_of(plugin, f"{plugin.name!r}, what it holds", error)) from error


def may_hold(plugin: Plugin) -> bool:
    """Whether it is a model in this process, or says itself what it holds, as one that starts a server of its own."""
    says = type(plugin).holds not in (Plugin.holds, OnEngine.holds)
    here = isinstance(plugin, Engine | OnEngine) and not plugin.address
    return plugin.lane is not None and (says or here)
