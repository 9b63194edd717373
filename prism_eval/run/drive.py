"""Running a plan: the pipeline driven to its end, its tables and manifest written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

from prism_eval.calls import Store, default_path
from prism_eval.captioners.base import Captioner
from prism_eval.errors import Interrupted
from prism_eval.plan.plan import Plan
from prism_eval.reasoners.base import Reasoner
from prism_eval.run import RunFolder
from prism_eval.run.aggregates import Aggregates
from prism_eval.run.assemble import LIVE, Assembly, assemble, expected
from prism_eval.run.interruptible import run_in_thread
from prism_eval.run.manifest import Counts, SeenDigests, make_manifest
from prism_eval.run.pipeline import Stage, Traveller, stream
from prism_eval.run.result import RunResult, State
from prism_eval.run.tables import TableWriter, answer_row, caption_row, verdict_row

_TABLES: Mapping[Stage, str] = {"caption": "captions", "answer": "answers", "score": "verdicts"}


Watch = Callable[[State], AbstractContextManager[object]]


def run_plan(
    plan: Plan,
    *,
    out: Path | None = None,
    store: Path | None = None,
    stages: Sequence[Stage] = ("caption", "answer", "score"),
    live: frozenset[Stage] = LIVE,
    watch: Watch | None = None,
    captioners: Mapping[str, Captioner] | None = None,
    reasoner: Reasoner | None = None,
) -> RunResult:
    """Run a plan, or some of its stages.

    Args:
        plan: The plan.
        out: The run folder; by default `default_folder`.
        store: The generation store; by default the user's.
        stages: The stages whose tables are written; the last of them is where the road ends.
        live: The stages that may call their plugins, the judge being scoring's; the others only read the store.
        watch: Makes a context manager that shows a `State` while the run goes on.
        captioners: Ready captioners by label.
        reasoner: A ready reasoner.
    """
    folder = RunFolder.create(out or default_folder(plan))
    with Store(store or default_path()) as opened:
        try:
            assembly = assemble(plan, opened, through=stages[-1], live=live, captioners=captioners, reasoner=reasoner)
            folder.write_plan(plan)
            state = State(Counts(), assembly.tallies, expected(assembly))
            own = Aggregates(assembly.road.scorers)
            with (watch or _unwatched)(state):
                run_in_thread(lambda: _drive(assembly, folder, stages, state, own))
        except KeyboardInterrupt:
            opened.flush()
            raise Interrupted("stopped; everything finished is in the store") from None
    return _finish(assembly, folder, state, own)


def default_folder(plan: Plan) -> Path:
    """The folder of a plan that names none: the same plan always gives the same one."""
    what = plan.benchmarks[0] if len(plan.benchmarks) == 1 else "all" if not plan.benchmarks else "several"
    stem = "".join(character if character.isalnum() or character in "-_" else "-" for character in Path(what).stem)
    return Path("runs") / f"{stem}-{plan.digest[:8]}"


async def _drive(assembly: Assembly, folder: RunFolder, stages: Sequence[Stage], state: State, own: Aggregates) -> None:
    writers = {stage: TableWriter(_TABLES[stage], folder.table(_TABLES[stage])) for stage in stages}
    captions_seen = SeenDigests()
    first = assembly.road.arms[0].label
    with ExitStack() as cleanup:
        for writer in writers.values():
            cleanup.callback(writer.discard)
        try:
            travellers = stream(assembly.benchmarks, assembly.road, limit=assembly.plan.limit)
            async with contextlib.aclosing(travellers):
                async for traveller in travellers:
                    own_order = traveller.sample == 0 and traveller.order == 0
                    state.counts.add(traveller, first_arm=traveller.arm == first and own_order)
                    own.add(traveller)
                    _write(traveller, writers, captions_seen, assembly.reasoner_label)
        finally:
            await assembly.close()
        for writer in writers.values():
            writer.finish()
        cleanup.pop_all()


def _write(
    traveller: Traveller, writers: Mapping[Stage, TableWriter], captions_seen: SeenDigests, reasoner: str
) -> None:
    if "caption" in writers:
        for captioned in traveller.captions:
            if captions_seen.add(traveller.arm, captioned.key):
                writers["caption"].add(caption_row(traveller.arm, traveller.sample, captioned))
    if "answer" in writers:
        writers["answer"].add(answer_row(traveller, reasoner))
    if "score" in writers:
        writers["score"].add(verdict_row(traveller, reasoner))


def _finish(assembly: Assembly, folder: RunFolder, state: State, own: Aggregates) -> RunResult:
    manifest = make_manifest(state.counts, assembly.about(), assembly.benchmark_facts())
    manifest["counts"] = {
        "outcomes": dict(state.counts.outcomes),
        "calls": {
            stage: {"hits": tally.hits, "made": tally.made, "failed": tally.failed}
            for stage, tally in state.tallies.items()
        },
    }
    if entries := own.entries():
        manifest["aggregates"] = entries
    folder.write_manifest(manifest)
    return RunResult(folder, state.counts, state.tallies)


def _unwatched(_: State) -> AbstractContextManager[object]:
    return nullcontext()
