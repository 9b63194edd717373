"""What ``prism-eval store`` does: count, prune, verify."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from prism_eval.calls.database import connect
from prism_eval.calls.store import text_digest
from prism_eval.errors import StoreError
from prism_eval.schema import FinishReason

_DAY = 86_400.0
_ENDS = frozenset(reason.value for reason in FinishReason)


@dataclass(frozen=True)
class Line:
    """What the store holds of one source: finished calls, those of them that were imported, failures, characters."""

    stage: str
    source: str
    generations: int
    imported: int
    failures: int
    characters: int


def stats(path: Path) -> list[Line]:
    """One line per stage and source.

    Raises:
        StoreError: There is no store at the path, or it cannot be read.
    """
    with _open(path) as connection:
        rows = connection.execute(
            """
            SELECT stage, source, sum(done), sum(imported), sum(failed), sum(characters) FROM (
                SELECT stage, source, 1 AS done, imported IS NOT NULL AS imported, 0 AS failed,
                    length(text) AS characters FROM generations
                UNION ALL SELECT stage, source, 0, 0, 1, 0 FROM failures
            ) GROUP BY stage, source ORDER BY stage DESC, source
            """
        ).fetchall()
    return [Line(*row) for row in rows]


def prune(
    path: Path,
    *,
    older_than_days: float | None = None,
    source: str | None = None,
    imported: bool = False,
    failures: bool = False,
) -> int:
    """Delete entries and give the space back.

    Args:
        path: The store.
        older_than_days: Only generations made longer ago than this.
        source: Only generations of this source, as `stats` names it.
        imported: Only generations that were taken in from run folders.
        failures: Delete the failures too; alone, delete nothing else.

    Returns:
        How many entries were deleted.
    """
    deleted = 0
    with _open(path) as connection:
        if failures:
            deleted += connection.execute("DELETE FROM failures").rowcount
        if older_than_days is not None or source is not None or imported:
            before = time.time() - (older_than_days or 0.0) * _DAY
            deleted += connection.execute(
                "DELETE FROM generations WHERE created <= ? AND (? IS NULL OR source = ?) "
                "AND (NOT ? OR imported IS NOT NULL)",
                (before, source, source, imported),
            ).rowcount
        connection.execute("VACUUM")  # deleting alone leaves the file as large as it was
    return deleted


def verify(path: Path) -> list[str]:
    """Check the file, every text against its digest and every end; one line per problem, none when all is well."""
    with _open(path) as connection:
        connection.create_function("whole", 3, _is_whole, deterministic=True)
        structure = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        damaged = connection.execute(
            "SELECT key, source FROM generations WHERE NOT whole(text, text_digest, finish_reason)"
        )
        texts = [f"entry {key[:12]} of {source}: its text has changed since it was stored" for key, source in damaged]
    return structure + texts


def _is_whole(text: object, digest: str, ended: str) -> bool:
    return isinstance(text, str) and text_digest(text) == digest and ended in _ENDS


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.exists():
        raise StoreError(f"there is no store at {path}: it is made by the first run")
    with closing(connect(path)) as connection:
        try:
            yield connection
        except sqlite3.Error as error:
            raise StoreError(f"the store {path} cannot be read: {error}") from error
