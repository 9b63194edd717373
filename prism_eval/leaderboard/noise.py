"""How much of each captioner's error comes from which captions happened to be drawn, where images have several."""

from __future__ import annotations

from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.statistics import CaptionNoise, caption_noise


def caption_noises(verdicts: Verdicts) -> list[CaptionNoise | None]:
    """By captioner, in the verdicts' order, the error of its score taken apart; ``None`` where there is one caption."""
    if verdicts.best is None:
        return [None] * len(verdicts.captioners)
    items = verdicts.items
    return [caption_noise(draws, items.cluster, items.benchmark) for draws in verdicts.draws]
