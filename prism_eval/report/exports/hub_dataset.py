"""A run's verdicts as a folder that ``datasets`` loads, and that can be pushed to the Hugging Face hub as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self

from prism_eval.errors import UsageError
from prism_eval.files.whole import new_folder, write_whole
from prism_eval.leaderboard import Leaderboard
from prism_eval.leaderboard.joined import JoinedTable
from prism_eval.report.exports.dataset_card import PICTURES, card
from prism_eval.report.exports.parquet import write_parquet
from prism_eval.report.thumbnails import digests_in, thumbnails_in
from prism_eval.run.tables import COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_ROWS_IN_A_SHARD = 100_000
_PICTURES_AT_A_TIME = 500
_LISTS = ("options", "gold")
_FEATURES = {"digest": {"dtype": "string", "_type": "Value"}, "image": {"_type": "Image"}}
"""What makes `datasets` show bytes as an image, in its own words."""


def write_dataset(board: Leaderboard, path: Path, *, images: bool = False) -> None:
    """Write the verdicts, a split for each benchmark, the leaderboard, and a card that says what they are.

    Rows are read and written some thousand at a time, so memory does not grow with the run.

    Args:
        board: The leaderboard.
        path: The folder, which is made.
        images: Whether the small pictures that the run folders keep go with it.

    Raises:
        UsageError: There is something in the folder already.
        RunError: It cannot be written, or the run's verdicts cannot be read.
    """
    splits = split_names(board.benchmarks)
    with new_folder(path) as folder:
        with Shards(folder / "verdicts") as shards:
            for benchmark, rows in _by_benchmark(board.verdicts.table):
                shards.add(splits[benchmark], rows)
        if images:
            _write_pictures(board, folder / PICTURES)
        write_parquet(board, folder / "leaderboard.parquet")
        own = {name: splits[name] for name in board.verdicts.benchmarks}
        write_whole(folder / "README.md", card(board, own, images=images))


def _write_pictures(board: Leaderboard, folder: Path) -> None:
    with Shards(folder) as shards:
        for table in _picture_tables(board):
            shards.add(PICTURES, table)
    if not any(folder.iterdir()):
        raise UsageError("the run keeps no pictures of its images: leave --images out, or run it again with --images")


def _picture_tables(board: Leaderboard) -> Iterator[pa.Table]:
    import pyarrow as pa

    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    metadata = {"huggingface": json.dumps({"info": {"features": _FEATURES}})}
    schema = pa.schema({"digest": pa.string(), "image": kind}, metadata=metadata)
    every = thumbnails_in(board, digests_in(board))
    while some := list(islice(every, _PICTURES_AT_A_TIME)):
        yield pa.Table.from_pylist(
            [{"digest": digest, "image": {"bytes": data, "path": None}} for digest, data in some], schema
        )


def split_names(benchmarks: Sequence[str]) -> dict[str, str]:
    """A word for each benchmark that ``datasets`` takes for a split's name, and a file system for a file's."""
    words: dict[str, str] = {}
    for benchmark in benchmarks:
        word = re.sub(r"\W", "_", benchmark, flags=re.ASCII)
        # `datasets` keeps "all" to itself; two benchmarks may differ in their punctuation alone.
        while word == "all" or word in words.values():
            word += "_"
        words[benchmark] = word
    return words


class Shards:
    """Parquet files ``SPLIT-00000.parquet``, so many rows each; a context manager that closes them.

    Args:
        folder: Where they are written; made here.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._open: dict[str, pq.ParquetWriter] = {}
        self._rows: dict[str, int] = {}
        self._stack = ExitStack()

    def add(self, split: str, rows: pa.Table) -> None:
        """Add rows to a split."""
        import pyarrow.parquet as pq

        done = self._rows.get(split, 0)
        if done % _ROWS_IN_A_SHARD == 0:
            name = f"{split}-{done // _ROWS_IN_A_SHARD:05}.parquet"
            self._open[split] = self._stack.enter_context(
                pq.ParquetWriter(self._folder / name, rows.schema, compression="zstd")
            )
        room = _ROWS_IN_A_SHARD - done % _ROWS_IN_A_SHARD
        self._open[split].write_table(rows.slice(0, room))
        self._rows[split] = done + min(rows.num_rows, room)
        if rows.num_rows > room:
            self.add(split, rows.slice(room))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()


def _by_benchmark(table: JoinedTable) -> Iterator[tuple[str, pa.Table]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    start = 0
    for batch in table.batches(tuple(COLUMNS["verdicts"])):
        rows = pa.Table.from_batches([batch])
        for name in _LISTS:
            place = rows.schema.get_field_index(name)
            rows = rows.set_column(place, name, table.lists(batch[name], start))
        start += rows.num_rows
        for benchmark in pc.unique(batch["benchmark"]).to_pylist():
            # The plan's digest says whose table it was, and means nothing here.
            yield benchmark, rows.filter(pc.equal(rows["benchmark"], benchmark)).replace_schema_metadata(None)
