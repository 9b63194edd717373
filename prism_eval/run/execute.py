"""Running a plan: the pipeline driven to its end, its tables and manifest written."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import cast

from prism_eval.calls import Store, default_path
from prism_eval.captioners import Captioner
from prism_eval.errors import DataUnreadable, UsageError
from prism_eval.plan import STAGES, Plan, Stage
from prism_eval.reasoners import Reasoner
from prism_eval.run.aggregates import Aggregates
from prism_eval.run.assemble import LIVE, Assembly, assemble, expected
from prism_eval.run.comparable import comparable
from prism_eval.run.counts import Counts, SeenDigests
from prism_eval.run.coverage import check_coverage
from prism_eval.run.folder import TABLES, RunFolder
from prism_eval.run.interruptible import run_in_thread, stoppable
from prism_eval.run.item_result import Captioned, ItemResult, is_empty
from prism_eval.run.items import check_items
from prism_eval.run.looks import Looks
from prism_eval.run.manifest import Remarks, known_remarks, known_unread, looks_taken, make_manifest
from prism_eval.run.paths import with_absolute_paths
from prism_eval.run.pipeline import stream
from prism_eval.run.reading import Manifest
from prism_eval.run.result import RunResult, State
from prism_eval.run.room import notes_on_room
from prism_eval.run.tables import TableWriter, answer_row, caption_row, verdict_row
from prism_eval.run.thumbnails import Thumbnails

Watch = Callable[[State], AbstractContextManager[object]]
Writers = Mapping[Stage, TableWriter]


def run_plan(
    plan: Plan,
    *,
    out: Path | None = None,
    store: Path | None = None,
    stages: Sequence[Stage] = STAGES,
    live: frozenset[Stage] = LIVE,
    overwrite: bool = False,
    watch: Watch | None = None,
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
        captioners: Ready captioners by label.
        reasoners: Likewise.

    Raises:
        UsageError: Something asked for does not exist or will not do, or the folder holds the run of another plan.
        RunError: The folder cannot be written.
        FatalError: No further call could succeed; finished work is in the store.
        Interrupted: Ctrl-C; finished work is in the store.
    """
    plan = with_absolute_paths(plan, ready=captioners or {}, ready_reasoners=reasoners or {})
    folder = RunFolder.create(out or default_folder(plan))
    # `answer` and `score` change the plan of a folder on purpose: its captions outlive another reasoner.
    goes_on = stages[0] != STAGES[0]
    if not overwrite and not goes_on:
        folder.refuse_another(plan)
    if plan.until_decided and stages[-1] == "caption":
        raise UsageError("until_decided compares scores, and captions alone have none: prism-eval run asks for all")
    known = known_remarks(folder.path)
    # A store writes what waits as it is closed, and after Ctrl-C too.
    with Store(store or default_path()) as opened, stoppable():
        assembly = assemble(plan, opened, through=stages[-1], live=live, captioners=captioners, reasoners=reasoners)
        _check_data(assembly, folder, goes_on=goes_on)
        looks = _looks(assembly, folder, goes_on=goes_on)
        # Only now that the plan is known to run, so that a slip of the pen costs nobody their older run.
        if overwrite and not goes_on and folder.plan_file.exists() and folder.read_plan().difference(plan):
            folder.clear()
        folder.write_plan(plan)
        state = _begun(assembly)
        with (watch or _unwatched)(state):
            manifest = run_in_thread(lambda: _drive(assembly, folder, stages, state, looks=looks, known=known))
    folder.write_manifest(manifest)
    elsewhere = tuple(assembly.settings.calls.elsewhere())
    return RunResult(folder, state.counts, state.tallies, elsewhere, assembly.unread, looks)


def default_folder(plan: Plan) -> Path:
    """The folder of a plan that names none: the same plan always gives the same one."""
    what = plan.benchmarks[0] if len(plan.benchmarks) == 1 else "all" if not plan.benchmarks else "several"
    stem = "".join(character if character.isalnum() or character in "-_" else "-" for character in Path(what).stem)
    return Path("runs") / f"{stem}-{plan.digest[:8]}"


