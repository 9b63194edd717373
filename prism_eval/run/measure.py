"""A plan's first items carried out as a run would, so that the store says how long calls take and replies are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from prism_eval.benchmarks import RowError
from prism_eval.calls import Store
from prism_eval.plan import Plan
from prism_eval.run.assemble import assemble
from prism_eval.run.items import ItemSource
from prism_eval.run.needs import asking, made_of
from prism_eval.run.pipeline import stream
from prism_eval.run.turns import InTurns, may_hold
from prism_eval.schema import Item


@dataclass(frozen=True)
class _First:
    """The first items of a benchmark that can be asked."""

    source: ItemSource
    items: int

    @property
    def name(self) -> str:
        return self.source.name

    def items_and_problems(self) -> Iterator[Item | RowError]:
        left = self.items
        for found in self.source.items_and_problems():
            if not isinstance(found, RowError):
                yield found
                left -= 1
            if not left:
                return


async def measure(plan: Plan, store: Store) -> None:
    """Caption and answer the first item of a plan, or find that in the store.

    Raises:
        FatalError: No call can succeed.
    """
    assembly = assemble(plan, store, through="answer")
    settings = assembly.settings
    here = any(may_hold(one) for plugin in asking(settings) for one in made_of(plugin))
    # The first call of a model in this process loads it: the second tells how long calls take.
    first = [_First(assembly.benchmarks[0], 2 if here else 1)]
    try:
        await InTurns(settings, plan.memory, note=lambda _: None).ask(first)
        # One after the other, lest they wait for each other.
        async with contextlib.aclosing(stream(first, replace(settings, trials=1))) as results:
            async for _ in results:
                pass
    finally:
        await assembly.close()
