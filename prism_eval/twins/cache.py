"""Rendering a twin on first use, into the user's cache folder."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.errors import DataError, UnknownName
from prism_eval.files.folders import user_folder

if TYPE_CHECKING:
    from prism_eval.twins.catalogue import Table
    from prism_eval.twins.tables import Row

VERSION = 2
"""Raise it when a generator changes, so that twins rendered by older ones are not read."""


def names() -> tuple[str, ...]:
    """The benchmarks that have a twin."""
    from prism_eval.twins.catalogue import TWINS

    return tuple(sorted(TWINS))


def generate(name: str, *, seed: int = 0) -> Iterator[Row]:
    """The rows of a twin, images as PNG bytes.

    Args:
        name: The benchmark, with its variant if it has several tables (``mmmu_pro:vision``).
        seed: Another seed gives other pictures and questions; the same gives the same.

    Raises:
        UnknownName: The benchmark has no twin, or the twin no such variant.
    """
    base, _, variant = name.partition(":")
    tables = {table.variant: table for table in _tables(base)}
    if variant not in tables:
        raise UnknownName("variant of a synthetic twin", name, (f"{base}:{known}" for known in tables if known))
    return _rows(base, tables[variant], seed)


def ensure(name: str, *, seed: int = 0) -> Path:
    """Render the twin of a benchmark unless it is in the cache.

    The cache is the folder ``twins`` in the user's cache folder, or in the one that the environment variable
    ``PRISM_EVAL_CACHE`` names. Several processes may ask at once.

    Args:
        name: The benchmark, without a variant.
        seed: See `generate`.

    Returns:
        A data folder that holds ``<name>/data.parquet``, or ``<name>/<configuration>/data.parquet`` where the
        benchmark has several configurations.

    Raises:
        UnknownName: The benchmark has no twin.
        DataError: The cache folder cannot be written.
    """
    tables = _tables(name)
    home = user_folder() / "twins" / f"v{VERSION}" / f"seed-{seed}"
    if not (home / name).is_dir():
        try:
            home.mkdir(parents=True, exist_ok=True)
            _render(name, tables, seed, home)
        except OSError as error:
            raise DataError(
                f"cannot write the synthetic twin of {name} to {home} ({error.strerror or error}); "
                "set PRISM_EVAL_CACHE to a folder that can be written"
            ) from error
    return home


def _render(name: str, tables: tuple[Table, ...], seed: int, home: Path) -> None:
    from prism_eval.twins.tables import write_rows

    with tempfile.TemporaryDirectory(dir=home, prefix=".rendering-") as scratch:
        made = Path(scratch, name)
        for table in tables:
            folder = made / table.folder
            folder.mkdir(parents=True, exist_ok=True)
            write_rows(folder / "data.parquet", table.columns, _rows(name, table, seed))
        try:
            made.rename(home / name)
        except OSError:
            # Another process was first, and its twin is the same as ours.
            if not (home / name).is_dir():
                raise


def _rows(name: str, table: Table, seed: int) -> Iterator[Row]:
    from prism_eval.twins.figures import plain_style

    rng = random.Random(f"{name}:{seed}")
    with plain_style():
        made = list(table.rows(rng))
    return iter(made)


def _tables(name: str) -> tuple[Table, ...]:
    from prism_eval.twins.catalogue import TWINS

    if name not in TWINS:
        raise UnknownName("synthetic twin", name, TWINS)
    return TWINS[name]
