"""A run folder read back: its manifest, and its tables as columns, as some rows, or as all rows in bounded memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Required, TypedDict, TypeVar, cast

from prism_eval.errors import NotThere, RunError, UnknownName
from prism_eval.files.budgets import read_document, regular
from prism_eval.files.pages import check_pages
from prism_eval.files.parquet import batches as measured
from prism_eval.files.parquet import damage
from prism_eval.run.folder import RunFolder
from prism_eval.run.manifest_shape import check_shape
from prism_eval.run.tables import COLUMNS, COMPARABLE, OF_SHARDS, PLAN_DIGEST
from prism_eval.schema import FinishReason

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

    Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)

_BATCH = 4096
"""Rows decoded at a time where texts are read: captions of 10 kB each are then 40 MB."""
_SMALL = 32 * 2**20
"""Bytes of a table that is looked through before it is unpacked, lest it become gigabytes."""

_LONGEST = 100
"""Digits of a whole number in a manifest: a float holds three times as many."""

LABEL = "label"
"""The kind of a column whose texts are numbered."""

_LATER: Mapping[str, str] = {
    "gold_position": "int64",
    "row": "string",
    "image_tokens": "int64",
    "cached_tokens": "int64",
    "cause": "string",
}
"""Columns that tables of older versions lack, where nothing else is worked out of them: they are read as unknown."""

_REMEDIES = {
    "captions": "make them again: prism-eval run --plan {folder}/plan.toml --out {folder}",
    "answers": "answer again: prism-eval answer {folder}",
    "verdicts": "score the run again: prism-eval score {folder}",
}


class Manifest(TypedDict, total=False):
    """What of a manifest is read. Everything but the benchmarks' names may be missing or of an older shape."""

    format: int
    plan: Mapping[str, Any]
    plan_digest: str
    created: str
    git_commit: str
    counts: Mapping[str, Any]
    benchmarks: Required[list[Mapping[str, Any]]]
    captioners: list[Mapping[str, Any]]
    protocol: Mapping[str, Any]
    reasoner: Mapping[str, Any]
    reasoners: list[Mapping[str, Any]]
    judge: Mapping[str, Any]
    models: list[Mapping[str, Any]]
    aggregates: list[Mapping[str, Any]]
    looks: Mapping[str, Any]
    shard: Mapping[str, Any]
    unread: Mapping[str, str]
    imported: Mapping[str, Any]
    audit: Mapping[str, Any]
    tables: Mapping[str, str]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a run folder.

    Raises:
        RunError: It is missing, or not a run's manifest.
    """
    path = RunFolder(folder).manifest_file
    try:
        manifest = json.loads(read_document(path), parse_int=_integer)
    except FileNotFoundError as error:
        raise NotThere(f"{path} does not exist: {folder} is not a run folder") from error
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"cannot read {path}: {error}") from error
    if not isinstance(manifest, dict):
        raise RunError(f"{path} holds no object; is this the manifest of a prism-eval run?")
    known = {key: value for key, value in manifest.items() if value is not None}
    check_shape(known, path)
    return cast("Manifest", known)


def _integer(digits: str) -> int:
    # Whatever is counted with it, or made a float of, would end in an error of its own.
    if len(digits) > _LONGEST:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def reasoners_of(manifest: Manifest) -> Sequence[Mapping[str, Any]]:
    """The reasoners of a run, the leaderboard's first; one that stands alone has no list of its own."""
    return manifest.get("reasoners") or list(filter(None, [manifest.get("reasoner")]))


