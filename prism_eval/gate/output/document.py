"""A comparison as JSON, for machines: scores and differences as they are, in [0, 1]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from prism_eval.files.jsonable import Json, jsonable
from prism_eval.gate.behaviour import Behaviour
from prism_eval.gate.comparison import Comparison, Flip
from prism_eval.gate.side import Side
from prism_eval.leaderboard.against import Against

MOST_FLIPS = 1000
"""Items won, and items lost, that are listed; all are counted."""


def document(comparison: Comparison) -> dict[str, Json]:
    """What a comparison says, in JSON's own types."""
    first, second = comparison.behaviour
    said = {
        "baseline": {**_side(comparison.baseline), **_behaviour(first)},
        "candidate": {**_side(comparison.candidate), **_behaviour(second)},
        "suite": _against(comparison.suite, comparison.scores),
        "benchmarks": [
            {
                "name": part.name,
                "title": part.title,
                "items": part.common,
                "dropped": list(part.dropped),
                "known": part.known,
                **_against(part.against, part.scores),
            }
            for part in comparison.parts
        ],
        "only": dict(zip(("baseline", "candidate"), comparison.only, strict=True)),
        "look": comparison.look and list(comparison.look),
        "won": _flips(comparison.won),
        "lost": _flips(comparison.lost),
    }
    return {name: jsonable(value) for name, value in said.items()}


def _side(side: Side) -> dict[str, object]:
    return {"label": side.label, "where": side.where}


def _behaviour(behaviour: Behaviour) -> dict[str, object]:
    said = asdict(behaviour)
    return {**said, "losses": {outcome.value: share for outcome, share in behaviour.losses.items()}}


def _against(said: Against, scores: tuple[float, float] | None) -> dict[str, object]:
    before, after = scores or (None, None)
    return {
        "verdict": said.verdict,
        "sentence": said.sentence,
        "margin": said.margin,
        "smallest_margin": said.equivalence.smallest if said.equivalence else None,
        "baseline": before,
        "candidate": after,
        "difference": asdict(said.difference) if said.difference else None,
        "heterogeneity": asdict(said.heterogeneity) if said.heterogeneity else None,
    }


def _flips(flips: Sequence[Flip]) -> dict[str, object]:
    return {"count": len(flips), "items": [asdict(flip) for flip in flips[:MOST_FLIPS]]}
