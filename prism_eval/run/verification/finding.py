"""Something in a run folder that does not agree with the rest of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of contradiction.

    Attributes:
        where: The file.
        problem: What does not agree.
        rows: In how many rows; 0 for what is no matter of rows.
        first: The first of them, to look it up.
    """

    where: str
    problem: str
    rows: int = 0
    first: str = ""

    def __str__(self) -> str:
        """It in one sentence: ``verdicts.parquet: correct with a score of 0 (3 rows, first: ...)``."""
        rows = f"{self.rows:,} row{'s' * (self.rows != 1)}" if self.rows else ""
        told = ", ".join(filter(None, (rows, f"first: {self.first}" if self.first else "")))
        return f"{self.where}: {self.problem}{f' ({told})' if told else ''}"
