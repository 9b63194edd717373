"""The calls that a shard asked for, in a file of its folder: one run would have made each of them once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prism_eval.calls import Ledger
from prism_eval.errors import NotThere, RunError
from prism_eval.files.parquet import damage
from prism_eval.files.whole import replacing

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

BECAME = ("made", "failed", "hits")
"""What becomes of a call. Of several shards that asked for it the first of these counts: one made it, if one did."""


def write_calls(path: Path, ledger: Ledger) -> None:
    """Write the calls of a shard.

    Raises:
        RunError: The file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    pieces = []
    for stage, became, keys, texts in ledger.entries():
        columns = [pa.repeat(stage, len(keys)), pa.repeat(became, len(keys)), *map(_numbers, (keys, texts))]
        pieces.append(pa.table(columns, _schema()))
    with replacing(path) as file:
        pq.write_table(pa.concat_tables([_schema().empty_table(), *pieces]), file, compression="zstd")


@dataclass(frozen=True)
class JoinedCalls:
    """The calls of several shards.

    Attributes:
        became: By stage, what became of them, each counted once.
        twice: By stage, shape (n,): 64 bits of the keys of the calls that shards were told different texts by.
    """

    became: Mapping[str, Mapping[str, int]]
    twice: Mapping[str, NDArray[np.uint64]]


def joined_calls(paths: Iterable[Path]) -> JoinedCalls:
    """Join the calls of several shards.

    Raises:
        RunError: A file is missing, or cannot be read.
    """
    import numpy as np
    import pyarrow as pa

    calls = pa.concat_tables(list(map(_read, paths)))
    joined: dict[str, dict[str, int]] = {}
    twice = {}
    for stage in calls["stage"].unique().to_pylist():
        told: Any = np.empty(0, np.uint64)
        joined[stage] = {}
        for became in BECAME:
            new = np.setdiff1d(_keys(calls, stage, became), told)
            joined[stage][became] = new.size
            told = np.concatenate((told, new))
        if (keys := _told_twice(calls, stage)).size:
            twice[stage] = keys
    return JoinedCalls(joined, twice)


def _told_twice(calls: pa.Table, stage: str) -> NDArray[np.uint64]:
    """The keys of a stage's calls that came to more than one text."""
    import pyarrow.compute as pc

    mask = pc.and_(pc.equal(calls["stage"], stage), pc.not_equal(calls["became"], "failed"))
    texts = calls.filter(mask).group_by("key").aggregate([("text", "count_distinct")])
    keys: NDArray[np.uint64] = texts.filter(pc.greater(texts["text_count_distinct"], 1))["key"].to_numpy()
    return keys


def _keys(calls: pa.Table, stage: str, became: str) -> Any:
    import pyarrow.compute as pc

    mask = pc.and_(pc.equal(calls["stage"], stage), pc.equal(calls["became"], became))
    return calls["key"].filter(mask).to_numpy()


def _read(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    again = f"make it again: prism-eval run --plan {path.parent}/plan.toml --out {path.parent}"
    try:
        table = pq.ParquetFile(path).read()
    except FileNotFoundError as error:
        raise NotThere(f"{path} does not exist; {again}") from error
    except damage() as error:
        raise RunError(f"{path} cannot be read ({' '.join(str(error).split())}); {again}") from error
    if not table.schema.equals(_schema()):
        raise RunError(f"{path} holds no calls of a shard; {again}")
    return table


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema({"stage": pa.string(), "became": pa.string(), "key": pa.uint64(), "text": pa.uint64()})


def _numbers(values: array[int]) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, pa.uint64())
