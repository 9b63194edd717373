"""What a row of a leaderboard is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prism_eval.schema import Outcome
from prism_eval.statistics import Estimate, RankRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One captioner on one benchmark.

    Attributes:
        estimate: The mean score and its interval; ``None`` if nothing could be scored.
        outcomes: Verdicts by outcome, every outcome present.
    """

    estimate: Estimate | None
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionShare:
    """How often a position was picked, as a share of all picks, and how often it would be if no lean were there."""

    picked: float
    even: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionBias:
    """Whether answers lean towards a position among the options.

    Attributes:
        shares: By position as shown, the first is A.
        deviation: The largest distance between a share and its even one; 0 for no lean.
        consistency: Share of the questions on which every order led to the same option.
        questions: Questions, times samples, that were asked under several orders.
    """

    shares: tuple[PositionShare, ...]
    deviation: float
    consistency: float
    questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One captioner on the leaderboard.

    Attributes:
        captioner: Its label.
        rank: The places the data do not rule out.
        mean: The mean over benchmarks, each weighing the same; ``None`` if nothing could be scored.
        complete: Whether the mean is over every benchmark of the leaderboard.
        cells: By benchmark.
        items: Items with a score.
        answers: Verdicts, failed ones included: items times samples and orders.
        outcomes: Verdicts by outcome, every outcome present.
        captions: Captions read, each counted once.
        truncated: Captions that hit the limit on their length.
        empty: Captions that say nothing.
        words_median: Median length of a caption in words; ``None`` without captions.
        words_mean: Mean length of a caption in words.
        positions: The lean towards a position; ``None`` where no question was asked under several orders.
    """

    captioner: str
    rank: RankRange
    mean: Estimate | None
    complete: bool
    cells: Mapping[str, Cell]
    items: int
    answers: int
    outcomes: Mapping[Outcome, int]
    captions: int
    truncated: int
    empty: int
    words_median: float | None
    words_mean: float | None
    positions: PositionBias | None = None
