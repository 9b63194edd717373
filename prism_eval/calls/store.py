"""Reading and writing the store.

Reads are answered at once, from what waits to be written and then from the file. Writes are handed to one thread
that commits them in groups, so that a burst of answers costs one transaction and a kill loses at most the last
`COMMIT_EVERY` seconds.
"""

from __future__ import annotations

import hashlib
import queue
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from prism_eval.calls.database import connect
from prism_eval.errors import StoreError
from prism_eval.schema import FinishReason, Generation

COMMIT_EVERY = 0.05
_MOST_IN_ONE_COMMIT = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """One finished call.

    Attributes:
        key: The digest of everything that was sent.
        stage: ``caption``, ``answer``, ``prior`` or ``judge``.
        source: Who wrote it, for people: the plugin's name and model.
        generation: What was written.
    """

    key: str
    stage: str
    source: str
    generation: Generation


@dataclass(frozen=True, slots=True)
class Failure:
    """One call that failed: never read as a result, kept for the person who looks into it."""

    key: str
    stage: str
    source: str
    kind: str
    message: str
    attempts: int


class Store:
    """A content-addressed store of model calls in one SQLite file, safe for several processes at once.

    Args:
        path: The file; made if it is not there.

    Raises:
        StoreError: The file cannot be used. Later reads and writes raise it too, once a write has failed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = connect(path)
        self._pending: dict[str, Record] = {}
        self._queue: queue.SimpleQueue[Record | Failure | threading.Event | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._problem: StoreError | None = None
        self._thread = threading.Thread(target=self._write_loop, name="store-writer", daemon=True)
        self._thread.start()

    def get(self, key: str) -> Generation | None:
        """What was generated under the key, or ``None``."""
        with self._lock:
            if key in self._pending:
                return self._pending[key].generation
            try:
                row = self._reader.execute(
                    "SELECT text, finish_reason, prompt_tokens, completion_tokens FROM generations WHERE key = ?",
                    (key,),
                ).fetchone()
            except sqlite3.Error as error:
                raise StoreError(f"cannot read the store {self.path}: {error}") from error
        return Generation(row[0], FinishReason(row[1]), row[2], row[3]) if row else None

    def put(self, record: Record) -> None:
        """Remember a finished call; it is read back at once and on disk within `COMMIT_EVERY`."""
        self._raise_problem()
        with self._lock:
            self._pending[record.key] = record
        self._queue.put(record)

    def put_failure(self, failure: Failure) -> None:
        """Note a failed call."""
        self._raise_problem()
        self._queue.put(failure)

    def flush(self) -> None:
        """Return when everything put so far is on disk."""
        done = threading.Event()
        self._queue.put(done)
        while not done.wait(0.2):
            self._raise_problem()
            if not self._thread.is_alive():
                break
        self._raise_problem()

    def close(self) -> None:
        """Write what waits and close the file."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        with self._lock:
            self._reader.close()
        self._raise_problem()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _raise_problem(self) -> None:
        if self._problem:
            raise self._problem

    def _write_loop(self) -> None:
        writer = None
        try:
            writer = connect(self.path)
            while self._write_group(writer):
                pass
        except StoreError as error:
            self._problem = error
        except sqlite3.Error as error:
            self._problem = StoreError(f"cannot write the store {self.path}: {error}; what was written before is kept")
        finally:
            if writer:
                writer.close()

    def _write_group(self, writer: sqlite3.Connection) -> bool:
        """Commit one group; false when the store is being closed."""
        entries, events, going_on = self._collect()
        records = [entry for entry in entries if isinstance(entry, Record)]
        if entries:
            writer.execute("BEGIN IMMEDIATE")
            writer.executemany("INSERT OR REPLACE INTO generations VALUES (?,?,?,?,?,?,?,?,?)", map(_row, records))
            failures = [entry for entry in entries if isinstance(entry, Failure)]
            writer.executemany("INSERT OR REPLACE INTO failures VALUES (?,?,?,?,?,?,?)", map(_failure_row, failures))
            writer.executemany("DELETE FROM failures WHERE key = ?", [(record.key,) for record in records])
            writer.execute("COMMIT")
        with self._lock:
            for record in records:
                if self._pending.get(record.key) is record:
                    del self._pending[record.key]
        for event in events:
            event.set()
        return going_on

    def _collect(self) -> tuple[list[Record | Failure], list[threading.Event], bool]:
        entries: list[Record | Failure] = []
        events: list[threading.Event] = []
        deadline = None
        while len(entries) < _MOST_IN_ONE_COMMIT and not events:
            try:
                entry = self._queue.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if entry is None:
                return entries, events, False
            deadline = deadline or time.monotonic() + COMMIT_EVERY
            if isinstance(entry, threading.Event):
                events.append(entry)
            else:
                entries.append(entry)
        return entries, events, True


def _row(record: Record) -> tuple[object, ...]:
    generation = record.generation
    return (
        record.key,
        record.stage,
        record.source,
        generation.text,
        text_digest(generation.text),
        generation.finish_reason.value,
        generation.prompt_tokens,
        generation.completion_tokens,
        time.time(),
    )


def _failure_row(failure: Failure) -> tuple[object, ...]:
    message = failure.message.encode("utf-8", "replace").decode("utf-8")
    return (failure.key, failure.stage, failure.source, failure.kind, message, failure.attempts, time.time())


def text_digest(text: str) -> str:
    """SHA-256 of a text, against which `verify` holds what it reads."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
