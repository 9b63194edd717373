"""Rows of several shards in the order of the whole run, in bounded memory: as columns, a batch of each at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prism_eval.calls.ledger import short_of
from prism_eval.errors import RunError
from prism_eval.plan import Stage
from prism_eval.run.folder import TABLES
from prism_eval.run.merging.opened import OpenShard
from prism_eval.run.reading import LABEL, Table
from prism_eval.run.tables import COLUMNS, OF_SHARDS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_AT_ONCE = 2048
"""Rows of all shards together that are decoded at a time; few of each, where there are many shards."""
_LEAST = 32


def rows_in_order(
    shards: Sequence[OpenShard], stage: Stage, *, twice: NDArray[np.uint64] | None = None
) -> Iterator[pa.Table]:
    """The rows of a stage's table as one run would have written them, some at a time, a shard's own columns included.

    Args:
        shards: The shards, by their numbers.
        stage: The stage.
        twice: Shape (n,): 64 bits of the keys of the calls that shards were told different texts by.

    Raises:
        RunError: An item is missing or in two shards, or a table is damaged.
    """
    tables = [shard.table(stage) for shard in shards]
    keep = _kept(shards, tables, stage, twice)
    done = 0
    for rows in _sorted(tables, [*COLUMNS[TABLES[stage]], *OF_SHARDS[TABLES[stage]]]):
        yield rows if keep is None else rows.filter(keep[done : done + rows.num_rows])
        done += rows.num_rows


def _kept(
    shards: Sequence[OpenShard], tables: Sequence[Table], stage: Stage, twice: NDArray[np.uint64] | None
) -> NDArray[np.bool_] | None:
    """Which rows, in order, one run would have: of a caption that several shards asked for only the first.

    Of one that they were told different texts of, each text: answers were given to it, and point at it.
    """
    import numpy as np

    total = sum(entry["rows"] for entry in shards[0].manifest["shard"]["benchmarks"])
    positions = [_positions(table, total) for table in tables]
    places = np.concatenate([np.unique(own) for own in positions])
    there = np.bincount(places, minlength=total)
    if (there > 1).any():
        both = _two(shards, positions, int(there.argmax()))
        raise RunError(f"{both} both have an item that stands once in their run: make them again")
    if stage != "caption":
        if not there.all():
            raise RunError(
                f"{int((there == 0).sum()):,} of {total:,} items are in no shard, so these are not the shards of one "
                "run: make them again"
            )
        return None
    order = np.argsort(np.concatenate(positions), kind="stable")
    _, first = np.unique(np.concatenate([_captions(table, twice) for table in tables])[order], return_index=True)
    keep = np.zeros(order.size, dtype=bool)
    keep[first] = True
    return keep


def _positions(table: Table, total: int) -> NDArray[np.int64]:
    import numpy as np

    (column,) = table.columns({"position": "int64"}).columns
    positions: NDArray[np.int64] = column.fill_null(-1).to_numpy()
    if positions.size and (positions[0] < 0 or positions[-1] >= total or (np.diff(positions) < 0).any()):
        raise table.spoilt("has rows that stand nowhere in the whole run")
    return positions


def _two(shards: Sequence[OpenShard], positions: Sequence[NDArray[np.int64]], place: int) -> str:
    return " and ".join(
        str(shard.folder.path) for shard, own in zip(shards, positions, strict=True) if (own == place).any()
    )


def _captions(table: Table, twice: NDArray[np.uint64] | None) -> NDArray[np.uint64]:
    """Shape (rows,): what tells the captions of a table apart, whose and of which call; of some, which text too."""
    import numpy as np
    import pyarrow.compute as pc

    whose, keys = table.columns({"captioner": LABEL, "key": "string"}).columns
    # 64 bits of the key, a digest in hexadecimal; a call that could not be made has none.
    digits = pc.utf8_rpad(pc.utf8_slice_codeunits(keys.combine_chunks(), 0, 16), 16, padding="0")
    try:
        told = np.frombuffer(bytes.fromhex("".join(digits.to_pylist())), dtype=">u8").astype(np.uint64)
    except (ValueError, TypeError) as error:
        raise table.spoilt("has keys that are none") from error
    labels = np.asarray([_number(label) for label in whose.combine_chunks().dictionary.to_pylist()], dtype=np.uint64)
    if told.size != len(keys):
        raise table.spoilt("has keys that are none")
    if not told.size:
        return told
    known: NDArray[np.uint64] = told ^ labels[whose.combine_chunks().indices.to_numpy()]
    if twice is not None and (rows := np.flatnonzero(np.isin(told, twice))).size:
        texts = table.take(rows, ["text"])["text"].to_pylist()
        known[rows] ^= np.asarray([short_of(text or "") for text in texts], dtype=np.uint64)
    return known


def _number(label: str) -> int:
    import hashlib

    return int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "big")


def _sorted(tables: Sequence[Table], names: Sequence[str]) -> Iterator[pa.Table]:
    import numpy as np
    import pyarrow as pa

    readers = [_Reader(table.batches(names, size=max(_LEAST, _AT_ONCE // len(tables)))) for table in tables]
    while readers := [reader for reader in readers if reader.fill()]:
        # Beyond the last row of any reader there may be more of that item's.
        ends = [reader.last for reader in readers if not reader.ended]
        pieces = [reader.before(min(ends, default=None)) for reader in readers]
        rows = pa.concat_tables(pieces).combine_chunks()
        if rows.num_rows:
            yield rows.take(np.argsort(rows["position"].to_numpy(), kind="stable"))
            continue
        for reader in readers:
            if reader.last == min(ends):
                reader.more()


def _nothing() -> pa.Table:
    import pyarrow as pa

    return pa.table({"position": pa.array([], pa.int64())})


@dataclass
class _Reader:
    """The rows of one shard that were read and not handed on yet."""

    batches: Iterator[pa.RecordBatch]
    rows: pa.Table = field(default_factory=_nothing)
    ended: bool = False

    @property
    def last(self) -> int:
        """The position of the last row that was read."""
        return int(self.rows["position"][-1].as_py())

    def fill(self) -> bool:
        """Whether there is a row, read now if need be."""
        while not self.ended and not self.rows.num_rows:
            self.more()
        return bool(self.rows.num_rows)

    def more(self) -> None:
        """Read the next rows."""
        import pyarrow as pa

        batch = next(self.batches, None)
        if batch is None:
            self.ended = True
            return
        piece = pa.Table.from_batches([batch])
        self.rows = pa.concat_tables([self.rows, piece]) if self.rows.num_rows else piece

    def before(self, end: int | None) -> pa.Table:
        """Take the rows before a position, or all of them."""
        import numpy as np

        count = self.rows.num_rows
        count = count if end is None else int(np.searchsorted(self.rows["position"].to_numpy(), end))
        taken, self.rows = self.rows.slice(0, count), self.rows.slice(count)
        return taken
