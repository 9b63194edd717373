"""What ``prism-eval doctor`` looks at: one finding a thing, each with what to do."""

from __future__ import annotations

import asyncio
import io
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from prism_eval.errors import FatalError, PermanentError, PrismError, UnknownName
from prism_eval.plugins.specs import Spec
from prism_eval.schema import Image, Message, Request, Sampling

if TYPE_CHECKING:
    from prism_eval.engines import Engine, OnEngine
    from prism_eval.plugins import Kind, Plugin

_TOKENS = 16
"""Of a reply that only shows that there is one; fewer are below what some hosted services allow."""
_EXTRAS = ("ocr", "hub", "math", "transformers", "llamacpp", "lmms")


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
    from prism_eval.plugins.registry import missing_packages

    for extra in _EXTRAS:
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
    from prism_eval.run.room import on_engines

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
    """What the engine says of itself and does with a text, an image and, for who ranks, an echo."""
    from prism_eval.reasoners.ranking import RankingReasoner

    engine = plugin.engine
    sampling: Sampling = getattr(plugin, "sampling", Sampling())
    short = replace(sampling, max_tokens=min(sampling.max_tokens, _TOKENS))
    try:
        said = [await engine.check(), *await _room(plugin)]
        said += [f"root {engine.root}"] if engine.root not in (None, engine.model) else []
        await engine.generate(Request(messages=(Message("user", ("Say yes.",)),), sampling=short))
        said.append(await _sight(engine, short, must_see=must_see))
        if isinstance(plugin, RankingReasoner):
            await engine.log_likelihood("One and", [" two", " three"])
            said.append("gives log-probabilities")
        return "; ".join([*said, *engine.remarks])
    finally:
        await engine.close()


async def _room(plugin: OnEngine) -> list[str]:
    """What a run by the standard protocol would say of the context before its first call."""
    from prism_eval.plan import load_protocol
    from prism_eval.run.room import context_of, too_tight

    protocol = load_protocol("standard")
    size = await context_of(plugin)
    tight = too_tight(size, protocol.caption.sampling.max_tokens, protocol.answer.sampling.max_tokens)
    return [tight] if tight else []


async def _sight(engine: Engine, sampling: Sampling, *, must_see: bool) -> str:
    from PIL import Image as Pillow

    file = io.BytesIO()
    # Large enough for processors that cut pictures into patches.
    Pillow.new("RGB", (64, 64), "white").save(file, "PNG")
    asked = Message("user", (Image(file.getvalue(), "a white square"), "Say yes."))
    try:
        await engine.generate(Request(messages=(asked,), sampling=sampling))
    except (PermanentError, FatalError) as error:  # text was answered: it is the image
        if must_see:
            raise
        return f"takes no images, so it can answer but not caption ({error})"
    return "takes images"