def _check_data(assembly: Assembly, folder: RunFolder, *, goes_on: bool) -> None:
    if not goes_on:
        if not assembly.plan.allow_missing:
            check_coverage(assembly)
        return
    # What the tables hold of a benchmark would be lost with the stage that goes on without it.
    left_out = known_unread(folder.path)
    if lost := {name: why for name, why in assembly.unread.items() if name not in left_out}:
        raise DataUnreadable(lost)


def _looks(assembly: Assembly, folder: RunFolder, *, goes_on: bool) -> Looks | None:
    if not assembly.plan.until_decided:
        return None
    # What is answered or scored again is what was asked: that is decided.
    taken = looks_taken(folder.path) if goes_on else None
    return Looks(assembly.plan, assembly.settings, assembly.benchmarks, taken=taken)


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


async def _drive(
    assembly: Assembly,
    folder: RunFolder,
    stages: Sequence[Stage],
    state: State,
    *,
    looks: Looks | None,
    known: Remarks,
) -> Mapping[str, object]:
    """Put everything through the pipeline and into tables; the manifest of it."""
    plan, own = assembly.plan, Aggregates(assembly.settings.scorers)
    with ExitStack() as cleanup:
        writers: dict[Stage, TableWriter] = {}
        for stage in stages:
            path = folder.table(TABLES[stage])
            writers[stage] = TableWriter(TABLES[stage], path, plan_digest=plan.digest_through(stage))
            cleanup.callback(writers[stage].discard)  # half a table looks too much like a whole one
        async with Thumbnails(folder, note=state.notes.append) if plan.thumbnails else nullcontext() as thumbnails:
            begun = time.monotonic()
            try:
                await _write_all(assembly, writers, state, own, looks=looks, thumbnails=thumbnails)
            finally:
                state.counts.spending.seconds = time.monotonic() - begun
                await assembly.close()
        manifest = make_manifest(assembly, state.counts, own.entries(), looks=looks, known=known)
        whose = comparable(cast("Manifest", manifest))
        for stage, writer in writers.items():
            writer.finish(whose)
            # Only now: until the new table is whole, the old one and what was made from it belong together.
            folder.drop_after(stage)
        cleanup.pop_all()
    return manifest


async def _write_all(
    assembly: Assembly,
    writers: Writers,
    state: State,
    own: Aggregates,
    *,
    looks: Looks | None,
    thumbnails: Thumbnails | None,
) -> None:
    settings, captions_seen = assembly.settings, SeenDigests()
    first_entry, first_reasoner = settings.entries[0].label, next(iter(settings.reasoners))
    silent = {entry.label for entry in settings.entries if entry.captioner.silent}
    await check_items(assembly.benchmarks, settings.checking)
    state.notes.extend(await notes_on_room(settings, assembly.calling))
    async with contextlib.aclosing(_results(assembly, looks, thumbnails)) as results:
        async for result in results:
            first = (result.entry, result.reasoner, result.sample, result.order) == (first_entry, first_reasoner, 0, 0)
            state.counts.add(result, first=first)
            own.add(result)
            # An image's caption is one row, however many questions asked about it.
            new = [captioned for captioned in result.captions if captions_seen.add(result.entry, captioned.key)]
            state.counts.spending.add(result, new)
            if result.entry not in silent:
                state.counts.empty_captions[result.entry] += sum(is_empty(captioned.caption) for captioned in new)
            _write(result, writers, new)


async def _results(
    assembly: Assembly, looks: Looks | None, thumbnails: Thumbnails | None
) -> AsyncGenerator[ItemResult, None]:
    """Everything at once, or the part before each look until all is decided."""
    for part in looks.parts() if looks else [assembly.benchmarks]:
        async with contextlib.aclosing(stream(part, assembly.settings, thumbnails=thumbnails)) as results:
            async for result in results:
                if looks:
                    looks.add(result)
                yield result


def _write(result: ItemResult, writers: Writers, new: Sequence[Captioned]) -> None:
    if "caption" in writers:
        for captioned in new:
            writers["caption"].add(caption_row(result.entry, result.sample, captioned))
    if "answer" in writers:
        writers["answer"].add(answer_row(result))
    if "score" in writers:
        writers["score"].add(verdict_row(result))


def _unwatched(_: State) -> AbstractContextManager[object]:
    return nullcontext()
