"""The losses of a leaderboard: which captioners are controls, whose own model saw the images, who allows 5 %."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prism_eval.leaderboard.losses.losses import MOST, Losses, losses_of
from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.run.reading import Manifest

_CONTROLS = ("blind", "mismatched", "direct")
_LENIENT = frozenset({"relaxed", "chartqapro", "caprl_chart", "caprl_info"})
"""Scorers that let a number be off by 5 %."""


def losses_on(verdicts: Verdicts, manifest: Manifest, *, most: int = MOST, seed: int = 0) -> Losses:
    """Say of each answer of a leaderboard that is not right whose doing it is, by rules.

    Args:
        verdicts: The leaderboard's verdicts.
        manifest: Its manifest.
        most: The most words of captions, counted once a question, that are searched.
        seed: The seed of the sample where there are more.

    Raises:
        RunError: The verdict table cannot be read, or holds golds or options that are no lists.
    """
    identities = {
        str(captioner.get("label")): captioner.get("identity") or {} for captioner in manifest.get("captioners") or []
    }
    controls = [label for label, identity in identities.items() if identity.get("plugin") in _CONTROLS]
    return losses_of(
        verdicts,
        controls=[label for label in controls if label in verdicts.captioners],
        direct=_own_models(verdicts, identities),
        lenient=[str(entry["name"]) for entry in manifest["benchmarks"] if entry.get("scorer") in _LENIENT],
        most=most,
        seed=seed,
    )


def _own_models(verdicts: Verdicts, identities: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """By a captioner's label, the control that is its own model shown the image."""
    shown = {
        label: model_of(identity)
        for label, identity in identities.items()
        if identity.get("plugin") == "direct" and label in verdicts.captioners
    }
    own = {label: model_of(identity) for label, identity in identities.items() if label in verdicts.captioners}
    return {
        label: control
        for label, model in own.items()
        for control, seeing in shown.items()
        if label != control and model is not None and model == seeing
    }


def model_of(identity: Mapping[str, Any]) -> object:
    """What of a captioner's identity says which model looks at the image; ``None`` if none, or several do."""
    parts = identity.get("parts") or []
    if parts:
        return model_of(parts[0]) if len(parts) == 1 else None
    # An oracle has no model: `direct(oracle)` shows every fact, whatever its recall.
    return identity.get("engine") or ("oracle" if identity.get("plugin") == "oracle" else None)
