"""Who is ranked, on which benchmarks, in which order, and which places the data do not rule out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from prism_eval.leaderboard.writing import counted
from prism_eval.run.entries import too_many_failed
from prism_eval.statistics import Comparison, RankRange, rank_ranges


def why_unranked(answers: Mapping[str, tuple[int, int]]) -> str:
    """Why too much of an entry is missing for it to be ranked, in a few words; empty where it is not.

    Args:
        answers: By benchmark, how many answers there should be, and how many have no score: they failed, or are not
            there. Those to questions that nobody could be asked are in neither.
    """
    asked = {name: pair for name, pair in answers.items() if pair[0]}
    if not too_many_failed(asked.values()):
        return ""
    due, lost = (sum(numbers) for numbers in zip(*asked.values(), strict=True))
    name, (whole, gone) = max(asked.items(), key=lambda entry: entry[1][1] / entry[1][0])
    # Where one benchmark has it all, its name says where to look.
    where = f" of {name}" if gone == lost and len(asked) > 1 else ""
    return f"{lost:,} of {counted(whole if where else due, 'answer')}{where} failed"


def why_no_verdict(own: Mapping[str, tuple[int, int]], baseline: Mapping[str, tuple[int, int]]) -> str:
    """Why too much of an entry or of its baseline is missing for a verdict on them; empty where it is not.

    Args:
        own: What is due of the entry and what is missing, as `why_unranked` takes it.
        baseline: The same of the baseline.
    """
    other = why_unranked(baseline)
    return why_unranked(own) or (f"of the baseline, {other}" if other else "")


def common_benchmarks(scored: Iterable[frozenset[str]], benchmarks: Sequence[str]) -> tuple[str, ...]:
    """The benchmarks that every ranked entry has a score on; captioners are compared on nothing else.

    Args:
        scored: By ranked entry, the benchmarks it has a score on.
        benchmarks: All, in order.
    """
    sets = list(scored)
    return tuple(name for name in benchmarks if sets and all(name in own for own in sets))


def ranks(rows: int, comparisons: Sequence[Comparison]) -> tuple[RankRange, ...]:
    """The places of rows that stand in order, best first: neither end of a range rises above one that stands higher.

    Args:
        rows: How many there are.
        comparisons: Every two of them compared.
    """
    # Each pair is compared on what both have answered, so that a row may beat one that stands above it: then nothing is
    # shown. As the first of a pair stands higher, whoever wins does, and no circle can come of it.
    agreeing = [
        replace(one, family_p=1.0) if one.difference and one.difference.value <= 0 else one for one in comparisons
    ]
    found = rank_ranges(rows, agreeing)
    # Tests are not transitive: A may be told from nobody and B, right below it, be told from C. Ranges are widened
    # until they follow the order, which leaves every place in them that the data do not rule out.
    best = list(accumulate((one.best for one in reversed(found)), min))[::-1]
    worst = accumulate((one.worst for one in found), max)
    return tuple(RankRange(*pair) for pair in zip(best, worst, strict=True))
