"""What ``prism-eval doctor`` looks at: one finding a thing, each with what to do."""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prism_eval.errors import CallError, PrismError
from prism_eval.plugins.specs import Spec

_EXTRAS = ("ocr", "hub", "math", "lmms")


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``good`` is ``None`` for what is merely absent, such as an extra nobody asked for."""

    what: str
    good: bool | None
    say: str


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
        with Store(path):
            return Finding("store", True, f"{path} can be read and written")
    except PrismError as error:
        return Finding("store", False, str(error))


def _data(data: str) -> Iterator[Finding]:
    from prism_eval.benchmarks import available, open_benchmark

    try:
        names = available(data)
    except PrismError as error:
        yield Finding("data", False, str(error))
        return
    for name in names:
        try:
            item = next(iter(open_benchmark(name, data).items()), None)
            yield Finding(f"data {name}", item is not None, "reads" if item else "has no rows")
        except PrismError as error:
            yield Finding(f"data {name}", False, str(error))


def _plugin(text: str) -> Finding:
    from prism_eval import plugins
    from prism_eval.captioners import build_captioner
    from prism_eval.reasoners import build_reasoner

    try:
        spec = Spec.parse(text)
        if spec.name in plugins.entry_points("engine"):
            return Finding(text, True, asyncio.run(_server(spec)))
        build = build_reasoner if spec.name in plugins.entry_points("reasoner") else build_captioner
        build(spec, {})
    except (PrismError, CallError) as error:
        return Finding(text, False, str(error))
    return Finding(text, True, "ready")


async def _server(spec: Spec) -> str:
    from prism_eval import plugins

    engine_class = plugins.load("engine", spec.name)
    fields = plugins.settable(engine_class)
    options = {key: value for key, value in spec.options.items() if key in fields}
    model = {"model": spec.model} if spec.model is not None else {}
    engine = plugins.construct(engine_class, f"engine {spec.name!r}", model | options, {})
    try:
        return str(await engine.check())
    finally:
        await engine.close()
