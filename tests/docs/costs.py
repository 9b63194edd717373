"""What docs/engines.md says that the twelve cost in GPU hours, worked out by the arithmetic of `plan`."""

from __future__ import annotations

from dataclasses import dataclass

from prism_eval.benchmarks import definition_names, shipped_definition
from prism_eval.leaderboard.writing import three_digits
from prism_eval.run.costs import Work

CAPTION, ANSWER = (1300, 750), (900, 20)
"""Tokens in and out of one call."""


@dataclass(frozen=True)
class Model:
    """A model, and the tokens that one GPU reads and writes in a second: assumed, and not measured."""

    name: str
    speed_in: int
    speed_out: int

    def __str__(self) -> str:
        return f"{self.name}, {self.speed_in:,} and {self.speed_out:,}"

    def hours(self, calls: int, tokens: tuple[int, int]) -> float:
        """GPU hours of so many calls that are alike."""
        read, written = (calls * count for count in tokens)
        hours = Work(read, 0, written, None).gpu_hours({"speed_in": self.speed_in, "speed_out": self.speed_out}, None)
        assert hours is not None
        return hours


PAIRS = [
    (Model("CapRL-3B", 30_000, 6_000), Model("CapRL-Eval-3B", 30_000, 6_000)),
    (Model("Qwen2.5-VL-3B", 30_000, 6_000), Model("Qwen2.5-72B", 2_000, 350)),
    (Model("Qwen2.5-VL-72B", 2_000, 350), Model("CapRL-Eval-3B", 30_000, 6_000)),
    (Model("Qwen2.5-VL-72B", 2_000, 350), Model("Qwen2.5-72B", 2_000, 350)),
]


def questions() -> int:
    """How many the twelve have, as published."""
    return sum(shipped_definition(name).source.rows or 0 for name in definition_names())


def twelve() -> str:
    """A table: by captioner and reader, the GPU hours of the twelve with a caption for every question."""
    rows = []
    for captioner, reader in PAIRS:
        hours = captioner.hours(questions(), CAPTION), reader.hours(questions(), ANSWER)
        cells = (captioner, reader, *map(three_digits, (*hours, sum(hours))))
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(["| captions, tokens a second | reads, tokens a second | captions | answers | all |",
                      "|---|---|---|---|---|", *rows])  # fmt: skip
