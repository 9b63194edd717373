"""Joining the shards of a run: their tables, their pictures, and what the manifest says."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import cast

from prism_eval.errors import UsageError
from prism_eval.files.folders import user_path
from prism_eval.files.whole import new_folder
from prism_eval.plan import Plan, Stage
from prism_eval.run.audit.counted import counted
from prism_eval.run.comparable import ITEMS, Fields, comparable
from prism_eval.run.folder import TABLES, RunFolder
from prism_eval.run.interruptible import stoppable
from prism_eval.run.merging.manifest import joined_manifest
from prism_eval.run.merging.opened import OpenShard, open_shards
from prism_eval.run.merging.own_metrics import OwnMetrics
from prism_eval.run.merging.rows import rows_in_order
from prism_eval.run.merging.sums import Sums
from prism_eval.run.reading import Manifest, Table
from prism_eval.run.shard_calls import joined_calls
from prism_eval.run.tables import TableWriter

_OTHER_FILES = 256
"""Files that are open beside one of each shard: the new ones, and whatever the process has."""


def merge(shards: Sequence[Path], out: Path) -> RunFolder:
    """Write the run that shards are the parts of, as one run would have written it.

    The shards' folders stay as they are. The new one is there whole, or not at all.

    Args:
        shards: The folders of all shards, in any order.
        out: The new run folder.

    Raises:
        UsageError: They are not the shards of one run, or there is something in the new folder.
        NotThere: Some are missing or not finished; the message says with which commands they will be.
        RunError: One cannot be read, or the new folder cannot be written.
        Interrupted: Ctrl-C; nothing was written.
    """
    if not shards:
        raise UsageError("no shard is given: name the folders of all of them")
    with stoppable("stopped; the shards are as they were, and nothing was written"):
        opened = open_shards(shards)
        _allow_open_files(len(opened))
        plan = opened[0].plan.model_copy(update={"shard": None})
        with new_folder(user_path(out)) as folder:
            _write(opened, plan, RunFolder(folder))
    return RunFolder(user_path(out))


def _allow_open_files(count: int) -> None:
    """Let so many files be open at once: an array may have more tasks than a process has files by default."""
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _write(shards: Sequence[OpenShard], plan: Plan, folder: RunFolder) -> None:
    folder.write_plan(plan)
    calls = joined_calls([one.folder.calls_file for one in shards])
    sums, own = Sums(), OwnMetrics(plan, str(shards[0].manifest["protocol"]["edition"]))
    with ExitStack() as unfinished:
        writers: dict[Stage, TableWriter] = {}
        for stage in shards[0].stages:
            path, digest = folder.table(TABLES[stage]), plan.digest_through(stage)
            writer = unfinished.enter_context(TableWriter(TABLES[stage], path, plan_digest=digest))
            for rows in rows_in_order(shards, stage, twice=calls.twice.get(stage)):
                sums.add(stage, rows)
                if stage == "score":
                    own.add(rows)
                writer.extend(rows)
            writers[stage] = writer
        manifest = joined_manifest(shards, plan, calls, sums, own.entries())
        whose = comparable(cast("Manifest", manifest))
        for stage, writer in writers.items():
            writer.finish(_of_the_whole(shards[0].table(stage), whose))
    folder.write_manifest({**manifest, **counted(folder)})
    for file in (file for one in shards for file in one.folder.thumbnail_files()):
        folder.thumbnails.mkdir(exist_ok=True)
        shutil.copyfile(file, folder.thumbnails / file.name)


def _of_the_whole(table: Table, whole: Mapping[str, Fields]) -> dict[str, object]:
    """What a table of the whole run can be compared with: as that of a shard, but for which items were asked."""
    said = table.comparable() or {}
    return {part: {**fields, **{key: whole[part].get(key) for key in ITEMS if part}} for part, fields in said.items()}
