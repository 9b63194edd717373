"""What a plan from a file would do that its reader did not type: it is told, and asked for once.

A plan may come from anybody. It names servers, the environment variables whose content goes there, plugins of other
packages and task files, whose code runs here. What stays on this machine, and what was done before, by a command that
somebody typed or a plan that was trusted, is not asked about again.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from prism_eval.benchmarks.catalogue import load_definition, split_name
from prism_eval.engines.address import VARIABLE, addresses_from, is_this_machine
from prism_eval.errors import PrismError, UsageError
from prism_eval.files.folders import private_folder, user_folder
from prism_eval.files.whole import write_whole
from prism_eval.plan import Plan, Stage
from prism_eval.plugins.paths import absolute
from prism_eval.plugins.registry import stranger
from prism_eval.plugins.specs import Spec

_TASK = "lmms"
_ANSWERS = "direct"
_ARGUMENTS = "engine_args"
"""An option that is handed on to another program as it is."""
_AT = frozenset({"base_url", "address"})
"""Options that say where a server is, whether or not its protocol stands before it."""


def check_trust(plan: Plan, *, typed: Collection[str], stages: Collection[Stage], trust: bool, where: str) -> None:
    """Make sure that what a plan would do is known to whoever gave the command, before anything of it is done.

    Args:
        plan: The plan.
        typed: Of its spec strings and benchmarks those that were typed, and are trusted by that.
        stages: The stages that may call their plugins.
        trust: Whether the rest is trusted, too.
        where: The file.

    Raises:
        UsageError: It would do what was not done here before; the message names it.
    """
    known = _known()
    asked = list(_asked(plan, stages))
    own = {act for text, act in asked if text in typed}
    new = {act for _, act in asked} - known - own
    if new and not trust:
        raise UsageError(
            f"{where} would do what was never done here: {'; '.join(sorted(new))}. If that is meant, say so once with "
            "--trust"
        )
    if not new | own <= known:
        _remember(known | new | own)


def _asked(plan: Plan, stages: Collection[Stage]) -> Iterator[tuple[str, str]]:
    """What each spec string and benchmark of a plan does beyond this machine and our own code, in words."""
    yield from ((name, act) for name in plan.benchmarks for act in _of_benchmark(name, plan.data))
    # By who it is to be, and not by its text: one text may be several, and is then asked in several stages.
    roles: list[tuple[Stage, Collection[str]]] = [("caption", plan.captioners), ("answer", plan.reasoner)]
    roles.append(("score", [plan.judge] if plan.judge else []))
    for stage, texts in roles:
        for text in texts:
            yield from ((text, act) for act in _of_spec(text, called=stage in stages, answers="answer" in stages))


def _of_spec(text: str, *, called: bool, answers: bool) -> Iterator[str]:
    try:
        spec = Spec.parse(text)
    except UsageError:  # told by whoever builds it
        return
    yield from _code(spec)
    # A captioner that answers itself is asked among the readers.
    if called or (answers and any(one.name == _ANSWERS for one in _all(spec))):
        yield from _calls(spec)


def _of_benchmark(name: str, data: str) -> Iterator[str]:
    prefix, _, task = name.partition(":")
    if package := stranger(("benchmark", "source"), prefix):
        yield f"run the benchmark {prefix} of package {package}"
    yield from _scorers(name)
    if prefix != _TASK:
        return
    # A task of lmms-eval's own is installed code; a file brings its own, wherever it lies.
    if task.endswith((".yaml", ".yml")):
        yield f"run the code that {absolute(task)} names"
    elif data not in ("synthetic", "hub"):
        yield f"run the code that the task files in {absolute(data)} name"


def _scorers(name: str) -> Iterator[str]:
    """The scorers of other packages that a definition file names: a file of anybody's, which a plan may bring along."""
    if not split_name(name)[0].endswith(".toml"):
        return
    with contextlib.suppress(PrismError):  # told by whoever opens it
        for text in load_definition(name).scoring.values():
            for one in _all(Spec.parse(text)):
                if package := stranger(("scorer",), one.name):
                    yield f"run the scorer {one.name} of package {package}"


def _code(spec: Spec) -> Iterator[str]:
    for one in _all(spec):
        # Of an engine around another one, both: ray:vllm:MODEL.
        for name in (one.name, *(one.model or "").split(":")[:-1]):
            if package := stranger(("captioner", "reasoner", "judge", "engine"), name):
                yield f"run the plugin {name} of package {package}"
        # They name parsers, workers and middleware by path, and hosts to report to.
        if arguments := one.options.get(_ARGUMENTS):
            yield f"start {one.model or one.name} with {_ARGUMENTS}={arguments}"


def _calls(spec: Spec) -> Iterator[str]:
    for one in _all(spec):
        variables = [f"${value}" for key, value in one.options.items() if key.endswith("_env") and value]
        with_key = f" with {' and '.join(variables)}" if variables else ""
        known = _of_environment()
        for address in _addresses(one):
            # What the environment names is the reader's own word; not what a plan would send there.
            if not is_this_machine(address) and (variables or address not in known):
                yield f"call {address}{with_key}"
        if variables and not any(key in one.options for key in _AT):
            yield from (f"call {address}{with_key}" for address in known if not is_this_machine(address))


def _addresses(spec: Spec) -> Iterator[str]:
    for key, value in spec.options.items():
        if key == "base_url":
            with contextlib.suppress(UsageError):  # told by whoever builds it
                yield from addresses_from(value)
        elif "://" in value or (key in _AT and ":" in value):
            yield value


def _of_environment() -> Collection[str]:
    named = os.environ.get(VARIABLE, "").strip()
    with contextlib.suppress(UsageError):
        return addresses_from(named) if named else ()
    return ()


def _all(spec: Spec) -> Iterator[Spec]:
    yield spec
    for part in spec.parts:
        yield from _all(part)


def _file() -> Path:
    return user_folder() / "trusted.json"


def _known() -> set[str]:
    try:
        told = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # nothing was trusted yet, or nobody can say what
        return set()
    return {one for one in told if isinstance(one, str)} if isinstance(told, list) else set()


def _remember(acts: Iterable[str]) -> None:
    # Where nothing can be written, it is asked again.
    with contextlib.suppress(OSError, PrismError):
        private_folder(_file().parent)
        write_whole(_file(), json.dumps(sorted(acts), indent=1, ensure_ascii=False) + "\n", mode=0o600)
