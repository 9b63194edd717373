"""Reading and writing the store.

Writes are handed to one thread, which commits whatever gathers in two milliseconds: a burst of answers costs few
transactions, and none waits long to be on disk. Under one key the first write stays: whoever made the
same call at the same time, in this process or another, gets what was written first, so that all go on with one text.
Only what a server's context cut short gives way, since another server may have room for all of it, and what lies under
the key of another stage's call: no call has made it.

A record that cannot be written is a failure of its call and of no other. A file that cannot be written ends the store:
from then on everything that is asked of it raises.
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
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from prism_eval.calls.call import CallFailure
from prism_eval.calls.database import connect
from prism_eval.errors import Cause, PermanentError, StoreError
from prism_eval.files.folders import user_path
from prism_eval.schema import FinishReason, Generation, utf8

_MOST_IN_ONE_COMMIT = 1000
_GATHER = 0.002
"""Seconds in which writes gather for one commit: nothing beside a model's answer, and a commit costs ten writes."""
_SELECT = (
    "SELECT text, finish_reason, prompt_tokens, completion_tokens, note, seconds, cached_tokens, image_tokens, "
    "address, root, stage, imported FROM generations WHERE key = ?"
)
_INSERT = "INTO generations VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
# What SQLite says of one row. All else it says is about the file: it is full, damaged, or gone.
_OF_ONE_ROW = (sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError)


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
        imported: The run folder that it was taken in from; ``None`` for what was called here.
    """

    key: str
    stage: str
    source: str
    generation: Generation
    address: str = ""
    root: str | None = None
    imported: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds under a key, and where it comes from; see `Record`."""

    generation: Generation
    address: str
    root: str | None
    stage: str
    imported: str | None = None


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


_Result = Generation | StoreError | PermanentError
_Settled = tuple[asyncio.Future[Generation], _Result]


def _tell(writes: Sequence[_Write], results: Sequence[_Result | None]) -> None:
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
        if isinstance(result, Generation):
            waiting.set_result(result)
        else:
            waiting.set_exception(result)


