"""Running a plan: the pipeline driven to its end, its tables written, its leaderboard built."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote

from prism_eval.aggregates import Aggregates
from prism_eval.assembly import LIVE, Assembly, assemble, expected
from prism_eval.captioners.base import Captioner
from prism_eval.errors import Interrupted
from prism_eval.interruptible import run_in_thread
from prism_eval.pipeline import Stage, Traveller, stream
from prism_eval.plan import Plan, make_plan
from prism_eval.reasoners.base import Reasoner
from prism_eval.result import Result, State
from prism_eval.runs import RunFolder
from prism_eval.runs.manifest import Counts, SeenDigests, make_manifest
from prism_eval.runs.tables import TableWriter, answer_row, caption_row, verdict_row
from prism_eval.store import Store, default_path

_TABLES: Mapping[Stage, str] = {"caption": "captions", "answer": "answers", "score": "verdicts"}


Captioners = str | Captioner | Sequence[str | Captioner] | Mapping[str, str | Captioner]
Watch = Callable[[State], AbstractContextManager[object]]


def evaluate(
    captioners: Captioners,
    *,
    reasoner: str | Reasoner = "lexical",
    benchmarks: Sequence[str] | str = (),
    data: str | Path = "synthetic",
    out: str | Path | None = None,
    store: str | Path | None = None,
    watch: Watch | None = None,
    **plan: Any,
) -> Result:
    """Evaluate captioners: caption, answer, score, and build a leaderboard.

    Works in a script and in a notebook. Calls that the store already holds are not made again.

    Args:
        captioners: Spec strings such as ``"openai:NAME?base_url=http://127.0.0.1:8000/v1"``, or `Captioner` objects:
            one, a list, or a mapping from the labels they shall have in tables.
        reasoner: A spec string or a `Reasoner`.
        benchmarks: Names; all that ``data`` holds by default.
        data: A folder, ``"synthetic"`` or ``"hub"``.
        out: The run folder; by default one under ``runs/``, named after the plan.
        store: The generation store; by default one in the user's cache folder.
        watch: Makes a context manager that shows a `State` while the run goes on.
        **plan: Further keys of `prism_eval.plan.Plan`: ``limit``, ``seed``, ``protocol``, ``edition``, ``samples``,
            ``orders``, ``judge``, ``concurrency``, ``attempts``, ``patience``.

    Raises:
        UsageError: Something asked for does not exist or will not do.
        FatalError: No further call could succeed; finished work is in the store.
        Interrupted: Ctrl-C; finished work is in the store.
    """
    given = _labelled(captioners)
    values = {
        "captioners": [label for label, _ in given],
        "reasoner": reasoner if isinstance(reasoner, str) else reasoner.name,
        "benchmarks": [benchmarks] if isinstance(benchmarks, str) else list(benchmarks),
        "data": str(data),
        **plan,
    }
    return run_plan(
        make_plan(values, where="evaluate()"),
        out=Path(out) if out is not None else None,
        store=Path(store) if store is not None else None,
        watch=watch,
        captioners={label: captioner for label, captioner in given if isinstance(captioner, Captioner)},
        reasoner=reasoner if isinstance(reasoner, Reasoner) else None,
    )


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
) -> Result:
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
    return _finish(assembly, folder, stages, state, own)


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


def _finish(assembly: Assembly, folder: RunFolder, stages: Sequence[Stage], state: State, own: Aggregates) -> Result:
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
    if "score" in stages:
        from prism_eval.report.html import write_html

        write_html(folder.path)
    return Result(folder, state.counts, state.tallies)


def _unwatched(_: State) -> AbstractContextManager[object]:
    return nullcontext()


def _labelled(captioners: Captioners) -> list[tuple[str, str | Captioner]]:
    """Captioners under the words that name them in the plan: a spec string, with its label, or an object's label."""
    if isinstance(captioners, Mapping):
        return [
            (_with_label(spec, label) if isinstance(spec, str) else label, spec) for label, spec in captioners.items()
        ]
    given = [captioners] if isinstance(captioners, str | Captioner) else captioners
    return [(captioner if isinstance(captioner, str) else captioner.name, captioner) for captioner in given]


def _with_label(spec: str, label: str) -> str:
    return f"{spec}{'&' if '?' in spec else '?'}label={quote(label)}"
