"""The SQLite file under the store: where it lies, its schema, and who may open it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from prism_eval.errors import StoreError
from prism_eval.files.filesystems import network_file_system
from prism_eval.files.folders import private_folder, user_folder

FORMAT = 6
"""1 did not say which server had written a text, 2 not why one was cut or filtered, 3 not how long it took, 4 not how
much of its prompt a cache held or an image was, 5 not what had been taken in from a run folder."""
_GAINED = {
    3: ("ALTER TABLE generations ADD COLUMN seconds REAL",),
    4: (
        "ALTER TABLE generations ADD COLUMN cached_tokens INTEGER",
        "ALTER TABLE generations ADD COLUMN image_tokens INTEGER",
    ),
    5: ("ALTER TABLE generations ADD COLUMN imported TEXT",),
}
"""What makes a store of an older format one of the next, where nothing in it would be wrong."""
_BUSY_SECONDS = 30.0
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_APPLICATION_ID = 0x50524953
_SCHEMA = """
CREATE TABLE IF NOT EXISTS generations (
    key TEXT PRIMARY KEY,
    stage TEXT NOT NULL,
    source TEXT NOT NULL,
    text TEXT NOT NULL,
    text_digest TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    note TEXT NOT NULL,
    address TEXT NOT NULL,
    root TEXT,
    created REAL NOT NULL,
    seconds REAL,
    cached_tokens INTEGER,
    image_tokens INTEGER,
    imported TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (
    key TEXT PRIMARY KEY,
    stage TEXT NOT NULL,
    source TEXT NOT NULL,
    class TEXT NOT NULL,
    message TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    updated REAL NOT NULL
) WITHOUT ROWID;
"""


def default_path() -> Path:
    """``store.sqlite`` in the user's cache folder; ``PRISM_EVAL_CACHE`` names another folder."""
    return user_folder() / "store.sqlite"


def connect(path: Path) -> sqlite3.Connection:
    """Open a store's file, making it if there is none.

    Raises:
        StoreError: It is on a network file system, is no store, is a newer store, or cannot be opened or written.
    """
    kind = network_file_system(path)
    if kind:
        raise StoreError(
            f"the store {path} is on a network file system ({kind}), where SQLite's locks cannot be trusted: "
            "give a path on a local disk with --store"
        )
    try:
        private_folder(path.parent)
        # Captions and answers are of data that may be confidential. What SQLite lays beside it gets the same mode.
        if not path.exists():
            path.touch(mode=0o600)
        # Long enough for another process's largest group; its commits take milliseconds.
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot open the store {path}: {error}; give another with --store") from error
    try:
        _prepare_patiently(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"cannot use the store {path}: {error}; give another with --store") from error
    except StoreError:
        connection.close()
        raise
    return connection


def _prepare_patiently(connection: sqlite3.Connection, path: Path) -> None:
    """Prepare the file, and wait for another process that does the same at this moment.

    SQLite's own timeout does not cover it: the change to WAL wants the file alone, and is told at once that it is not.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            _prepare(connection, path)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > deadline:
                raise
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            time.sleep(0.01)
        else:
            return


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # Tables first: another process may be making them at this moment, all at once with the numbers that follow.
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if tables and application != _APPLICATION_ID:
        raise StoreError(f"{path} is an SQLite file but no store of prism-eval: give another with --store")
    if version > FORMAT:
        raise StoreError(
            f"the store {path} was written by a newer prism-eval (format {version}, this one reads {FORMAT}): "
            "upgrade prism-eval, or give another with --store"
        )
    if tables and version < FORMAT and version not in _GAINED:
        raise StoreError(
            f"the store {path} was written by an older prism-eval (format {version}, this one reads {FORMAT}): "
            "move it away, or give another with --store"
        )
    if not os.access(path, os.W_OK):
        raise StoreError(f"the store {path} cannot be written: mend its permissions, or give another with --store")
    # Readers beside a writer, and no wait for the disk at each commit: after a power cut the last commits may be
    # missing, which costs calls and no correctness; after a kill nothing is.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if version < FORMAT:
        connection.execute("BEGIN IMMEDIATE")
        # Asked again behind the lock: another process may have done it at this moment.
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for step in _steps_from(version):
            connection.execute(step)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")


def _steps_from(version: int) -> Iterator[str]:
    """What makes a store of a format, or a file in which there is nothing yet, one of this format."""
    if version in _GAINED:
        for number in range(version, FORMAT):
            yield from _GAINED[number]
    elif version < FORMAT:
        yield from filter(str.strip, _SCHEMA.split(";"))
