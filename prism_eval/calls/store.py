"""Reading and writing the store.

Writes are handed to one thread, which commits whatever gathers in two milliseconds: a burst of answers costs few
transactions, and none waits long to be on disk. Under one key the first write stays: whoever made the
same call at the same time, in this process or another, gets what was written first, so that all go on with one text.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import queue
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from prism_eval.calls.database import connect
from prism_eval.errors import StoreError
from prism_eval.files.folders import user_path
from prism_eval.schema import FinishReason, Generation

_MOST_IN_ONE_COMMIT = 1000
_GATHER = 0.002
"""Seconds in which writes gather for one commit: nothing beside a model's answer, and a commit costs ten writes."""
_SELECT = "SELECT text, finish_reason, prompt_tokens, completion_tokens, address, root FROM generations WHERE key = ?"


@dataclass(frozen=True, slots=True)
class Record:
    """One finished call.

    Attributes:
        key: The digest of everything that was sent.
        stage: ``caption``, ``answer``, ``prior`` or ``judge``.
        source: Who wrote it, for people: the plugin's name and model.
        generation: What was written.
        address: The server that wrote it; empty for none.
        root: What that server said it really serves under the model's name.
    """

    key: str
    stage: str
    source: str
    generation: Generation
    address: str = ""
    root: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds under a key, and which server wrote it."""

    generation: Generation
    address: str
    root: str | None


@dataclass(frozen=True, slots=True)
class Failure:
    """One call that failed: never read as a result, kept for the person who looks into it."""

    key: str
    stage: str
    source: str
    kind: str
    message: str
    attempts: int


@dataclass(frozen=True, slots=True)
class _Write:
    """An entry on its way to the file, and the future of whoever waits for it to be there."""

    entry: Record | Failure
    waiting: asyncio.Future[Generation] | None = None


_Settled = tuple[asyncio.Future[Generation], Generation | StoreError]


def _tell(writes: Sequence[_Write], results: Sequence[Generation | StoreError | None]) -> None:
    """Tell everyone who waits, all in one go for each event loop: waking a loop costs more than what it is told."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Settled]] = {}
    for write, result in zip(writes, results, strict=True):
        if write.waiting is not None and result is not None:
            by_loop.setdefault(write.waiting.get_loop(), []).append((write.waiting, result))
    for loop, settled in by_loop.items():
        # A loop that was closed meanwhile has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: Sequence[_Settled]) -> None:
    for waiting, result in settled:
        if waiting.done():
            continue
        if isinstance(result, StoreError):
            waiting.set_exception(result)
        else:
            waiting.set_result(result)