def of_reasoner(manifest: Manifest, label: str | None) -> Manifest:
    """The manifest as if one of the run's reasoners had been the only one; by default the first.

    Raises:
        UsageError: No reasoner of the run has the label.
    """
    reasoners = reasoners_of(manifest)
    labels = [str(reasoner.get("label")) for reasoner in reasoners]
    label = label if label is not None else labels[0] if labels else None
    if label is None:
        return manifest
    if label not in labels:
        raise UnknownName("reasoner of the run", label, labels)
    said = [entry for entry in manifest.get("aggregates") or [] if entry.get("reasoner", label) == label]
    alone = {**manifest, "reasoner": reasoners[labels.index(label)], **({"aggregates": said} if said else {})}
    return cast("Manifest", alone)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a run folder.

    Every way of reading it raises `RunError`, in one line that says what mends it, where the table is missing or
    damaged, or lacks a column.

    Attributes:
        folder: The run folder.
        name: ``captions``, ``answers`` or ``verdicts``.
        kept: Shape (n,), rising: the rows of the file that the table is of; ``None`` for all of them.
    """

    folder: Path
    name: str
    kept: NDArray[np.int64] | None = field(default=None, repr=False, compare=False)

    @property
    def path(self) -> Path:
        """The table's file."""
        return RunFolder(self.folder).table(self.name)

    @property
    def size(self) -> int:
        """How many rows it has."""
        if self.kept is not None:
            return int(self.kept.size)
        with self._open(()) as file:
            return int(file.metadata.num_rows)

    def where(self, column: str, label: str) -> Table:
        """The table of the rows that have a label in a column; their places are counted anew, from 0."""
        return self._of(self._has(column, label))

    def without(self, column: str, label: str) -> Table:
        """The table of the rows that do not have it; counted likewise."""
        return self._of(~self._has(column, label))

    def _has(self, column: str, label: str) -> NDArray[np.bool_]:
        import pyarrow.compute as pc

        (labels,) = self.columns({column: LABEL}).columns
        has: NDArray[np.bool_] = pc.equal(labels.cast("string"), label).fill_null(False).to_numpy(zero_copy_only=False)
        return has

    def _of(self, rows: NDArray[np.bool_]) -> Table:
        import numpy as np

        places = np.flatnonzero(rows)
        return replace(self, kept=places if self.kept is None else self.kept[places])

    def columns(self, kinds: Mapping[str, str]) -> pa.Table:
        """Whole columns, side by side.

        Args:
            kinds: By column, the Arrow type to give it, such as ``double``; `LABEL` for one that holds few different
                texts, of which each is kept once and numbered.
        """
        coded = [name for name, kind in kinds.items() if kind == LABEL]
        with self._open(list(kinds), coded) as file:
            whole = _completed(file.read(columns=list(kinds)), list(kinds))
            whole = whole if self.kept is None else whole.take(self.kept)
            return whole.from_arrays([_as(whole[name], kind) for name, kind in kinds.items()], names=list(kinds))

    def take(self, rows: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Some rows, by rising place in the table; only the row groups that hold one are read, a batch at a time.

        Args:
            rows: Shape (n,), places from 0, in any order.
            names: The columns.
        """
        import numpy as np
        import pyarrow as pa

        wanted = np.sort(rows if self.kept is None else self.kept[rows])
        pieces = []
        with self._open(names) as file:
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            ends = np.cumsum(sizes, dtype=np.int64)
            for group in np.unique(np.searchsorted(ends, wanted, side="right")).tolist():
                start = int(ends[group]) - sizes[group]
                for batch in file.iter_batches(_BATCH, row_groups=[group], columns=list(names)):
                    first, last = np.searchsorted(wanted, (start, start + batch.num_rows))
                    pieces.append(batch.take(pa.array(wanted[first:last] - start)))
                    start += batch.num_rows
            whole = pa.Table.from_batches(pieces, None if pieces else file.schema_arrow)
            return _completed(whole, names)

    def rows(self, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Every row, one at a time."""
        start = 0
        # Each text once a row group, until it is known how large the rows are: a folder may come from anybody.
        with self._open(names, [name for name in names if COLUMNS[self.name].get(name) == "string"]) as file:
            there = [name for name in names if name in file.schema_arrow.names]
            for batch in measured(file, there, path=self.path):
                kept = batch if self.kept is None else batch.take(self._kept_in(start, start + batch.num_rows))
                yield from _completed(kept, names).to_pylist()
                start += batch.num_rows

    def batches(self, names: Sequence[str], *, size: int = _BATCH) -> Iterator[pa.RecordBatch]:
        """Every row, ``size`` at a time."""
        start = 0
        with self._open(names) as file:
            for batch in file.iter_batches(size, columns=list(names)):
                kept = batch if self.kept is None else batch.take(self._kept_in(start, start + batch.num_rows))
                yield _completed(kept, names)
                start += batch.num_rows

    def _kept_in(self, start: int, end: int) -> pa.Array:
        import numpy as np
        import pyarrow as pa

        kept = np.asarray(self.kept)
        first, last = np.searchsorted(kept, (start, end))
        return pa.array(kept[first:last] - start)

    def lacks(self, column: str) -> bool:
        """Whether it is of a version that did not have the column yet."""
        with self._open(()) as file:
            return column not in file.schema_arrow.names

    def plan_digest(self) -> str:
        """What the rows depend on, as the table's writer was told (`Plan.digest_through`)."""
        with self._open(()) as file:
            metadata = file.schema_arrow.metadata or {}
        if PLAN_DIGEST not in metadata:
            raise self.spoilt("was written by an older prism-eval, which did not say by which plan")
        # A file may come from anybody; what is no digest is that of another plan.
        return bytes(metadata[PLAN_DIGEST]).decode(errors="replace")

    def comparable(self) -> dict[str, Any] | None:
        """What two runs must have in common, as the table's writer was told (`comparable`); ``None`` if it was not."""
        with self._open(()) as file:
            said = (file.metadata.metadata or {}).get(COMPARABLE)
        if said is None:
            return None
        try:
            told = json.loads(said)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or not all(isinstance(fields, dict) for fields in told.values()):
            raise self.spoilt("says in no words of ours what its scores can be compared with")
        return told

    def spoilt(self, problem: str) -> RunError:
        """The error that says what is wrong with the table's content, and what mends it."""
        # A run that was stopped has none of its tables: what comes first is to be made first.
        lacking = [name for name in _REMEDIES if not self.folder.joinpath(f"{name}.parquet").exists()]
        mended = lacking[0] if lacking and not self.path.exists() else self.name
        return RunError(f"{self.path} {problem}; {_REMEDIES[mended].format(folder=self.folder)}")

    def ended(self, said: object) -> FinishReason:
        """How a text of the table ended, as it says.

        Raises:
            RunError: In no way that we know.
        """
        try:
            return FinishReason(str(said))
        except ValueError:
            raise self.spoilt(f"has a text that ended in {said!r}, which is no way to end") from None

    @contextmanager
    def _open(self, names: Sequence[str], coded: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
        import pyarrow.parquet as pq

        try:
            metadata = pq.read_metadata(regular(self.path))
            schema = metadata.schema.to_arrow_schema()
            if lacking := [name for name in names if name not in schema.names and name not in _LATER]:
                raise self.spoilt(f"has no column {', '.join(lacking)}")
            if twice := [name for name, times in Counter(schema.names).items() if times > 1]:
                raise self.spoilt(f"has column {twice[0]} more than once")
            kinds = {**COLUMNS[self.name], **OF_SHARDS[self.name]}
            for name in set(names).intersection(schema.names, kinds):
                if not _holds(schema.field(name).type, kinds[name]):
                    raise self.spoilt(f"has {schema.field(name).type} in column {name}, where {kinds[name]} belongs")
            # A large file has as many headers as it has pages, and is no surprise.
            if self.path.stat().st_size < _SMALL:
                check_pages(self.path, metadata, names)
            coded = [name for name in coded if name in schema.names]
            with pq.ParquetFile(self.path, metadata=metadata, read_dictionary=coded) as file:
                yield file
        except FileNotFoundError as error:
            raise NotThere(str(self.spoilt("does not exist"))) from error
        except damage() as error:
            # Arrow's own words run over several lines.
            raise self.spoilt(f"cannot be read ({' '.join(str(error).split())})") from error


def _holds(found: pa.DataType, kind: str) -> bool:
    """Whether a column holds what one of that kind does, as whatever wrote the file has put it."""
    from pyarrow import types

    if types.is_dictionary(found):
        found = found.value_type
    if types.is_null(found):
        return True
    if kind == "list<string>":
        return bool(types.is_list(found) or types.is_large_list(found)) and _holds(found.value_type, "string")
    if kind == "string":
        return bool(types.is_string(found) or types.is_large_string(found))
    if kind == "bool":
        return bool(types.is_boolean(found))
    return bool(types.is_integer(found) or types.is_floating(found))


def _completed(rows: Rows, names: Sequence[str]) -> Rows:
    """The rows with columns of nothing for those that an older table lacks."""
    import pyarrow as pa

    there = set(rows.schema.names)
    if there.issuperset(names):
        return rows.select(list(names))
    columns = [
        rows.column(name) if name in there else pa.nulls(rows.num_rows, pa.type_for_alias(_LATER[name]))
        for name in names
    ]
    return type(rows).from_arrays(columns, names=list(names))


def _as(column: pa.ChunkedArray, kind: str) -> pa.Array:
    import pyarrow as pa

    if kind != LABEL:
        return column.cast(pa.type_for_alias(kind)).combine_chunks()
    # Every row group has a dictionary of its own: the numbers mean the same only once these are one.
    coded = column if pa.types.is_dictionary(column.type) else column.cast(pa.string()).dictionary_encode()
    return coded.unify_dictionaries().combine_chunks()
