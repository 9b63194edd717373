"""Running a plan: what is asked of it before the first call, the run, and what it leaves behind."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from prism_eval.calls import default_path
from prism_eval.captioners import Captioner
from prism_eval.errors import DataUnreadable, UsageError
from prism_eval.plan import STAGES, Plan, Stage
from prism_eval.reasoners import Reasoner
from prism_eval.run.assemble import LIVE, Assembly, assemble, expected
from prism_eval.run.audit.counted import counted
from prism_eval.run.counts import Counts
from prism_eval.run.coverage import check_coverage
from prism_eval.run.drive import drive
from prism_eval.run.entry_decisions import EntryDecisions
from prism_eval.run.folder import RunFolder
from prism_eval.run.interruptible import run_in_thread, stoppable
from prism_eval.run.looks import Decided, Decider, Looks
from prism_eval.run.manifest import Earlier, known_unread, looks_taken
from prism_eval.run.paths import with_absolute_paths
from prism_eval.run.replay import gone_on_from
from prism_eval.run.result import Effort, RunResult, State

Watch = Callable[[State], AbstractContextManager[object]]
Decides = Callable[[Assembly, Counts], Decider]
"""Makes who decides at looks whether enough was asked, of what is run and what will have been counted by then."""


def run_plan(
    plan: Plan,
    *,
    out: Path | None = None,
    store: Path | None = None,
    stages: Sequence[Stage] = STAGES,
    live: frozenset[Stage] = LIVE,
    overwrite: bool = False,
    watch: Watch | None = None,
    decides: Decides | None = None,
    captioners: Mapping[str, Captioner] | None = None,
    reasoners: Mapping[str, Reasoner] | None = None,
) -> RunResult:
    """Run a plan, or some of its stages.

    Args:
        plan: The plan; its paths may be relative to the current folder.
        out: The run folder; by default `default_folder`.
        store: The generation store; by default the user's.
        stages: The stages whose tables are written; the last of them is the last that items go through. Where the first
            is not captioning, the run goes on from the tables in the folder.
        live: The stages that may call their plugins, the judge being scoring's; the others only read the store.
        overwrite: Whether the run of another plan in the folder is replaced.
        watch: Makes a context manager that shows a `State` while the run goes on.
        decides: Makes who decides at the looks of a plan that has some; by default its entries against its baseline.
        captioners: Ready captioners by label.
        reasoners: Likewise.

    Raises:
        UsageError: Something asked for does not exist or will not do, or the folder holds the run of another plan.
        RunError: The folder cannot be written.
        FatalError: No further call could succeed; finished work is in the store.
        Interrupted: Ctrl-C; finished work is in the store.
    """
    begun = os.times()
    plan = with_absolute_paths(plan, ready=captioners or {}, ready_reasoners=reasoners or {})
    folder = RunFolder.create(out or default_folder(plan))
    # `answer` and `score` change the plan of a folder on purpose: its captions outlive another reasoner.
    goes_on = stages[0] != STAGES[0]
    if not overwrite and not goes_on:
        folder.refuse_another(plan)
    if plan.until_decided and stages[-1] == "caption":
        raise UsageError("until_decided compares scores, and captions alone have none: prism-eval run asks for all")
    known = Earlier.of(folder.path)
    # A store writes what waits as it is closed, and after Ctrl-C too.
    with gone_on_from(folder.path, stages[0], store or default_path()) as opened, stoppable():
        assembly = assemble(
            plan,
            opened,
            through=stages[-1],
            live=live,
            captioners=captioners,
            reasoners=reasoners,
            folder=folder.path.absolute(),
        )
        _check_data(assembly, folder, goes_on=goes_on)
        state = _begun(assembly)
        looks = _looks(assembly, decides, state.counts, _fixed(folder, goes_on=goes_on))
        # Only now that the plan is known to run, so that a slip of the pen costs nobody their older run.
        if overwrite and not goes_on and folder.plan_file.exists() and folder.read_plan().difference(plan):
            folder.clear()
        folder.write_plan(plan)
        with (watch or _unwatched)(state):
            manifest = run_in_thread(lambda: drive(assembly, folder, stages, state, looks=looks, known=known))
            # Of a shard's captions others may be the echoes: they are counted when the shards are one run.
            manifest = manifest if plan.part else {**manifest, **counted(folder)}
    folder.write_manifest(manifest)
    calls = assembly.settings.calls
    elsewhere, imported = tuple(calls.origins.elsewhere()), tuple(calls.origins.imported())
    cost = state.counts.spending.cost(assembly.settings)
    effort = Effort.since(begun)
    return RunResult(folder, state.counts, state.tallies, elsewhere, imported, assembly.unread, looks, effort, cost)


def default_folder(plan: Plan) -> Path:
    """The folder of a plan that names none: the same plan always gives the same one."""
    what = plan.benchmarks[0] if len(plan.benchmarks) == 1 else "all" if not plan.benchmarks else "several"
    stem = "".join(character if character.isalnum() or character in "-_" else "-" for character in Path(what).stem)
    part = plan.part
    # All parts of one plan under one name, so that the folder of each is found beside the others'.
    whole = plan.model_copy(update={"shard": None})
    return Path("runs") / f"{stem}-{whole.digest[:8]}{f'-{part.number}of{part.of}' if part else ''}"


def _check_data(assembly: Assembly, folder: RunFolder, *, goes_on: bool) -> None:
    if not goes_on:
        if not assembly.plan.allow_missing:
            check_coverage(assembly)
        return
    # What the tables hold of a benchmark would be lost with the stage that goes on without it.
    left_out = known_unread(folder.path)
    if lost := {name: why for name, why in assembly.unread.items() if name not in left_out}:
        raise DataUnreadable(lost)


def _fixed(folder: RunFolder, *, goes_on: bool) -> int | None:
    # What is answered or scored again is what was asked: that is decided.
    return looks_taken(folder.path) if goes_on else None


def _looks(assembly: Assembly, decides: Decides | None, counts: Counts, fixed: int | None) -> Looks | None:
    plan = assembly.plan
    if not plan.until_decided:
        return None
    decider: Decider
    if decides:
        decider = decides(assembly, counts)
    elif fixed and plan.baseline is None:
        decider = Decided()
    else:
        decider = EntryDecisions(plan, assembly.settings, len(assembly.benchmarks))
    return Looks(plan.looks, assembly.benchmarks, decider, fixed=fixed)


def _begun(assembly: Assembly) -> State:
    calls = assembly.settings.calls
    return State(
        Counts(),
        calls.tallies,
        expected(assembly),
        destinations=assembly.destinations,
        unread=assembly.unread,
        waits=calls.limits.waits,
    )


def _unwatched(_: State) -> AbstractContextManager[object]:
    return nullcontext()
