"""The three tables of a run: their columns, and writing them row by row."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from prism_eval.captioners.spoken import spoken
from prism_eval.errors import Cause, RunError
from prism_eval.files.jsonable import jsonable
from prism_eval.files.whole import replacing
from prism_eval.run.item_result import Captioned, ItemResult
from prism_eval.schema import Generation, Item, utf8

if TYPE_CHECKING:
    import pyarrow as pa

_JSON = json.JSONEncoder(ensure_ascii=False)
"""Made once: `json.dumps` would make one for each cell."""
_ROWS_IN_A_GROUP = 2000  # some megabytes with captions: few groups to a table, and few rows lost to memory
PLAN_DIGEST = b"prism_eval.plan_digest"
"""The key of a file's metadata under which a table says what its rows depend on."""
COMPARABLE = b"prism_eval.comparable"
"""The key under which a table says, as JSON, what its scores can be compared with, wherever it is moved."""
_GENERATION = {
    "text": "string",
    "finish_reason": "string",
    "prompt_tokens": "int64",
    "completion_tokens": "int64",
    "image_tokens": "int64",
    "note": "string",
    "error": "string",
    "cause": "string",
}
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "captions": {
        "captioner": "string",
        "image": "string",
        "image_name": "string",
        "sample": "int64",
        "key": "string",
        "words": "int64",
        **_GENERATION,
    },
    "answers": {
        "captioner": "string",
        "reasoner": "string",
        "benchmark": "string",
        "item": "string",
        "images": "list<string>",
        "sample": "int64",
        "order": "int64",
        "key": "string",
        "caption_digest": "string",
        **_GENERATION,
    },
    "verdicts": {
        "captioner": "string",
        "reasoner": "string",
        "benchmark": "string",
        "item": "string",
        "images": "list<string>",
        "sample": "int64",
        "order": "int64",
        "cluster": "string",
        "kind": "string",
        "question": "string",
        "options": "string",
        "gold": "string",
        "outcome": "string",
        "score": "double",
        "answer": "string",
        "extracted": "string",
        "chosen_position": "int64",
        "gold_position": "int64",
        "note": "string",
        "cause": "string",
        "caption": "string",
        "caption_words": "int64",
        "caption_truncated": "bool",
        "row": "string",
    },
}
_PLACED = {"position": "int64", "seconds": "double", "cached_tokens": "int64"}
OF_SHARDS: Mapping[str, Mapping[str, str]] = {
    "captions": _PLACED,
    "answers": _PLACED,
    "verdicts": {"position": "int64", "columns": "string"},
}
"""What the tables of a shard have besides: where a row's item stands in the whole run, and what no table has that the
manifest is made of."""


class TableWriter:
    """Writes one table in row groups to a file that has a name only when the table is whole.

    As a context manager it drops at its end what was not finished: half a table looks too much like a whole one.

    Args:
        name: The table.
        path: Its file.
        plan_digest: What its rows depend on, as `Plan.digest_through` says; kept in the file.
        of_shard: Whether it has the columns of a shard's table too.
    """

    def __init__(self, name: str, path: Path, *, plan_digest: str, of_shard: bool = False) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path = path
        kinds = {**COLUMNS[name], **(OF_SHARDS[name] if of_shard else {})}
        columns = [(column, _type(kind)) for column, kind in kinds.items()]
        self._schema = pa.schema(columns, metadata={PLAN_DIGEST: plan_digest.encode()})
        self._rows: list[Mapping[str, object]] = []
        self._table = self._schema.empty_table()
        with self._told():
            # Nameless until it is whole: a killed run leaves nothing behind, and no link can lie in its way.
            self._file = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 - closed when the table ends
            # Captions repeat words, verdicts repeat captions: zstd makes a third of what snappy does.
            self._writer = pq.ParquetWriter(self._file, self._schema, compression="zstd")

    def __enter__(self) -> Self:
        """The writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Drop what was not finished."""
        self.discard()

    def add(self, row: Mapping[str, object]) -> None:
        """Add a row; raises `RunError` when the file cannot be written."""
        self._rows.append(row)
        if len(self._rows) >= _ROWS_IN_A_GROUP:
            self._flush()

    def extend(self, rows: pa.Table) -> None:
        """Add rows that have the table's columns and perhaps more, as if each had been added."""
        import pyarrow as pa

        own = pa.Table.from_arrays([rows[name] for name in self._schema.names], schema=self._schema)
        self._table = pa.concat_tables([self._table, own])
        while self._table.num_rows >= _ROWS_IN_A_GROUP:
            self._write(self._table.slice(0, _ROWS_IN_A_GROUP))
            self._table = self._table.slice(_ROWS_IN_A_GROUP)

    def finish(self, comparable: Mapping[str, object] | None = None) -> None:
        """Write what is left and give the file its name.

        Args:
            comparable: What its rows can be compared with, which is known only now; kept in the file.
        """
        self._flush()
        with self._told():
            self._writer.add_key_value_metadata({COMPARABLE: json.dumps(comparable or {}).encode()})
            self._writer.close()
            self._file.seek(0)
            with replacing(self._path) as file:
                shutil.copyfileobj(self._file, file)
        self._file.close()

    def discard(self) -> None:
        """Drop what was written; a file of an earlier run keeps its name and its rows."""
        with suppress(OSError):  # of a full disk, which has been told already
            self._writer.close()
        self._file.close()

    def _flush(self) -> None:
        import pyarrow as pa

        try:
            added = pa.Table.from_pylist(self._rows, schema=self._schema)
        except UnicodeEncodeError:
            # Ids, names of files and questions are as their authors left them: half a surrogate pair is no reason to
            # stop, and too rare to be looked for in every text.
            added = pa.Table.from_pylist([_as_utf8(row) for row in self._rows], schema=self._schema)
        self._rows = []
        self._write(pa.concat_tables([self._table, added]))
        self._table = self._schema.empty_table()

    def _write(self, rows: pa.Table) -> None:
        with self._told():
            # In one piece: a file must not tell in how many its rows came.
            self._writer.write_table(rows.combine_chunks())

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RunError(f"cannot write {self._path}: {error}; give another folder with --out") from error


