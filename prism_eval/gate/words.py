"""The words of a gate, which its command line knows before anything heavy is loaded."""

from __future__ import annotations

from typing import Literal

Outcome = Literal["PASS", "FAIL", "INCONCLUSIVE"]
"""What a rule, or a gate, says of a candidate: it holds up, it does not, these data cannot tell."""

Tier = Literal["critical", "supporting", "advisory"]
"""What a rule decides: whether the gate passes; whether somebody has to look; nothing, it is told."""

Event = Literal["pull_request", "release"]
"""What a gate stands before."""

Inconclusive = Literal["pass", "inconclusive", "fail"]
"""What a cannot-tell counts as."""
