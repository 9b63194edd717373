"""What a row of a leaderboard is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prism_eval.errors import Cause
from prism_eval.leaderboard.against import Against
from prism_eval.leaderboard.sizes import UNKNOWN, Size
from prism_eval.schema import Outcome
from prism_eval.statistics import CaptionNoise, Estimate, Lean, RankRange, Ratio


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
class PositionBias:
    """Whether answers lean towards a position among the options.

    Attributes:
        lean: How often each position was picked, the first is A, beside where the right options stood.
        consistency: Share of the questions on which every order led to the same option.
        questions: Questions, times samples, that were asked under several orders.
    """

    lean: Lean
    consistency: float
    questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GapClosed:
    """How far an entry reaches from one with a small model to the baseline.

    Attributes:
        lower: The label of the entry where the gap begins.
        share: How much of the gap is closed; 1 is all of it.
    """

    lower: str
    share: Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One captioner on the leaderboard: an entry, or a control.

    Attributes:
        captioner: Its label.
        control: ``blind``, ``mismatched``, ``direct`` or ``suffix`` for a control; empty for an entry.
        unranked: Why it has no rank, in a few words; empty where it has one.
        rank: The places the data do not rule out; ``None`` where it is not ranked.
        size: How large its model is.
        mean: The mean over benchmarks, each weighing the same; ``None`` if nothing could be scored.
        complete: Whether the mean is over every benchmark of the leaderboard.
        own_failures: How many answers its captioner failed at itself, by how; ``None`` where the tables do not say, and
            for a control.
        charged: The mean with 0 for these and for captions that say nothing; ``None`` where it is no entry's but the
            mean, where the tables do not say, and for a control.
        signs: How many of its captions speak to their reader, by sign (`prism-eval audit`); ``None`` where the run did
            not count.
        audited: How many captions were looked at for that.
        best: The same mean, of the best of each item's samples. A diagnostic: which is the best, only the gold can
            tell. ``None`` where images have one caption each.
        baseline: Whether the others are compared with it.
        against: What sets it apart from the baseline; ``None`` for the baseline itself, for a control, and without one.
        recovery: How much of what its own model answers with the image its captions carry; ``None`` where the run has
            no `blind` or no `direct` of its model.
        cells: By benchmark.
        items: Items with a score.
        answers: Verdicts, failed ones included: items times samples and orders.
        outcomes: Verdicts by outcome, every outcome present.
        captions: Captions read, each counted once.
        truncated: Captions that hit the limit on their length.
        empty: Captions that say nothing.
        words_median: Median length of a caption in words; ``None`` without captions.
        words_mean: Mean length of a caption in words.
        tokens_mean: Mean length of a caption in tokens, as its server counted them; ``None`` where none did.
        seconds: How long its captions took; ``None`` where nobody measured.
        cost: What its calls cost, in the currency of the prices that were given; ``None`` without prices.
        seconds_mean: How long one of its captions took; ``None`` where nobody measured, and for a `direct` control.
        cost_mean: What one of its captions cost; ``None`` likewise.
        cached: The share of all that was read for its captions and the answers to them that a prefix cache held;
            ``None`` where no server says.
        revision: Which weights of its model, where the spec says; else empty.
        run: The run it is from, a place in the leaderboard's ``manifests``.
        positions: The lean towards a position; ``None`` where no question was asked under several orders.
        gap: How much of the gap between the smallest entry and the baseline it closes; ``None`` where it is one of the
            two, where sizes are not known, or where the data do not show that the baseline is better.
        noise: Its score's error by what it comes from; ``None`` where images have one caption each.
    """

    captioner: str
    control: str = ""
    unranked: str = ""
    rank: RankRange | None
    size: Size = UNKNOWN
    mean: Estimate | None
    complete: bool
    baseline: bool = False
    against: Against | None = None
    recovery: Ratio | None = None
    cells: Mapping[str, Cell]
    items: int
    answers: int
    outcomes: Mapping[Outcome, int]
    captions: int
    truncated: int
    empty: int
    words_median: float | None
    words_mean: float | None
    tokens_mean: float | None = None
    seconds: float | None = None
    cost: float | None = None
    seconds_mean: float | None = None
    cost_mean: float | None = None
    cached: float | None = None
    revision: str = ""
    run: int = 0
    positions: PositionBias | None = None
    noise: CaptionNoise | None = None
    gap: GapClosed | None = None
    best: Estimate | None = None
    own_failures: Mapping[Cause, int] | None = None
    charged: Estimate | None = None
    signs: Mapping[str, int] | None = None
    audited: int = 0
