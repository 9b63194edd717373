"""Verdicts that contradict themselves, and rows of one item that say different things of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prism_eval.errors import Cause
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import LABEL, Table
from prism_eval.run.verification.finding import Finding
from prism_eval.schema import Outcome

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_FILE = "verdicts.parquet"
_PLACE = ("captioner", "benchmark", "item")
_OF_ITEM = ("kind", "question", "options", "gold", "cluster", "row")
_CALLED = {"options": "list of options", "cluster": "image", "row": "row of data"}


def contradictions(folder: RunFolder) -> Iterator[Finding]:
    """Verdicts whose score is none that their outcome can have.

    Args:
        folder: The run folder; one without verdicts has none.

    Raises:
        RunError: The table cannot be read.
    """
    import numpy as np

    if not folder.table("verdicts").exists():
        return
    rows = Table(folder.path, "verdicts").columns({"outcome": LABEL, "cause": LABEL, "score": "double"})
    labels, codes = _coded(rows["outcome"])
    causes, because = _coded(rows["cause"])
    given = ~rows["score"].is_null().to_numpy()
    scores = rows["score"].to_numpy()

    def with_outcome(*wanted: str) -> NDArray[np.bool_]:
        return np.isin(codes, [code for code, label in enumerate(labels) if label in wanted])

    ruled = {Outcome.CORRECT.value, Outcome.WRONG.value}
    lost = {outcome.value for outcome in Outcome} - ruled - {Outcome.FAILED.value}
    with np.errstate(invalid="ignore"):
        checks = {
            "an outcome that there is not": ~with_outcome(*(outcome.value for outcome in Outcome)),
            "a score that is none from 0 to 1": given & ~((scores >= 0) & (scores <= 1)),
            "failed, with a score": with_outcome(Outcome.FAILED.value) & given,
            "no score, and not failed": with_outcome(*ruled, *lost) & ~given,
            "correct, with a score of 0": with_outcome(Outcome.CORRECT.value) & given & (scores == 0),
            "wrong, with a score of 1": with_outcome(Outcome.WRONG.value) & given & (scores == 1),
            "points for what is no answer": with_outcome(*lost) & given & (scores != 0),
            "a cause of failure that there is not": np.isin(
                because, [code for code, cause in enumerate(causes) if cause not in tuple(Cause)]
            ),
            "a cause of failure, and not failed": (because >= 0) & ~with_outcome(Outcome.FAILED.value),
        }
    for problem, wrong in checks.items():
        if wrong.any():
            yield Finding(_FILE, problem, int(wrong.sum()), _named(folder, int(np.argmax(wrong))))


def unlike_rows(folder: RunFolder) -> Iterator[Finding]:
    """Items whose question, options or gold are others for one captioner than for another.

    Args:
        folder: The run folder.

    Raises:
        RunError: The table cannot be read.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = ("benchmark", "item", *_OF_ITEM)
    whole = Table(folder.path, "verdicts").columns(dict.fromkeys(names, LABEL))
    # Numbers stand for texts: a question is in as many rows as there are captioners, draws and orders.
    coded = pa.table({name: whole[name].combine_chunks().indices.fill_null(-1) for name in names})
    grouped = coded.group_by(["benchmark", "item"]).aggregate([(name, "count_distinct") for name in _OF_ITEM])
    for name in _OF_ITEM:
        several = grouped.filter(pc.greater(grouped[f"{name}_count_distinct"], 1))
        if several.num_rows:
            first = [_text(whole[part].combine_chunks(), several[part][0].as_py()) for part in _PLACE[1:]]
            problem = f"an item with more than one {_CALLED.get(name, name)}"
            yield Finding(_FILE, problem, several.num_rows, " ".join(first))


def repeated_rows(folder: RunFolder) -> Iterator[Finding]:
    """Verdicts that are there more than once: a right one that is counted twice.

    Args:
        folder: The run folder.

    Raises:
        RunError: The table cannot be read.
    """
    import pyarrow.compute as pc

    labels = dict.fromkeys((*_PLACE, "reasoner"), LABEL)
    whole = Table(folder.path, "verdicts").columns({**labels, "sample": "int64", "order": "int64"})
    coded = whole.from_arrays(
        [whole[name].combine_chunks().indices if name in labels else whole[name] for name in whole.schema.names],
        names=whole.schema.names,
    )
    grouped = coded.group_by(coded.schema.names).aggregate([([], "count_all")])
    several = grouped.filter(pc.greater(grouped["count_all"], 1))
    if several.num_rows:
        captioner, *place = [_text(whole[part].combine_chunks(), several[part][0].as_py()) for part in _PLACE]
        count = pc.sum(several["count_all"]).as_py() - several.num_rows
        yield Finding(_FILE, "a verdict that is there already", count, f"{' '.join(place)}, {captioner}")


def _coded(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int64]]:
    """The texts of a column, and the number of each row's among them; -1 where there is none."""
    coded = column.combine_chunks()
    numbers: NDArray[np.int64] = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return [str(one) for one in coded.dictionary.to_pylist()], numbers


def _text(labels: pa.DictionaryArray, code: int | None) -> str:
    return "" if code is None or code < 0 else str(labels.dictionary[code].as_py())


def _named(folder: RunFolder, row: int) -> str:
    import numpy as np

    (found,) = Table(folder.path, "verdicts").take(np.array([row]), _PLACE).to_pylist()
    return f"{found['benchmark']} {found['item']}, {found['captioner']}"
