"""All that there is to say of a gate, whoever it is said to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from prism_eval.files.jsonable import Json
from prism_eval.gate.output.worst import Worst
from prism_eval.sheets.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was held up to something, as a list of tests shows it.

    Attributes:
        kind: What it belongs to: ``gate``, ``scores``, ``limits``.
        name: What it is called; no other of its kind is.
        shown: What became of it.
        level: How loud it is to be told beside the code; empty where it is not.
        says: Why.
    """

    kind: str
    name: str
    shown: Literal["passed", "failure", "skipped", "error"]
    level: Literal["", "error", "warning"]
    says: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a gate says.

    Attributes:
        sheet: For people.
        document: For machines.
        cases: For lists of tests, the gate itself first.
        properties: What it was about.
        worst: The items that lost most.
    """

    sheet: Sheet
    document: Mapping[str, Json]
    cases: Sequence[Case]
    properties: Mapping[str, str] = field(default_factory=dict)
    worst: Sequence[Worst] = ()


def went_wrong(problem: str) -> Told:
    """What there is to say where a gate could not decide."""
    sheet = Sheet(answer=f"ERROR: {problem}", lines=(), grids=(), notes=())
    return Told(sheet, {}, [Case("gate", "gate", "error", "error", problem)])
