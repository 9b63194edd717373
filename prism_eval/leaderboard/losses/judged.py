"""A language model asked whether a caption says a gold, where rules cannot tell; nobody is, unless one is named."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

from prism_eval.calls import Calls, Limits, Store, default_path
from prism_eval.errors import PermanentError, TransientError
from prism_eval.judges import JUDGE, Judge, read_verdict
from prism_eval.judges.prompted import PromptedJudge
from prism_eval.leaderboard.losses.evidence import Evidence
from prism_eval.leaderboard.losses.losses import Losses
from prism_eval.leaderboard.losses.texts import Asked, Captions, read_captions, read_items
from prism_eval.plugins import Spec, build
from prism_eval.run.interruptible import run_in_thread
from prism_eval.schema import Item, Sampling

_AT_ONCE = 16
"""Calls in flight, where the judge's spec says nothing else."""
_WINDOW = 256
"""Questions that wait for their turn at a time, so that memory does not grow with their number."""


def judged(losses: Losses, judge: str | Judge, *, store: Path | None = None) -> Losses:
    """The losses with what a judge says of those that rules left open; what it fails on stays open.

    Every entry's caption of such an item is shown to it, so that what one leaves out may be found in another's. Its
    decisions are calls like any other: the store remembers them.

    Args:
        losses: What rules found.
        judge: A spec string such as ``openai:NAME?base_url=http://127.0.0.1:8002/v1``, or a `Judge`.
        store: The generation store; by default the user's.

    Raises:
        UsageError: The judge does not exist or will not do.
        RunError: The verdict table cannot be read.
        FatalError: The judge can answer no further call; its decisions so far are in the store.
    """
    import numpy as np

    verdicts = losses.verdicts
    unclear = losses.evidence == Evidence.UNCLEAR
    # Also of entries that answered right: what one left out may stand in another's caption.
    open_items = np.bincount(verdicts.item[losses.lost & unclear], minlength=len(verdicts.items)) > 0
    rows = np.flatnonzero(unclear & open_items[verdicts.item])
    captions = read_captions(verdicts, rows)
    asked = read_items(verdicts, np.unique(captions.item))
    items = {
        number: _item(verdicts.benchmarks[verdicts.items.benchmark[number]], number, said)
        for number, said in asked.items()
    }
    plugin = _built(judge) if isinstance(judge, str) else judge
    with Store(store or default_path()) as opened:
        found = run_in_thread(lambda: _asked(plugin, opened, items, captions))
    evidence = losses.evidence.copy()
    evidence[rows] = np.array(found, dtype=np.int8)[captions.pair]
    return replace(losses, evidence=evidence, judge=judge if isinstance(judge, str) else plugin.name)


def _built(spec: str) -> Judge:
    judge = build(JUDGE, Spec.parse(spec), {"sampling": Sampling(seed=0), "seed": 0})
    # Its usual prompt asks whether an answer is right, and this one whether a caption says it.
    if not isinstance(judge, PromptedJudge) or "prompt=" in spec:
        return judge
    prompt = resources.files("prism_eval.leaderboard.losses").joinpath("prompt.txt").read_text(encoding="utf-8")
    return replace(judge, prompt=prompt)


def _item(benchmark: str, number: int, said: Asked) -> Item:
    return Item(
        benchmark=benchmark,
        id=str(number),
        kind=said.kind,
        question=said.question,
        images=(),
        golds=tuple(said.golds),
        cluster="",
        options=tuple(said.options),
    )


async def _asked(judge: Judge, store: Store, items: dict[int, Item], captions: Captions) -> Sequence[Evidence]:
    """What the judge says of each pair of an item and a caption."""
    limits = Limits(_AT_ONCE)
    limits.declare(judge)
    calls = Calls(store, limits=limits)
    pairs = list(zip(captions.item.tolist(), captions.caption.tolist(), strict=True))
    found: dict[tuple[int, int], Evidence] = {}
    try:
        # Captions are often word for word alike, and one decision serves them all.
        different = list(dict.fromkeys(pairs))
        # In windows: a task for each of a million pairs at once would be a gigabyte before the first reply.
        for start in range(0, len(different), _WINDOW):
            some = different[start : start + _WINDOW]
            replies = [_decided(judge, calls, items[item], captions.texts[text].as_py()) for item, text in some]
            found |= zip(some, await asyncio.gather(*replies), strict=True)
    finally:
        await calls.stop()
        await judge.close()
    return [found[pair] for pair in pairs]


async def _decided(judge: Judge, calls: Calls, item: Item, caption: str) -> Evidence:
    if not caption.strip():
        return Evidence.SILENT
    try:
        said = read_verdict(await calls.get(judge.call(item, caption)))
    except (PermanentError, TransientError):
        return Evidence.UNCLEAR
    return Evidence.UNCLEAR if said is None else Evidence.SAYS if said else Evidence.SILENT
