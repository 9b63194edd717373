"""Whether two sides were asked alike: everything, or the candidate a random part of what the baseline was."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from prism_eval.errors import UsageError
from prism_eval.gate.side import Side, keys
from prism_eval.run.comparable import ITEMS, Fields, check_alike

if TYPE_CHECKING:
    import pyarrow as pa

_SAMPLE = (*ITEMS, "looks")
"""The fields by which a benchmark and a random part of it differ."""
_CONTENT = {"images": "shows another image", "asked": "asks something else", "cluster": "is of another group"}


def check_sides(baseline: Side, candidate: Side) -> frozenset[str]:
    """Make sure that two sides may be compared.

    A candidate may have been asked a part of what the baseline was: one that was drawn at random, question for question
    the same. Fingerprints are those of all that was asked, so that of such a part each item is held beside its like.

    Returns:
        The names of the benchmarks of which the candidate was asked a part.

    Raises:
        UsageError: They may not; the message names the first field, or the first item, that differs.
    """
    parts = frozenset(name for name in baseline.titles if _is_part(name, baseline, candidate))
    whole = (without_sample(side.fields, parts) for side in (baseline, candidate))
    check_alike(baseline.where, next(whole), candidate.where, next(whole))
    for name in parts:
        _check_same(name, baseline, candidate)
    return parts


def _is_part(name: str, baseline: Side, candidate: Side) -> bool:
    own, others = (side.fields.get(name, {}) for side in (candidate, baseline))
    # Whoever looked before the end may have asked a part, too.
    drawn = own.get("limit") or candidate.look or baseline.look
    if not drawn or own.get("first") or all(own.get(field) == others.get(field) for field in _SAMPLE):
        return False
    import pyarrow.compute as pc

    return bool(pc.all(pc.is_in(*(keys(_of(name, side)) for side in (candidate, baseline)))).as_py())


def _check_same(name: str, baseline: Side, candidate: Side) -> None:
    import pyarrow.compute as pc

    own, others = (_of(name, side) for side in (candidate, baseline))
    others = others.take(pc.index_in(own["item"], others["item"]))
    for column, differs in _CONTENT.items():
        first, second = (items[column].to_pylist() for items in (own, others))
        item = next((item for item, a, b in zip(own["item"].to_pylist(), first, second, strict=True) if a != b), None)
        if item is not None:
            raise UsageError(
                f"{baseline.where} and {candidate.where} cannot be compared: item {item!r} of {name} {differs} in one "
                "than in the other"
            )


def _of(name: str, side: Side) -> pa.Table:
    import pyarrow.compute as pc

    return side.items.filter(pc.equal(side.items["benchmark"].cast("string"), name))


def without_sample(fields: Mapping[str, Fields], parts: Collection[str]) -> dict[str, Fields]:
    """What scores depend on, but for which items of these benchmarks were drawn."""
    return {
        part: {name: value for name, value in said.items() if name not in _SAMPLE} if part in parts else said
        for part, said in fields.items()
    }
