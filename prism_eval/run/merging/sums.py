"""What the manifest counts, counted again in the joined tables: as columns, while they are written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from prism_eval.errors import RunError
from prism_eval.plan import Stage
from prism_eval.run.item_result import is_empty
from prism_eval.run.spending import Spending, Spent
from prism_eval.schema import Caption, FinishReason

if TYPE_CHECKING:
    import pyarrow as pa

_ENDS = tuple(FinishReason)
_SUMS = tuple(field.name for field in fields(Spent))


@dataclass
class Sums:
    """What was counted so far.

    Attributes:
        spending: What captions and answers took.
        outcomes: How answers ended, in the order in which each was first met.
        empty: By entry, captions that say nothing.
    """

    spending: Spending = field(default_factory=Spending)
    outcomes: Counter[str] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)

    def add(self, stage: Stage, rows: pa.Table) -> None:
        """Take in rows of a stage's table.

        Raises:
            RunError: A text ended in no way of ours.
        """
        if stage != "score":
            _check_ends(rows)
        if stage == "caption":
            for (label,), sums in _spent(rows, "captioner"):
                self.spending.captions[label] += sums
            self._add_empty(rows)
        elif stage == "answer":
            for (label, reasoner), sums in _spent(rows, "captioner", "reasoner"):
                if sums.texts:
                    self.spending.answers[label, reasoner] += sums
        else:
            self.outcomes.update(
                {count["values"]: count["counts"] for count in rows["outcome"].value_counts().to_pylist()}
            )

    def _add_empty(self, rows: pa.Table) -> None:
        import pyarrow.compute as pc

        # Few are: whether a thought that goes on is all there is has to be read from the text.
        wordless = rows.filter(pc.equal(rows["words"], 0)).select(["captioner", "text", "finish_reason"])
        for row in wordless.to_pylist():
            self.empty[row["captioner"]] += is_empty(Caption(row["text"], FinishReason(row["finish_reason"])))


def _check_ends(rows: pa.Table) -> None:
    import pyarrow.compute as pc

    said = rows.filter(pc.is_valid(rows["text"]))["finish_reason"]
    for strange in (end for end in pc.unique(said).to_pylist() if end not in _ENDS):
        raise RunError(f"a shard has a text that ended in {strange!r}, which is no way to end: make the shard again")


def _spent(rows: pa.Table, *whose: str) -> list[tuple[tuple[str, ...], Spent]]:
    """By entry, and reasoner, what texts took."""
    import pyarrow as pa
    import pyarrow.compute as pc

    prompt, completion = rows["prompt_tokens"], rows["completion_tokens"]
    counted = pc.and_(pc.is_valid(prompt), pc.is_valid(completion))
    says = pc.and_(pc.is_valid(rows["cached_tokens"]), pc.fill_null(pc.greater(prompt, 0), False))
    taken = {
        "texts": pc.is_valid(rows["text"]).cast("int64"),
        "counted": counted.cast("int64"),
        "prompt_tokens": pc.if_else(counted, prompt, 0),
        "completion_tokens": pc.if_else(counted, completion, 0),
        "cached_tokens": pc.if_else(says, rows["cached_tokens"], 0),
        "cacheable_tokens": pc.if_else(says, prompt, 0),
        "image_tokens": rows["image_tokens"].fill_null(0),
        "timed": pc.is_valid(rows["seconds"]).cast("int64"),
        "seconds": rows["seconds"].fill_null(0.0),
    }
    grouped = pa.table({**{name: rows[name] for name in whose}, **taken}).group_by(list(whose))
    sums = grouped.aggregate([(name, "sum") for name in _SUMS]).to_pylist()
    return [(tuple(row[name] for name in whose), Spent(*(row[f"{name}_sum"] for name in _SUMS))) for row in sums]
