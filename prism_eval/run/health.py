"""What ``prism-eval doctor`` looks at: one finding a thing, each with what to do."""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from prism_eval.errors import FatalError, PrismError, UnknownName
from prism_eval.plugins.specs import Spec

if TYPE_CHECKING:
    from prism_eval.engines import OnEngine
    from prism_eval.plugins import Kind, Plugin

_COLLECTIONS = frozenset({"all", "dev"})
"""Extras that are made of others, or for whoever builds this."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        what: What it is.
        good: ``None`` for what is merely absent, such as an extra nobody asked for.
        say: What was found, and what to do about it.
        code: Where it is not good, the exit code that a run would end with.
    """

    what: str
    good: bool | None
    say: str
    code: int = PrismError.exit_code


def examine(*, specs: list[str], data: str | None, store: Path | None) -> Iterator[Finding]:
    """Look at Python, the extras, the store, the data, and the servers that specs name.

    Args:
        specs: Spec strings of captioners or reasoners to try.
        data: A data folder, ``synthetic``, ``hub`` or ``None`` to skip it.
        store: The store; by default the user's.
    """
    yield Finding("Python", sys.version_info >= (3, 11), platform.python_version())
    yield from _extras()
    yield _store(store)
    if data is not None:
        yield from _data(data)
    for text in specs:
        yield _plugin(text)


def _extras() -> Iterator[Finding]:
    from importlib.metadata import metadata

    from prism_eval.plugins.registry import missing_packages

    named = metadata("prism-eval").get_all("Provides-Extra") or []
    for extra in (one for one in named if one not in _COLLECTIONS):
        missing = missing_packages("prism-eval", extra)
        say = f"not installed (pip install 'prism-eval[{extra}]')" if missing else "installed"
        yield Finding(f"extra [{extra}]", None if missing else True, say)


def _store(path: Path | None) -> Finding:
    from prism_eval.calls import Store, default_path

    path = path or default_path()
    try:
        with Store(path):  # opening writes: nothing less shows that a disk lets it
            return Finding("store", True, f"{path} can be read and written")
    except PrismError as error:
        return Finding("store", False, str(error))


def _data(data: str) -> Iterator[Finding]:
    from prism_eval.benchmarks import available, open_benchmark, what_is_missing, why_none

    try:
        names = available(data)
    except PrismError as error:
        yield Finding("data", False, str(error), error.exit_code)
        return
    for name in names:
        try:
            benchmark = open_benchmark(name, data)
            reason = why_none(benchmark.items_and_problems())
            reads = "; ".join(["reads", *what_is_missing(benchmark)])
            yield Finding(f"data {name}", not reason, reason or reads)
        except PrismError as error:
            yield Finding(f"data {name}", False, str(error), error.exit_code)


def _plugin(text: str) -> Finding:
    from prism_eval.run.needs import on_engines

    try:
        plugin = _built(Spec.parse(text))
        # What an engine is a part of is a captioner; by itself it may be meant to answer.
        said = [asyncio.run(_tried(one, must_see=one is not plugin)) for one in on_engines(plugin)]
    except PrismError as error:
        return Finding(text, False, str(error), error.exit_code)
    return Finding(text, True, " | ".join(said) or "ready")


def _built(spec: Spec) -> Plugin:
    """The plugin of a spec, as a run would make it: the first kind whose name and options these are."""
    from prism_eval.captioners import CAPTIONER
    from prism_eval.judges import JUDGE
    from prism_eval.plan import load_protocol
    from prism_eval.plugins import build
    from prism_eval.reasoners import REASONER

    protocol = load_protocol("standard")
    unknown: list[UnknownName] = []
    for kind, settings in (
        (CAPTIONER, protocol.captioner_settings(0)),
        (REASONER, protocol.reasoner_settings(0)),
        (JUDGE, protocol.judge_settings(0)),
    ):
        try:
            return build(cast("Kind[Plugin]", kind), spec, settings)
        except UnknownName as error:
            unknown.append(error)
    # Of an option that no kind has, whoever came closest says what was meant.
    raise max(unknown, key=lambda error: "did you mean" in str(error))


async def _tried(plugin: OnEngine, *, must_see: bool) -> str:
    """What the engine says of itself and makes of a short request with an image; what a run would find is unfit."""
    from prism_eval.engines.probe import trial_of
    from prism_eval.run.needs import Need

    need = replace(Need.of(plugin), sees=must_see)
    try:
        probe = await plugin.engine.probe(trial_of(need.sampling, sees=True))
        said = [str(probe), *_room(plugin, probe.context), *plugin.engine.remarks]
        if unfit := list(need.unfit(probe)):
            raise FatalError("; ".join(unfit))
        if must_see and not probe.images:
            raise FatalError(f"{need.where}: the image of a trial was refused: {probe.why_no_images}")
        return "; ".join(said)
    finally:
        await plugin.engine.close()


def _room(plugin: OnEngine, context: int | None) -> list[str]:
    """What a run by the standard protocol would say of the context before its first call, were it to read captions."""
    from prism_eval.plan import load_protocol
    from prism_eval.run.needs import prompt_tokens, too_tight

    protocol = load_protocol("standard")
    caption, answer = protocol.caption.sampling.max_tokens, protocol.answer.sampling.max_tokens
    tight = too_tight(context, caption=caption, prompt=prompt_tokens(plugin), answer=answer)
    return [tight] if tight else []
