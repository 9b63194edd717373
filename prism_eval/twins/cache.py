"""Rendering a twin on first use, into the user's cache folder."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from prism_eval.errors import DataError, UnknownName
from prism_eval.files.folders import user_folder
from prism_eval.twins import rows_charts, rows_choices
from prism_eval.twins.figures import plain_style
from prism_eval.twins.tables import Row, Table

VERSION = 4
"""Raise it when a maker changes, so that twins rendered by older ones are not read."""


TABLES: Mapping[str, Table] = {
    "chartqa": rows_charts.chartqa, "chartqapro": rows_charts.chartqapro, "charxiv": rows_charts.charxiv,
    "infovqa": rows_charts.infovqa, "mathverse": rows_choices.mathverse, "mathvision": rows_choices.mathvision,
    "mmmu": rows_choices.mmmu, "mmmu_pro": rows_choices.mmmu_pro,
    "mmmu_pro:standard4": rows_choices.mmmu_pro_standard4, "mmmu_pro:vision": rows_choices.mmmu_pro_vision,
    "mmstar": rows_choices.mmstar, "seedbench2plus": rows_choices.seedbench2plus,
    "visulogic": rows_choices.visulogic, "wemath": rows_choices.wemath,
}  # fmt: skip
"""The tables by benchmark, and by variant of its definition where that reads another than the first."""


def names() -> tuple[str, ...]:
    """The benchmarks that have a twin."""
    # A variant is another table of a twin, not a twin of its own.
    return tuple(sorted(name for name in TABLES if ":" not in name))


def generate(name: str, *, seed: int = 0) -> Iterator[Row]:
    """The rows of a twin, images as PNG bytes.

    Args:
        name: The benchmark, with its variant if it has several tables (``mmmu_pro:vision``).
        seed: Another seed gives other pictures and questions; the same gives the same.

    Raises:
        UnknownName: The benchmark has no twin, or the twin no such variant.
    """
    if name not in TABLES:
        raise UnknownName("synthetic twin", name, TABLES)
    # At once, not row by row: the plain style must not reach into the caller's own drawing.
    with plain_style():
        # Seeded by a text: it is hashed alike on every machine, and each twin has its own stream of numbers.
        rows = list(TABLES[name].make(random.Random(f"{name.partition(':')[0]}:{seed}")))
    return iter(rows)


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
    tables = {known: table for known, table in TABLES.items() if known.partition(":")[0] == name}
    if not tables:
        raise UnknownName("synthetic twin", name, names())
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


def _render(name: str, tables: Mapping[str, Table], seed: int, home: Path) -> None:
    import pyarrow.parquet as pq

    # The whole twin appears by one renaming: what is there is complete, whenever the rendering was cut off.
    with tempfile.TemporaryDirectory(dir=home, prefix=".rendering-") as scratch:
        made = Path(scratch, name)
        for variant, table in tables.items():
            folder = made / table.folder
            folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(table.arrow(generate(variant, seed=seed)), folder / "data.parquet")
        try:
            made.rename(home / name)
        except OSError:
            # Another process was first, and its twin is the same as ours.
            if not (home / name).is_dir():
                raise
