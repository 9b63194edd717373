"""What a baseline holds, and how two of them differ, as sentences and tables of words."""

from __future__ import annotations

from collections.abc import Iterator

from prism_eval.gate.behaviour import behaviour
from prism_eval.gate.comparison import compare
from prism_eval.gate.output.comparisons import sheet
from prism_eval.gate.side import Side
from prism_eval.leaderboard.writing import ABSENT, count, counted, listed, points
from prism_eval.run.comparable import named
from prism_eval.run.comparable import shown as written
from prism_eval.sheets.sheet import Grid, Row, Sheet


def shown(side: Side) -> Sheet:
    """What a baseline holds."""
    of = behaviour(side.items, side.spent)
    length = "" if of.words is None else f", captions of {of.words:,.0f} words"
    return Sheet(
        answer=f"{side.label}: {counted(side.items.num_rows, 'item')}{length}",
        lines=[],
        grids=[
            Grid("", ("benchmark", "items", "scored", "score"), list(_benchmarks(side))),
            Grid("What they depend on", ("", ""), list(_fields(side))),
        ],
        notes=[],
    )


def changed(old: Side, new: Side) -> Sheet | None:
    """How two baselines differ; ``None`` where they say the same."""
    differing = [
        (named(part, name), written(before, after), written(after, before))
        # Of benchmarks those that both have: what one lacks differs in nothing.
        for part in old.fields
        if part in new.fields
        for name in {**old.fields[part], **new.fields[part]}
        if (before := old.fields[part].get(name)) != (after := new.fields[part].get(name))
    ]
    if differing:
        return Sheet(
            answer=f"{old.where} and {new.where} cannot be compared: {counted(len(differing), 'field')} differ",
            lines=[],
            grids=[Grid("", ("field", "before", "after"), differing)],
            notes=[],
        )
    if old.label == new.label and old.spent == new.spent and old.items.equals(new.items):
        return None
    if old.counts().keys().isdisjoint(new.counts()):
        return Sheet(
            answer=f"{old.where} and {new.where} have no benchmark in common",
            lines=[],
            grids=[],
            notes=[*_alone(old, new)],
        )
    return sheet(compare(old, new))


def _alone(old: Side, new: Side) -> Iterator[str]:
    for side in (old, new):
        yield f"{side.where} has {listed([*side.counts()])}."


def _benchmarks(side: Side) -> Iterator[Row]:
    import pyarrow.compute as pc

    asked, scored = side.counts(), side.counts(scored=True)
    for name, title in side.titles.items():
        if name in asked:
            rows = side.items.filter(pc.equal(side.items["benchmark"].cast("string"), name))
            score = pc.mean(rows["score"]).as_py()
            yield title, count(asked[name]), count(scored.get(name, 0)), ABSENT if score is None else points(score)


def _fields(side: Side) -> Iterator[Row]:
    for part, fields in side.fields.items():
        for name, value in fields.items():
            if value is not None:
                yield named(part, name), written(value, None)