class Store:
    """A content-addressed store of model calls in one SQLite file, safe for several processes at once.

    Args:
        path: The file; made if it is not there.

    Raises:
        StoreError: The file cannot be used. So does every method once the file could not be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = user_path(path)
        # A connection of its own for reading: in WAL mode a reader never waits for the writer's commit.
        self._reader = connect(self.path)
        self._queue: queue.SimpleQueue[_Write | threading.Event | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._problem: StoreError | None = None
        self._closed = False
        # A daemon, so that a program which forgets to close the store can still end; what was returned is on disk.
        self._thread = threading.Thread(target=self._write_loop, name="store-writer", daemon=True)
        self._thread.start()

    def get(self, key: str) -> Stored | None:
        """What was generated under the key and is on disk, or ``None``.

        Raises:
            PermanentError: What lies there is no generation.
        """
        with self._lock:
            self._raise_problem()
            return self._read(self._reader, key)

    def failure(self, key: str) -> CallFailure | None:
        """Why a call that cannot be made again failed, where a run is replayed that says so; here nothing is."""
        return None

    async def keep(self, record: Record) -> Generation:
        """Remember a finished call; returns what the store then holds under its key, once it is on disk.

        Raises:
            PermanentError: This record cannot be written, or what lies under its key is no generation.
            StoreError: Nothing can be written any more.
        """
        waiting: asyncio.Future[Generation] = asyncio.get_running_loop().create_future()
        self._hand_over(_Write(record, waiting))
        return await waiting

    def put(self, record: Record) -> None:
        """Remember a finished call without waiting; it, or the failure that it could not be, is there after `flush`."""
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
        self._hand_over(done)
        # In short waits, because a writer that has died sets no event.
        while not done.wait(0.2):
            self._raise_problem()

    def close(self) -> None:
        """Write what waits and close the file.

        Raises:
            StoreError: Something could not be written.
        """
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        with self._lock:
            self._reader.close()
        if not self._closed:
            self._raise_problem()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hand_over(self, write: _Write | threading.Event) -> None:
        # Under the lock, so that nothing is queued behind a writer that has just given up.
        with self._lock:
            self._raise_problem()
            self._queue.put(write)

    def _raise_problem(self) -> None:
        if self._problem:
            raise self._problem
        # A process that was forked off has the store, and no thread that writes for it.
        if not self._thread.is_alive():
            raise StoreError(f"the store {self.path} has nobody who writes: open it in the process that uses it")

    def _write_loop(self) -> None:
        problem = StoreError(f"the store {self.path} was closed")
        try:
            with closing(connect(self.path)) as writer:
                while self._write_group(writer):
                    pass
            self._closed = True
        except StoreError as error:
            problem = error
        finally:
            self._give_up(problem)

    def _give_up(self, problem: StoreError) -> None:
        """Tell everyone who still waits, and whoever comes later."""
        with self._lock:
            self._problem = problem
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
        except BaseException as error:
            # Before anybody is told: who hears of it may come back at once.
            problem = self._problem = StoreError(
                f"cannot write the store {self.path}: {error}; what was written before is kept"
            )
            _tell(writes, [problem] * len(writes))
            raise problem from error
        _tell(writes, results)
        for event in events:
            event.set()
        return going_on

    def _commit(self, writer: sqlite3.Connection, writes: Sequence[_Write]) -> list[_Result | None]:
        # The lock is taken before the first look: between a plain BEGIN and the write another process could slip in.
        writer.execute("BEGIN IMMEDIATE")
        results: list[_Result | None] = [self._write_entry(writer, write.entry) for write in writes]
        # Asked once for all of them: most stores never hold a failure.
        if writer.execute("SELECT EXISTS (SELECT 1 FROM failures)").fetchone()[0]:
            kept = [(one.entry.key,) for one, result in zip(writes, results, strict=True) if _is_kept(one, result)]
            writer.executemany("DELETE FROM failures WHERE key = ?", kept)  # they have succeeded after all
        writer.execute("COMMIT")
        return results

    def _write_entry(self, writer: sqlite3.Connection, entry: Record | Failure) -> Generation | PermanentError | None:
        """Write one entry; of a record, what the store holds under its key from now on, or why it holds nothing."""
        try:
            if isinstance(entry, Record):
                return self._write_record(writer, entry)
            writer.execute("INSERT OR REPLACE INTO failures VALUES (?,?,?,?,?,?,?)", _failure_row(entry))
        except PermanentError as error:  # of what lies there already
            return error
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, _OF_ONE_ROW):
                raise
            return self._unkept(writer, entry, error)
        return None

    def _write_record(self, writer: sqlite3.Connection, record: Record) -> Generation:
        added = writer.execute(f"INSERT OR IGNORE {_INSERT}", _row(record))
        if added.rowcount:
            return record.generation
        first = self._read(writer, record.key)
        if first is None:
            raise ValueError("it was passed over")
        if first.stage == record.stage and first.generation.finish_reason is not FinishReason.CONTEXT:
            return first.generation
        writer.execute(f"INSERT OR REPLACE {_INSERT}", _row(record))
        return record.generation

    def _unkept(self, writer: sqlite3.Connection, entry: Record | Failure, error: Exception) -> PermanentError | None:
        """Note that a record could not be written; a failure that cannot be noted is let go: it is in no score."""
        if isinstance(entry, Failure):
            return None
        said = f"{entry.source}: the store {self.path} cannot hold this {entry.stage}: {error}"
        unkept = PermanentError(said, cause=Cause.INFRASTRUCTURE)
        kind = type(unkept).__name__
        self._write_entry(writer, Failure(entry.key, entry.stage, entry.source, kind, str(unkept), 1))
        return unkept

    def _read(self, connection: sqlite3.Connection, key: str) -> Stored | None:
        try:
            row = connection.execute(_SELECT, (key,)).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"cannot read the store {self.path}: {error}") from error
        if row is None:
            return None
        text, finish_reason, *counts, address, root, stage, imported = row
        try:
            return Stored(Generation(text, FinishReason(finish_reason), *counts), address, root, stage, imported)
        except (ValueError, TypeError, AttributeError) as error:
            raise PermanentError(
                f"the store {self.path} holds no generation under {key[:12]} but something damaged ({error}): "
                "look at it with `prism-eval store verify`",
                cause=Cause.INFRASTRUCTURE,
            ) from error

    def _collect(self) -> tuple[list[_Write], list[threading.Event], bool]:
        """Wait for one entry, then take along whatever comes within `_GATHER`."""
        writes: list[_Write] = []
        events: list[threading.Event] = []
        entry, gathered = self._queue.get(), False
        while True:
            if entry is None:
                return writes, events, False
            if isinstance(entry, threading.Event):
                events.append(entry)
                return writes, events, True
            writes.append(entry)
            if len(writes) >= _MOST_IN_ONE_COMMIT:
                return writes, events, True
            # Slept, and not waited for with `get(timeout=...)`: woken for nothing when its time is up, as happens on a
            # busy machine, a SimpleQueue of CPython 3.11 goes on waiting without end. Nobody puts anything more while
            # all wait for this commit.
            if self._queue.empty() and not gathered:
                time.sleep(_GATHER)
                gathered = True
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                return writes, events, True


def _is_kept(write: _Write, result: _Result | None) -> bool:
    return isinstance(write.entry, Record) and isinstance(result, Generation)


def _row(record: Record) -> tuple[object, ...]:
    generation = record.generation
    return (
        utf8(record.key),
        utf8(record.stage),
        # A model's name comes from a command line, and an address with it: neither need be UTF-8.
        utf8(record.source),
        generation.text,
        text_digest(generation.text),
        generation.finish_reason.value,
        generation.prompt_tokens,
        generation.completion_tokens,
        generation.note,
        utf8(record.address),
        None if record.root is None else utf8(record.root),
        time.time(),
        generation.seconds,
        generation.cached_tokens,
        generation.image_tokens,
        None if record.imported is None else utf8(record.imported),
    )


def _failure_row(failure: Failure) -> tuple[object, ...]:
    source, message = utf8(failure.source), utf8(failure.message)
    stage, kind = utf8(failure.stage), utf8(failure.kind)
    return (utf8(failure.key), stage, source, kind, message, failure.attempts, time.time())


def text_digest(text: str) -> str:
    """SHA-256 of a text, against which `verify` holds what it reads."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
