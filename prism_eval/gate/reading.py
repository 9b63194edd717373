"""A side of a comparison, whatever holds it: a run folder or a baseline's file."""

from __future__ import annotations

from pathlib import Path

from prism_eval.gate.baseline import read_baseline
from prism_eval.gate.side import Side, chosen, side_of_run
from prism_eval.run.belonging import check_belonging
from prism_eval.run.folder import RunFolder

Named = tuple[Path, str | None]
"""A run folder or a baseline's file, and the label of an entry in it; ``None`` where there is one."""


def read_side(path: Path, entry: str | None = None, *, like: str | None = None, captions: bool = False) -> Side:
    """Read an entry of a run folder that belongs together, or a baseline that was saved of one.

    Args:
        path: The run folder, or the file.
        entry: The entry's label, or a part of it that no other has; a file has one.
        like: The label that is meant where nobody names one.
        captions: Whether the items of a run are to have their captions.

    Raises:
        UsageError: The run has several entries or none of that label, or the file is no baseline.
        RunError: The folder holds no run, or parts of several; or the run cannot be read.
    """
    if path.is_file():
        side = read_baseline(path)
        chosen((side.label,), path, entry)
        return side
    check_belonging(RunFolder.open(path), "score", manifest=True)
    return side_of_run(path, entry, like=like, captions=captions)


def read_sides(baseline: Named, candidate: Named) -> tuple[Side, Side]:
    """Read both sides of a comparison.

    Args:
        baseline: The baseline's folder or file and its entry; where nobody names one, that of the candidate's label.
        candidate: Likewise the candidate's.

    Raises:
        UsageError: See `read_side`.
        RunError: See `read_side`.
    """
    second = read_side(*candidate)
    return read_side(*baseline, like=second.label), second