class Store:
    """A content-addressed store of model calls in one SQLite file, safe for several processes at once.

    Args:
        path: The file; made if it is not there.

    Raises:
        StoreError: The file cannot be used. Later reads and writes raise it too, once a write has failed.
    """

    def __init__(self, path: Path) -> None:
        self.path = user_path(path)
        # A connection of its own for reading: in WAL mode a reader never waits for the writer's commit.
        self._reader = connect(self.path)
        self._queue: queue.SimpleQueue[_Write | threading.Event | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._problem: StoreError | None = None
        # A daemon, so that a program which forgets to close the store can still end; what was returned is on disk.
        self._thread = threading.Thread(target=self._write_loop, name="store-writer", daemon=True)
        self._thread.start()

    def get(self, key: str) -> Stored | None:
        """What was generated under the key and is on disk, or ``None``."""
        with self._lock:
            return self._read(self._reader, key)

    async def keep(self, record: Record) -> Generation:
        """Remember a finished call; returns what the store then holds under its key, once it is on disk.

        Raises:
            StoreError: It cannot be written.
        """
        waiting: asyncio.Future[Generation] = asyncio.get_running_loop().create_future()
        self._hand_over(_Write(record, waiting))
        return await waiting

    def put(self, record: Record) -> None:
        """Remember a finished call without waiting; it is on disk after `flush`."""
        self._hand_over(_Write(record))

    def put_failure(self, failure: Failure) -> None:
        """Note a failed call."""
        self._hand_over(_Write(failure))

    def flush(self) -> None:
        """Return when everything put so far is on disk.

        Raises:
            StoreError: Something could not be written.
        """
        done = threading.Event()
        self._queue.put(done)
        # In short waits, because a writer that has died sets no event.
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

    def _hand_over(self, write: _Write) -> None:
        # Under the lock, so that nothing is queued behind a writer that has just given up.
        with self._lock:
            self._raise_problem()
            self._queue.put(write)

    def _raise_problem(self) -> None:
        if self._problem:
            raise self._problem

    def _write_loop(self) -> None:
        writer = None
        problem = StoreError(f"the store {self.path} was closed")
        try:
            writer = connect(self.path)
            while self._write_group(writer):
                pass
        except StoreError as error:
            problem = self._problem = error
        finally:
            self._give_up(problem)
            if writer:
                writer.close()

    def _give_up(self, problem: StoreError) -> None:
        """Tell everyone who still waits."""
        with self._lock:
            while True:
                try:
                    write = self._queue.get_nowait()
                except queue.Empty:
                    return
                if isinstance(write, _Write):
                    _tell([write], [problem])

    def _write_group(self, writer: sqlite3.Connection) -> bool:
        """Commit one group; false when the store is being closed."""
        writes, events, going_on = self._collect()
        try:
            results = self._commit(writer, writes) if writes else []
        except Exception as error:
            problem = self._problem = StoreError(
                f"cannot write the store {self.path}: {error}; what was written before is kept"
            )
            _tell(writes, [problem] * len(writes))
            raise problem from error
        _tell(writes, results)
        for event in events:
            event.set()
        return going_on

    def _commit(self, writer: sqlite3.Connection, writes: Sequence[_Write]) -> list[Generation | None]:
        # The lock is taken before the first look: between a plain BEGIN and the write another process could slip in.
        writer.execute("BEGIN IMMEDIATE")
        results = [self._write_entry(writer, write.entry) for write in writes]
        writer.execute("COMMIT")
        return results

    def _write_entry(self, writer: sqlite3.Connection, entry: Record | Failure) -> Generation | None:
        """Write one entry; of a record, what the store holds under its key from now on."""
        if isinstance(entry, Failure):
            writer.execute("INSERT OR REPLACE INTO failures VALUES (?,?,?,?,?,?,?)", _failure_row(entry))
            return None
        added = writer.execute("INSERT OR IGNORE INTO generations VALUES (?,?,?,?,?,?,?,?,?,?,?)", _row(entry))
        writer.execute("DELETE FROM failures WHERE key = ?", (entry.key,))  # it has succeeded after all
        if added.rowcount:
            return entry.generation
        first = self._read(writer, entry.key)
        return first.generation if first else entry.generation

    def _read(self, connection: sqlite3.Connection, key: str) -> Stored | None:
        try:
            row = connection.execute(_SELECT, (key,)).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"cannot read the store {self.path}: {error}") from error
        if row is None:
            return None
        text, finish_reason, prompt_tokens, completion_tokens, address, root = row
        return Stored(Generation(text, FinishReason(finish_reason), prompt_tokens, completion_tokens), address, root)

    def _collect(self) -> tuple[list[_Write], list[threading.Event], bool]:
        """Wait for one entry, then take along whatever comes within `_GATHER`."""
        writes: list[_Write] = []
        events: list[threading.Event] = []
        entry = self._queue.get()
        deadline = time.monotonic() + _GATHER
        while True:
            if entry is None:
                return writes, events, False
            if isinstance(entry, threading.Event):
                events.append(entry)
                return writes, events, True
            writes.append(entry)
            if len(writes) >= _MOST_IN_ONE_COMMIT:
                return writes, events, True
            try:
                entry = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return writes, events, True


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
        record.address,
        record.root,
        time.time(),
    )


def _failure_row(failure: Failure) -> tuple[object, ...]:
    message = failure.message.encode("utf-8", "replace").decode("utf-8")
    return (failure.key, failure.stage, failure.source, failure.kind, message, failure.attempts, time.time())


def text_digest(text: str) -> str:
    """SHA-256 of a text, against which `verify` holds what it reads."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
