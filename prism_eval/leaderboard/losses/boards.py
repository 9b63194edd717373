"""The losses of a leaderboard: which captioners are controls, whose own model saw the images, who allows 5 %."""

from __future__ import annotations

from collections.abc import Sequence

from prism_eval.leaderboard.identities import direct_controls
from prism_eval.leaderboard.losses.losses import MOST, Losses, losses_of
from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.run.reading import Manifest

_LENIENT = frozenset({"relaxed", "chartqapro", "caprl_chart", "caprl_info"})
"""Scorers that let a number be off by 5 %."""


def losses_on(
    verdicts: Verdicts,
    manifest: Manifest,
    controls: Sequence[str],
    common: Sequence[str] = (),
    *,
    most: int = MOST,
    seed: int = 0,
) -> Losses:
    """Say of each answer of a leaderboard that is not right whose doing it is, by rules.

    Args:
        verdicts: The leaderboard's verdicts.
        manifest: Its manifest.
        controls: The labels of its controls.
        common: The benchmarks that its entries are compared on; all by default.
        most: The most words of captions, counted once a question, that are searched.
        seed: The seed of the sample where there are more.

    Raises:
        RunError: The verdict table cannot be read, or holds golds or options that are no lists.
    """
    identities = {
        label: captioner.get("identity") or {}
        for captioner in manifest.get("captioners") or []
        if (label := str(captioner.get("label"))) in verdicts.captioners
    }
    return losses_of(
        verdicts,
        controls=controls,
        direct=direct_controls(identities),
        lenient=[str(entry["name"]) for entry in manifest["benchmarks"] if entry.get("scorer") in _LENIENT],
        common=common,
        most=most,
        seed=seed,
    )
