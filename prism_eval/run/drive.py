"""Every item put through the pipeline and into tables, and the manifest of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from functools import partial
from typing import cast

from prism_eval.files.seen import SeenDigests
from prism_eval.plan import Stage
from prism_eval.run.aggregates import Aggregates
from prism_eval.run.assemble import Assembly
from prism_eval.run.comparable import comparable
from prism_eval.run.counts import BenchmarkCount
from prism_eval.run.folder import TABLES, RunFolder
from prism_eval.run.item_result import Captioned, ItemResult, is_empty
from prism_eval.run.items import check_items
from prism_eval.run.looks import Looks
from prism_eval.run.manifest import Earlier, make_manifest
from prism_eval.run.pipeline import stream
from prism_eval.run.probing import Probing
from prism_eval.run.reading import Manifest
from prism_eval.run.result import State
from prism_eval.run.shard_calls import write_calls
from prism_eval.run.shards import crossing
from prism_eval.run.tables import TableWriter, answer_row, caption_row, graded, placed, verdict_row
from prism_eval.run.thumbnails import Thumbnails
from prism_eval.run.turns import InTurns

Writers = Mapping[Stage, TableWriter]


async def drive(
    assembly: Assembly,
    folder: RunFolder,
    stages: Sequence[Stage],
    state: State,
    *,
    looks: Looks | None,
    known: Earlier,
) -> Mapping[str, object]:
    """Put everything through the pipeline and into tables.

    Args:
        assembly: What is run.
        folder: Where the tables go; each replaces the one there only when it is whole.
        stages: The stages whose tables are written.
        state: What whoever watches is shown.
        looks: Ends the run when all is decided; ``None`` to ask everything.
        known: What an earlier run found out about plugins and models that this one may not have to ask.

    Returns:
        The manifest.
    """
    plan, own, division = assembly.plan, Aggregates(assembly.settings.scorers), assembly.division
    probing = Probing(assembly.settings, assembly.calling, known=known.probes)
    assembly.settings.calls.begin_with(partial(probing.introduce, state.notes))
    with ExitStack() as unfinished:
        writers: dict[Stage, TableWriter] = {}
        for stage in stages:
            path = folder.table(TABLES[stage])
            digest = plan.digest_through(stage)
            writer = TableWriter(TABLES[stage], path, plan_digest=digest, of_shard=division is not None)
            writers[stage] = unfinished.enter_context(writer)
        async with Thumbnails(folder, note=state.notes.append) if plan.thumbnails else nullcontext() as thumbnails:
            begun = time.monotonic()
            try:
                await _write_all(assembly, writers, state, own, looks=looks, thumbnails=thumbnails)
            finally:
                state.counts.spending.seconds = time.monotonic() - begun
                await assembly.close()
        manifest = make_manifest(
            assembly, state.counts, own.entries(), looks=looks, known=known.remarks, models=probing.facts()
        )
        whose = comparable(cast("Manifest", manifest))
        for stage, writer in writers.items():
            writer.finish(whose)
            # Only now: until the new table is whole, the old one and what was made from it belong together.
            folder.drop_after(stage)
    if (ledger := assembly.settings.calls.ledger) is not None:
        write_calls(folder.calls_file, ledger)
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
    division = assembly.division
    # One of which it has nothing is a part of the whole run all the same.
    state.counts.benchmarks.update({part.name: BenchmarkCount() for part in division.parts} if division else {})
    state.notes.extend(crossing(settings.entries) if division else [])
    silent = {entry.label for entry in settings.entries if entry.captioner.silent}
    await check_items(assembly.benchmarks, settings.checking)
    turns = InTurns(settings, assembly.plan.memory, note=state.notes.append)
    async with contextlib.aclosing(_results(assembly, turns, looks, thumbnails, state)) as results:
        async for result in results:
            first = (result.entry, result.reasoner, result.sample, result.order) == (first_entry, first_reasoner, 0, 0)
            state.counts.add(result, first=first)
            taken = own.add(result)
            # An image's caption is one row, however many questions asked about it.
            new = [captioned for captioned in result.captions if captions_seen.add(result.entry, captioned.key)]
            state.counts.spending.add(result, new)
            # One question reads a caption once, whoever answers it and in whatever orders.
            if result.order == 0 and result.reasoner == first_reasoner:
                state.counts.captions_spared += len(result.captions) - len(new)
            if result.entry not in silent:
                state.counts.empty_captions[result.entry] += sum(is_empty(captioned.caption) for captioned in new)
            place = division.places.of(result) if division else None
            _write(result, writers, new, place, taken=taken)


async def _results(
    assembly: Assembly, turns: InTurns, looks: Looks | None, thumbnails: Thumbnails | None, state: State
) -> AsyncGenerator[ItemResult, None]:
    """Everything at once, or the part before each look until all is decided."""
    made = partial(stream, settings=assembly.settings, thumbnails=thumbnails, finished=state.finish_one)
    for part in looks.parts() if looks else [assembly.sources]:
        await turns.ask(part)
        async with contextlib.aclosing(made(part)) as results:
            async for result in results:
                if looks:
                    looks.add(result)
                yield result


def _write(result: ItemResult, writers: Writers, new: Sequence[Captioned], place: int | None, *, taken: bool) -> None:
    if "caption" in writers:
        for captioned in new:
            row = caption_row(result.entry, result.sample, captioned)
            writers["caption"].add(row | placed(place, captioned.caption))
    if "answer" in writers:
        writers["answer"].add(answer_row(result) | placed(place, result.answer))
    if "score" in writers:
        writers["score"].add(verdict_row(result) | graded(place, result.item if taken else None))
