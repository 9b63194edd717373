"""Judges: a language model that decides what rules cannot, where a benchmark's authors let one score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prism_eval import plugins
from prism_eval.engines import build_prompted
from prism_eval.errors import UsageError
from prism_eval.judges.prompted import Judge
from prism_eval.judges.remembered import Remembered
from prism_eval.plugins.specs import Spec

__all__ = ["Judge", "Remembered", "build_judge", "judge_label"]


def build_judge(spec: Spec, offers: Mapping[str, Any]) -> Judge:
    """Make a judge out of an engine.

    Args:
        spec: The parsed spec string: an engine's.
        offers: Values for fields nobody set: the plan's seed and concurrency.

    Raises:
        UsageError: A name or an option is wrong, or an extra is missing.
    """
    what = f"judge {spec.name!r}"
    if spec.parts:
        raise UsageError(f"{what} takes no parts: {spec.text!r}")
    return build_prompted(Judge, spec, what, offers)  # type: ignore[no-any-return]


def judge_label(spec: Spec) -> str:
    """How notes and manifests name a judge."""
    return spec.label or plugins.label(spec, "engine", "")
