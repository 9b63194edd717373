"""Going on from a run folder: its tables read back into the store, so that the next stage finds them there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prism_eval.calls import Record, Store, default_path
from prism_eval.plan.plan import Plan, make_plan
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Table
from prism_eval.schema import FinishReason, Generation

_STAGES = {"captions": "caption", "answers": "answer"}


def reopen(path: Path, store: Path | None, tables: Sequence[str], **changes: Any) -> Plan:
    """The plan of a run folder, with its tables in the store.

    Args:
        path: The run folder.
        store: The store; by default the user's.
        tables: Which of ``captions`` and ``answers`` to read back.
        **changes: Values of the plan to replace; ``None`` leaves the plan's own.

    Raises:
        RunError: It is no run folder, or a table is missing.
    """
    folder = RunFolder.open(path)
    values = folder.read_plan().model_dump(exclude_none=True)
    plan = make_plan({**values, **{key: value for key, value in changes.items() if value is not None}})
    with Store(store or default_path()) as opened:
        for table in tables:
            _restore(Table(path, table), _STAGES[table], opened)
    return plan


def _restore(table: Table, stage: str, store: Store) -> None:
    columns = ["key", "captioner", "text", "finish_reason", "prompt_tokens", "completion_tokens"]
    for row in table.rows(columns):
        if row["text"] is not None and store.get(row["key"]) is None:
            reason = FinishReason(row["finish_reason"])
            generation = Generation(row["text"], reason, row["prompt_tokens"], row["completion_tokens"])
            store.put(Record(row["key"], stage, row["captioner"], generation))
