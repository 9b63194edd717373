"""The calls that a shard asked for, in a file of its folder: one run would have made each of them once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prism_eval.calls import Ledger
from prism_eval.errors import NotThere, RunError
from prism_eval.files.whole import replacing

if TYPE_CHECKING:
    import pyarrow as pa

BECAME = ("made", "failed", "hits")
"""What becomes of a call. Of several shards that asked for it the first of these counts: one made it, if one did."""


def write_calls(path: Path, ledger: Ledger) -> None:
    """Write the calls of a shard.

    Raises:
        RunError: The file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    pieces = [
        pa.table([pa.repeat(stage, len(keys)), pa.repeat(became, len(keys)), pa.array(keys, pa.uint64())], _schema())
        for stage, became, keys in ledger.entries()
    ]
    with replacing(path) as file:
        pq.write_table(pa.concat_tables([_schema().empty_table(), *pieces]), file, compression="zstd")


def joined_calls(paths: Iterable[Path]) -> Mapping[str, Mapping[str, int]]:
    """By stage, what became of the calls of several shards, each counted once.

    Raises:
        RunError: A file is missing, or cannot be read.
    """
    import numpy as np
    import pyarrow as pa

    calls = pa.concat_tables(list(map(_read, paths)))
    joined: dict[str, dict[str, int]] = {}
    for stage in calls["stage"].unique().to_pylist():
        told: Any = np.empty(0, np.uint64)
        joined[stage] = {}
        for became in BECAME:
            new = np.setdiff1d(_keys(calls, stage, became), told)
            joined[stage][became] = new.size
            told = np.concatenate((told, new))
    return joined


def _keys(calls: pa.Table, stage: str, became: str) -> Any:
    import pyarrow.compute as pc

    mask = pc.and_(pc.equal(calls["stage"], stage), pc.equal(calls["became"], became))
    return calls["key"].filter(mask).to_numpy()


def _read(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    again = f"make it again: prism-eval run --plan {path.parent}/plan.toml --out {path.parent}"
    try:
        table = pq.ParquetFile(path).read()
    except FileNotFoundError as error:
        raise NotThere(f"{path} does not exist; {again}") from error
    except (OSError, pa.ArrowException) as error:
        raise RunError(f"{path} cannot be read ({' '.join(str(error).split())}); {again}") from error
    if not table.schema.equals(_schema()):
        raise RunError(f"{path} holds no calls of a shard; {again}")
    return table


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema({"stage": pa.string(), "became": pa.string(), "key": pa.uint64()})
