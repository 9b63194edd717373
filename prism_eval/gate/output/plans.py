"""What a gate could decide, in words, in JSON, and as a policy to begin with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from prism_eval.files.jsonable import Json, jsonable
from prism_eval.gate.output.told import Told
from prism_eval.gate.planning import Outlook
from prism_eval.gate.policy import Policy
from prism_eval.leaderboard.writing import count, margin, points
from prism_eval.sheets.sheet import Grid, Sheet

_BY_ITSELF = "The error of a difference is taken to be that of the baseline's score: --candidate RUN measures it."


def told(outlooks: Sequence[Outlook], *, measured: bool) -> Told:
    """What can be decided.

    Args:
        outlooks: The rules' outlooks, the gate's first rule first.
        measured: Whether two runs were measured, and not one alone.
    """
    first = outlooks[0]
    whole = first.powers[-1]
    answer = (
        f"{first.title}, {count(whole.images)} images: a loss of {points(whole.shows)} would be shown four times of "
        f"five, and a candidate as good passes {_often(whole.passes)} at a margin of {margin(first.margin)}"
    )
    grids = [
        Grid(
            "",
            ("rule", "margin", "images", "shows a loss of", "passes if equal", "fails at 2 margins"),
            list(_rows(outlooks)),
        )
    ]
    document: dict[str, Json] = {"rules": [jsonable(asdict(one)) for one in outlooks], "measured": measured}
    return Told(Sheet(answer=answer, lines=[], grids=grids, notes=[] if measured else [_BY_ITSELF]), document, [])


def policy_file(policy: Policy, outlooks: Sequence[Outlook]) -> str:
    """A policy as a file to begin with: every key with what it means, and what the data at hand can see.

    Args:
        policy: The policy.
        outlooks: What its rules can decide; none where there is no data at hand.
    """
    return "\n".join(_lines(policy, outlooks))


def _rows(outlooks: Sequence[Outlook]) -> Iterator[tuple[str, ...]]:
    for one in outlooks:
        # Of a benchmark what all its images can do: the suite's table is about how many to take.
        for power in one.powers if one is outlooks[0] else one.powers[-1:]:
            yield (
                one.title,
                margin(one.margin),
                count(power.images),
                points(power.shows),
                *map(_often, (power.passes, power.fails)),
            )


def _often(share: float) -> str:
    return f"{100 * share:.0f} %"


def _lines(policy: Policy, outlooks: Sequence[Outlook]) -> Iterator[str]:
    yield "# The rules of prism-eval gate; docs/gate.md says what they rest on."
    yield ""
    yield "# Percent: how often the whole gate fails a candidate that has lost no more than its margins, at most."
    yield f"error_rate = {policy.error_rate}"
    suite = [one for one in outlooks if one.title == "the suite"]
    yield ""
    yield "# All benchmarks, each weighing the same. A margin is the loss in points that is let through."
    yield from _seen(suite)
    yield "[suite]"
    yield f"margin = {policy.suite.margin}"
    yield f'tier = "{policy.suite.tier}"  # critical decides, supporting asks somebody to look, advisory is told'
    yield ""
    yield "# Each benchmark; of one in particular: [benchmarks.chartqa]"
    yield from _seen([one for one in outlooks if one not in suite])
    yield "[benchmark]"
    yield f"margin = {policy.benchmark.margin}"
    yield f'tier = "{policy.benchmark.tier}"'
    yield ""
    yield "# Percent, of what was seen; but for failures, what the baseline does as much is let through."
    yield "[limits]"
    for name, value in policy.limits.model_dump(exclude={"tier"}).items():
        yield f"{name} = {value}" if value is not None else f"# {name} = 50.0"
    yield f'tier = "{policy.limits.tier}"'
    yield ""
    yield "# What a cannot-tell counts as: pass, inconclusive (exit code 3) or fail."
    yield "[inconclusive]"
    yield f'pull_request = "{policy.inconclusive.pull_request}"'
    yield f'release = "{policy.inconclusive.release}"'
    yield ""


def _seen(outlooks: Sequence[Outlook]) -> Iterator[str]:
    for one in outlooks:
        whole = one.powers[-1]
        shows = f"a loss of {points(whole.shows)} shows" if math.isfinite(one.error) else "nothing shows"
        passes = f"an equal candidate passes {_often(whole.passes)}"
        # A title is anybody's, and a comment ends with its line.
        yield f"# {' '.join(one.title.split())}: on these {count(one.images)} images {shows}; {passes}."