def _as_utf8(row: Mapping[str, object]) -> dict[str, object]:
    return {name: utf8(value) if isinstance(value, str) else value for name, value in row.items()}


def placed(position: int | None, said: Generation | None) -> dict[str, object]:
    """What a shard's row of ``captions`` or ``answers`` has besides; nothing where there is no shard."""
    if position is None:
        return {}
    # Of the moment in which a text was made: no second run repeats them, so no table of a whole run has them.
    of_then = {"seconds": said.seconds, "cached_tokens": said.cached_tokens} if said else {}
    return {"position": position, **of_then}


def graded(position: int | None, item: Item | None) -> dict[str, object]:
    """What a shard's row of ``verdicts`` has besides.

    Args:
        position: The item's place in the whole run.
        item: The item, where its benchmark makes a number of its own of the verdicts.
    """
    columns = _JSON.encode(jsonable(item.columns)) if item else None
    return {} if position is None else {"position": position, "columns": columns}


def caption_row(captioner: str, sample: int, captioned: Captioned) -> dict[str, object]:
    """A row of ``captions``."""
    return {
        "captioner": captioner,
        "image": captioned.image,
        "image_name": captioned.image_name,
        "sample": sample,
        "key": captioned.key,
        "words": spoken(captioned.caption).words if captioned.caption else None,
        **_generation(captioned.caption, captioned.error, captioned.cause),
    }


def answer_row(result: ItemResult) -> dict[str, object]:
    """A row of ``answers``."""
    return {
        **_place(result),
        "key": result.answer_key,
        "caption_digest": result.read.digest if result.read else None,
        **_generation(result.answer, result.error, result.cause),
    }


def verdict_row(result: ItemResult) -> dict[str, object]:
    """A row of ``verdicts``; the result must have a verdict."""
    item, verdict, read = result.item, result.verdict, result.read
    if verdict is None:
        raise RunError(f"item {item.id} of {item.benchmark} was not scored")
    return {
        **_place(result),
        "cluster": item.cluster,
        "kind": item.kind.value,
        # Texts again in every row, so that a table can be read by itself; Parquet's dictionaries make them cheap.
        "question": item.question,
        "options": _JSON.encode(item.options),
        "gold": _JSON.encode(item.golds),
        "outcome": verdict.outcome.value,
        "score": verdict.score,
        "answer": result.answer.text if result.answer else None,
        "extracted": verdict.extracted,
        "chosen_position": result.chosen_position,
        "gold_position": result.gold_position,
        "note": verdict.note,
        "cause": result.cause,
        "caption": read.text if read else None,
        "caption_words": read.words if read else None,
        "caption_truncated": bool(read and read.finish_reason.cut),
        "row": _read_besides(item),
    }


def _read_besides(item: Item) -> str | None:
    """What else of an item is scored or asked: a verdict, a key and a fingerprint can be made again from it."""
    said = {"columns": jsonable(item.columns), "abstain": item.abstain}
    said |= {"stored": item.stored_prompt} if item.stored_prompt else {}
    return _JSON.encode(said) if any(said.values()) else None


def _place(result: ItemResult) -> dict[str, object]:
    return {
        "captioner": result.entry,
        "reasoner": result.reasoner,
        "benchmark": result.item.benchmark,
        "item": result.item.id,
        "images": list(result.images),
        "sample": result.sample,
        "order": result.order,
    }


def _generation(generation: Generation | None, error: str, cause: Cause | None) -> dict[str, object]:
    if generation is None:
        return {"error": error, "cause": cause}
    return {
        "text": generation.text,
        "finish_reason": generation.finish_reason.value,
        "prompt_tokens": generation.prompt_tokens,
        "completion_tokens": generation.completion_tokens,
        "image_tokens": generation.image_tokens,
        "note": generation.note,
    }


def _type(kind: str) -> pa.DataType:
    import pyarrow as pa

    return pa.list_(pa.string()) if kind == "list<string>" else pa.type_for_alias(kind)
