"""Sides of a comparison made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prism_eval.gate.side import Side, side_of_run
from tests.runfolder import verdict, write_run


def side(folder: Path, outcomes: Mapping[str, Sequence[str]], *, label: str = "A", **manifest: Any) -> Side:
    """A side that was asked these: by benchmark, the outcome of each item, named by its place; one image each."""
    return side_of_run(run(folder, outcomes, label=label, **manifest))


def run(
    folder: Path,
    outcomes: Mapping[str, Sequence[str]],
    *,
    label: str = "A",
    given: Callable[[str, int], Mapping[str, Any]] = lambda benchmark, place: {},
    **manifest: Any,
) -> Path:
    """The run folder of such a side; ``given`` says more of an item's verdict."""
    rows = [
        verdict(label, str(place), outcome, **{"benchmark": name, "images": [f"{name} {place}"], **given(name, place)})
        for name, of in outcomes.items()
        for place, outcome in enumerate(of)
    ]
    return write_run(folder, rows, **manifest)


def mixed(right: int, wrong: int) -> list[str]:
    """So many right answers, and so many wrong ones behind them."""
    return ["correct"] * right + ["wrong"] * wrong
