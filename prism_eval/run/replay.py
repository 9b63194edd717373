"""Going on from a run folder: its tables read back as finished calls, so that the next stage finds them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from prism_eval.calls import CallFailure, Overlaid, Record, Store
from prism_eval.errors import Cause, PermanentError
from prism_eval.files.budgets import MAX_CHARACTERS
from prism_eval.plan import STAGES, Plan, Stage, make_plan
from prism_eval.run.belonging import check_belonging
from prism_eval.run.folder import TABLES, RunFolder
from prism_eval.run.reading import Table
from prism_eval.schema import Generation

_WAITING = 2**24
"""Characters that wait to be written at most."""
_CAUSES = frozenset(cause.value for cause in Cause)
_COLUMNS = ["key", "captioner", "text", "finish_reason", "prompt_tokens", "completion_tokens", "note", "image_tokens"]


def reopen(path: Path, stages: Sequence[Stage], **changes: object) -> Plan:
    """The plan of a run folder, to go on from the tables of its earlier stages.

    Args:
        path: The run folder.
        stages: The stages whose tables are gone on from: ``caption``, or it and ``answer``.
        **changes: Values of the plan to replace; ``None`` leaves the plan's own.

    Raises:
        RunError: It is no run folder, or a table is missing or of another plan.
    """
    folder = RunFolder.open(path)
    check_belonging(folder, *stages)
    # Read again as values, so that a change is checked like anything that is typed.
    values = folder.read_plan().model_dump(exclude_none=True)
    return make_plan({**values, **{key: value for key, value in changes.items() if value is not None}})


@contextmanager
def gone_on_from(folder: Path, before: Stage, store: Path) -> Iterator[Store]:
    """The store, with the tables of the stages before one laid over it for as long as the command takes.

    Args:
        folder: The run folder.
        before: The first stage that is carried out; before captioning there is nothing to go on from.
        store: The store's file.

    Raises:
        RunError: A table is missing or damaged.
        StoreError: The store cannot be used.
    """
    earlier = STAGES[: STAGES.index(before)]
    if not earlier:
        with Store(store) as opened:
            yield opened
        return
    # On disk, and not in memory, which must not grow with a run.
    with tempfile.TemporaryDirectory(prefix="prism-eval-") as place, Store(Path(place) / "tables.sqlite") as over:
        failures: dict[str, CallFailure] = {}
        for stage in earlier:
            table = Table(folder, TABLES[stage])
            _put(over, finished_calls(table, stage))
            failures.update(_failed_calls(table))
        with Overlaid(store, over, failures) as opened:
            yield opened


def _failed_calls(table: Table) -> Iterator[tuple[str, CallFailure]]:
    """The calls of a table that failed, by their keys: whose doing it was stays known when a run is scored again."""
    # Few words for many rows: a dead server says one thing of all of them.
    known: dict[tuple[str, str], CallFailure] = {}
    for row in table.rows(["key", "text", "error", "cause"]):
        if row["text"] is None and row["key"] and row["cause"] in _CAUSES:
            said = row["error"] or "", row["cause"]
            yield row["key"], known.setdefault(said, CallFailure(PermanentError, said[0], 0, Cause(said[1])))


def import_calls(path: Path, store: Path) -> int:
    """Take the captions and answers of a run folder into a store, with where they come from.

    Args:
        path: The run folder.
        store: The store's file; what it holds already stays as it is.

    Returns:
        How many there were.

    Raises:
        RunError: It is no run folder, or a table is missing, damaged or of another plan.
    """
    folder = RunFolder.open(path)
    stages = [stage for stage in STAGES[:2] if stage == "caption" or folder.table(TABLES[stage]).exists()]
    check_belonging(folder, *stages)
    origin = str(folder.path.absolute())
    with Store(store) as opened:
        tables = [finished_calls(Table(folder.path, TABLES[stage]), stage, imported=origin) for stage in stages]
        return sum(_put(opened, records) for records in tables)


def _put(store: Store, records: Iterable[Record]) -> int:
    """Put records, and wait for them; returns how many there were."""
    count = waiting = 0
    for count, record in enumerate(records, start=1):  # noqa: B007 - it is what comes of it
        store.put(record)
        waiting += len(record.generation.text)
        # Reading is faster than writing, and what waits is in memory.
        if waiting > _WAITING:
            store.flush()
            waiting = 0
    store.flush()
    return count


def finished_calls(table: Table, stage: Stage, *, imported: str | None = None) -> Iterator[Record]:
    """The calls of a table that came to a text.

    Args:
        table: The table.
        stage: Its stage.
        imported: The folder that they are taken in from, where they are to stay.

    Raises:
        RunError: A text is longer than any, or ended in no way of ours.
    """
    for row in table.rows(_COLUMNS):
        if row["text"] is None:
            continue
        if len(row["text"]) > MAX_CHARACTERS:
            raise table.spoilt(f"has a text of {len(row['text']):,} characters, more than {MAX_CHARACTERS:,}")
        reason = table.ended(row["finish_reason"])
        tokens = row["prompt_tokens"], row["completion_tokens"]
        generation = Generation(row["text"], reason, *tokens, row["note"] or "", image_tokens=row["image_tokens"])
        yield Record(row["key"], stage, row["captioner"] or "", generation, imported=imported)
