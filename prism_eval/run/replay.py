"""Going on from a run folder: its tables read back into the store, so that the next stage finds them there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prism_eval.calls import Record, Store, default_path
from prism_eval.plan import Plan, Stage, make_plan
from prism_eval.run.belonging import check_belonging
from prism_eval.run.folder import TABLES, RunFolder
from prism_eval.run.reading import Table
from prism_eval.schema import FinishReason, Generation

_COLUMNS = ["key", "captioner", "text", "finish_reason", "prompt_tokens", "completion_tokens", "note", "image_tokens"]


def reopen(path: Path, store: Path | None, stages: Sequence[Stage], **changes: object) -> Plan:
    """The plan of a run folder, with the tables of its earlier stages in the store.

    Args:
        path: The run folder.
        store: The store; by default the user's.
        stages: The stages whose tables are read back: ``caption``, or it and ``answer``.
        **changes: Values of the plan to replace; ``None`` leaves the plan's own.

    Raises:
        RunError: It is no run folder, or a table is missing or of another plan.
    """
    folder = RunFolder.open(path)
    check_belonging(folder, *stages)
    # Read again as values, so that a change is checked like anything that is typed.
    values = folder.read_plan().model_dump(exclude_none=True)
    plan = make_plan({**values, **{key: value for key, value in changes.items() if value is not None}})
    with Store(store or default_path()) as opened:
        for stage in stages:
            _restore(Table(path, TABLES[stage]), stage, opened)
    return plan


def _restore(table: Table, stage: Stage, store: Store) -> None:
    for row in table.rows(_COLUMNS):
        if row["text"] is not None:
            reason = FinishReason(row["finish_reason"])
            tokens = row["prompt_tokens"], row["completion_tokens"]
            note, images = row["note"] or "", row["image_tokens"]
            generation = Generation(row["text"], reason, *tokens, note, image_tokens=images)
            # What the store has already stays as it is.
            store.put(Record(row["key"], stage, row["captioner"], generation))
