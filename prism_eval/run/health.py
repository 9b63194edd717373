"""What ``prism-eval doctor`` looks at: one finding a thing, each with what to do."""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.errors import PrismError
from prism_eval.plugins.specs import Spec

if TYPE_CHECKING:
    from prism_eval.engines import Engine

_EXTRAS = ("ocr", "hub", "math", "lmms")


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
    from prism_eval.benchmarks import available, open_benchmark

    try:
        names = available(data)
    except PrismError as error:
        yield Finding("data", False, str(error), error.exit_code)
        return
    for name in names:
        try:
            item = next(iter(open_benchmark(name, data).items()), None)
            yield Finding(f"data {name}", item is not None, "reads" if item else "has no rows")
        except PrismError as error:
            yield Finding(f"data {name}", False, str(error), error.exit_code)


def _plugin(text: str) -> Finding:
    from prism_eval.captioners import CAPTIONER
    from prism_eval.engines import ENGINE
    from prism_eval.plugins import build, entry_points, load, settable
    from prism_eval.reasoners import REASONER

    try:
        spec = Spec.parse(text)
        if spec.name in entry_points("engine"):
            fields = settable(load("engine", spec.name))
            own = {key: value for key, value in spec.options.items() if key in fields}
            return Finding(text, True, asyncio.run(_server(build(ENGINE, replace(spec, options=own), {}))))
        if spec.name in entry_points("reasoner"):
            build(REASONER, spec, {})
        else:
            build(CAPTIONER, spec, {})
    except PrismError as error:
        return Finding(text, False, str(error), error.exit_code)
    return Finding(text, True, "ready")


async def _server(engine: Engine) -> str:
    try:
        return await engine.check()
    finally:
        await engine.close()
