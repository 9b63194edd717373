"""A data set captioned: its parts streamed through a run's captioning, a shard written of each as soon as it is whole.

What was captioned is in the store, under the picture's digest and the captioner's identity: a run that was stopped goes
on where it stopped, though the data set's files were renamed or mixed meanwhile. A shard that is whole is passed over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prism_eval.calls import Tally, default_path
from prism_eval.calls.store import Store
from prism_eval.data_sets.form import Form
from prism_eval.data_sets.items import Pictures, captioner_of, rows_of
from prism_eval.data_sets.picture import Part
from prism_eval.data_sets.shards import write_shard
from prism_eval.data_sets.stats import Asked, is_done, write_stats
from prism_eval.errors import DataError, RunError
from prism_eval.plan import Plan
from prism_eval.run.assemble import Assembly, assemble
from prism_eval.run.counts import Counts
from prism_eval.run.execute import Watch
from prism_eval.run.interruptible import run_in_thread, stoppable
from prism_eval.run.item_result import ItemResult
from prism_eval.run.paths import with_absolute_paths
from prism_eval.run.pipeline import stream
from prism_eval.run.probing import Probing
from prism_eval.run.result import State


@dataclass
class Captioned:
    """What came of a data set.

    Attributes:
        folder: Where the shards are.
        tallies: Calls by stage.
        statuses: Pictures of the shards that were written now, by how their captions came about.
        written: Shards that were written.
        there: Shards that were there already.
        unread: By part why it could not be read to its end; no shard is written of it.
    """

    folder: Path
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    written: int = 0
    there: int = 0
    unread: dict[str, str] = field(default_factory=dict)


def caption_data_set(
    plan: Plan,
    parts: Sequence[Part],
    to: Path,
    *,
    form: Form = Form.CAPTIONS,
    only_missing: bool = False,
    store: Path | None = None,
    watch: Watch = lambda _: contextlib.nullcontext(),
) -> Captioned:
    """Caption the pictures of a data set, each once, and write a shard of each of its parts.

    Args:
        plan: Who captions, how, and how often each picture; its ``shard`` says which of the parts are this run's.
        parts: The data set's, in order.
        to: The folder of the shards; what is there already of the same captioner is gone on with.
        form: What is written.
        only_missing: Whether pictures that the data set has a caption of keep it, and nobody is asked.
        store: The generation store; by default the user's.
        watch: Makes a context manager that shows how far it has come.

    Raises:
        UsageError: The plan names several captioners, or one that wants questions; or the folder is of another.
        RunError: The folder cannot be written.
        FatalError: No further call could succeed; finished captions are in the store.
        Interrupted: Ctrl-C, likewise.
    """
    part_of_all, plan = plan.part, with_absolute_paths(plan.model_copy(update={"shard": None}))
    own = parts[part_of_all.number - 1 :: part_of_all.of] if part_of_all else parts
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot write {to}: {error.strerror or error}") from error
    with Store(store or default_path()) as opened, stoppable():
        assembly = assemble(plan, opened, through="caption", live=frozenset({"caption"}), benchmarks=())
        asked = _asked(assembly, form, only_missing=only_missing)
        todo = [part for part in own if not is_done(to, part, asked)]
        # Nobody answers: the display need not say so.
        tallies = {"caption": assembly.settings.calls.tally("caption")}
        done = Captioned(to, tallies, there=len(own) - len(todo))
        state = State(
            Counts(),
            done.tallies,
            _total(todo, asked),
            destinations=assembly.destinations,
            waits=assembly.settings.calls.limits.waits,
        )
        with watch(state):
            run_in_thread(lambda: _drive(assembly, todo, asked, done, state))
    return done


def _asked(assembly: Assembly, form: Form, *, only_missing: bool) -> Asked:
    settings = assembly.settings
    entry = captioner_of(settings)
    return Asked(entry.captioner.identity, entry.label, settings.samples, form, only_missing, settings.verbatim)


def _total(parts: Sequence[Part], asked: Asked) -> int | None:
    # Of a part with captions of its own, some are not asked for.
    if asked.only_missing:
        return None
    known = []
    for part in parts:
        try:
            count = part.count()
        except DataError:  # said when its turn comes
            continue
        if count is None:
            return None
        known.append(count)
    return sum(known) * asked.samples


async def _drive(assembly: Assembly, parts: Sequence[Part], asked: Asked, done: Captioned, state: State) -> None:
    settings = assembly.settings
    settings.calls.begin_with(lambda: Probing(settings, assembly.calling).introduce(state.notes))
    sources = deque(Pictures(part, only_missing=asked.only_missing) for part in parts)
    results: defaultdict[str, list[ItemResult]] = defaultdict(list)
    there, read, whole = 0, 0, sum(part.weight for part in parts)

    async def finish() -> None:
        nonlocal there, read
        source = sources.popleft()
        came = results.pop(source.name, [])
        there, read = there + len(came), read + source.part.weight
        state.about = round(there * whole / read) if read else None
        # In a thread: the calls of the parts behind it go on meanwhile.
        await asyncio.to_thread(_finish, source, came, assembly, asked, done)

    try:
        async with contextlib.aclosing(stream(list(sources), settings, finished=state.finish_one)) as coming:
            async for result in coming:
                # Results come in the order of the parts: the first of another one ends those before it.
                while sources[0].name != result.item.benchmark:
                    await finish()
                results[result.item.benchmark].append(result)
        while sources:
            await finish()
    finally:
        await assembly.close()


def _finish(
    source: Pictures[Part], results: Sequence[ItemResult], assembly: Assembly, asked: Asked, done: Captioned
) -> None:
    """Write a part's shard, if the part could be read."""
    if source.broken:
        done.unread[source.name] = source.broken
        return

    try:
        rows = list(rows_of(source.told, results, assembly.settings))
        files = write_shard(done.folder, source.part, rows, Form(asked.form))
    except DataError as error:
        done.unread[source.name] = str(error)
        return
    write_stats(done.folder, source.part, rows, asked, files)
    done.written += 1
    done.statuses.update(str(row.status) for row in rows)
    # The pipeline holds all sources until its end, and of a million pictures this would be a gigabyte.
    source.told.clear()
