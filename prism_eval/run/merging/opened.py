"""Shards opened, and held against each other: all of one run, none missing, none twice, none unfinished."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from prism_eval.errors import NotThere, RunError, UsageError
from prism_eval.plan import STAGES, Plan, Shard, Stage
from prism_eval.run.belonging import check_belonging
from prism_eval.run.comparable import ITEMS, difference, shown
from prism_eval.run.folder import TABLES, RunFolder
from prism_eval.run.reading import Manifest, Table, read_manifest, reasoners_of

_TOLD = 10
"""Shards that are missing or unfinished, of which each is told in a line of its own."""


@dataclass(frozen=True)
class OpenShard:
    """A shard's folder.

    Attributes:
        folder: The folder.
        plan: Its plan.
        shard: Which shard it is.
    """

    folder: RunFolder
    plan: Plan
    shard: Shard

    @cached_property
    def manifest(self) -> Manifest:
        """Its manifest."""
        return read_manifest(self.folder.path)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that have a table."""
        return tuple(stage for stage in STAGES if self.folder.table(TABLES[stage]).exists())

    def table(self, stage: Stage) -> Table:
        """The table of a stage."""
        return Table(self.folder.path, TABLES[stage])

    def left(self, last: Stage) -> str:
        """The commands that finish it; empty where it is finished.

        Args:
            last: The stage that the others have come to.
        """
        path = shlex.quote(str(self.folder.path))
        done = self.stages
        # A manifest is written last: without one, or with that of an earlier stage, a command was cut short.
        told = self.manifest.get("shard", {}).get("stage") if self.folder.manifest_file.exists() else None
        if not done or told is None:
            verb = "caption" if last == "caption" else "run"
            return f"prism-eval {verb} --plan {shlex.quote(str(self.folder.plan_file))} --out {path}"
        begun = STAGES.index(done[-1]) if told == done[-1] else STAGES.index(done[-1]) - 1
        return " && ".join(f"prism-eval {stage} {path}" for stage in STAGES[begun + 1 : STAGES.index(last) + 1])


def open_shards(paths: Sequence[Path]) -> Sequence[OpenShard]:
    """The shards of one run, by their numbers.

    Raises:
        UsageError: One is no shard, or is given twice; or they are not of one run.
        NotThere: Some are missing, or not finished; the message says with which commands they will be.
        RunError: One cannot be read, or its parts do not belong together.
    """
    shards = sorted(map(_opened, paths), key=lambda one: one.shard.number)
    first = shards[0]
    for before, one in zip([first, *shards], shards, strict=False):
        _check_same_run(first, one)
        if one is not before and one.shard == before.shard:
            raise UsageError(f"shard {one.shard} is given twice: {before.folder.path} and {one.folder.path}")
    _check_finished(shards)
    for one in shards:
        check_belonging(one.folder, *one.stages, manifest=True)
        _check_same_results(first, one)
    return shards


def _opened(path: Path) -> OpenShard:
    folder = RunFolder.open(path)
    plan = folder.read_plan()
    if plan.part is None:
        raise UsageError(f"{path} is no shard, but a whole run: shards are made with prism-eval run --shard I/N")
    return OpenShard(folder, plan, plan.part)


def _check_same_run(first: OpenShard, one: OpenShard) -> None:
    if one.shard.of != first.shard.of:
        raise UsageError(
            f"{first.folder.path} is shard {first.shard} and {one.folder.path} is shard {one.shard}: "
            "give the shards of one division"
        )
    # How plugins are reached is no part of what they are: each task may have a server of its own.
    same = {key: getattr(first.plan, key) for key in ("captioners", "reasoner", "judge", "shard")}
    if key := first.plan.difference(one.plan.model_copy(update=same)):
        values = " and ".join(shown(getattr(plan, key), None) for plan in (first.plan, one.plan))
        raise UsageError(f"{first.folder.path} and {one.folder.path} are shards of different plans: {key} is {values}")


def _check_finished(shards: Sequence[OpenShard]) -> None:
    first = shards[0]
    last: Stage = max((one.stages[-1] for one in shards if one.stages), key=STAGES.index, default=STAGES[-1])
    there = {one.shard.number: one for one in shards}
    lines = []
    for number in range(1, first.shard.of + 1):
        shard = f"{number}/{first.shard.of}"
        if number not in there:
            verb = "caption" if last == "caption" else "run"
            make = f"prism-eval {verb} --plan {shlex.quote(str(first.folder.plan_file))} --shard {shard} --out DIR"
            lines.append(f"shard {shard} is missing: give its folder too, or make it with {make}")
        elif commands := there[number].left(last):
            lines.append(f"shard {shard} is not finished; to finish it: {commands}")
    if lines:
        more = [f"and {len(lines) - _TOLD:,} more"] if len(lines) > _TOLD else []
        error = NotThere("; ".join(lines[:_TOLD] + more))
        error.lines = (*lines[:_TOLD], *more)
        raise error


def _check_same_results(first: OpenShard, one: OpenShard) -> None:
    where = f"{first.folder.path} and {one.folder.path}"
    for (what, own), (_, others) in zip(_held_fixed(first), _held_fixed(one), strict=False):
        if own != others:
            raise RunError(f"{where} cannot be one run: their {what} differs; make one of them again")
    for stage in first.stages:
        if found := difference(_comparable(first.table(stage)), _comparable(one.table(stage))):
            field, own, others = found
            raise UsageError(
                f"{where} cannot be one run: {field} is {shown(own, others)} and {shown(others, own)}; "
                "make one of them again"
            )


def _held_fixed(one: OpenShard) -> Sequence[tuple[str, object]]:
    """What all shards of a run have in common, in the words of a message."""
    manifest: Mapping[str, Any] = one.manifest
    plugins = [*manifest.get("captioners", []), *reasoners_of(one.manifest), manifest.get("judge") or {}]
    of_benchmarks = [
        {key: value for key, value in entry.items() if key not in ("items", "images", "fingerprint", "unusable")}
        for entry in manifest["benchmarks"]
    ]
    whole = [{**entry, "unusable": None} for entry in manifest["shard"]["benchmarks"]]
    return [
        ("prism-eval version", manifest.get("version")),
        ("captioners, reasoners or judge", [(plugin.get("label"), plugin.get("identity")) for plugin in plugins]),
        ("benchmarks that can be read", sorted(manifest.get("unread", {}))),
        ("data (the fingerprint of all of a benchmark's items)", whole),
        ("description of a benchmark", of_benchmarks),
        ("protocol", manifest.get("protocol")),
    ]


def _comparable(table: Table) -> dict[str, Any]:
    """What a table says it can be compared with; its own items apart, which differ from shard to shard."""
    said = table.comparable() or {}
    return {
        part: {field: value for field, value in fields.items() if field not in ITEMS} for part, fields in said.items()
    }
