"""How much of each captioner's error comes from which captions happened to be drawn, where images have several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prism_eval.leaderboard.verdicts import Verdicts, means_by
from prism_eval.statistics import CaptionNoise, caption_noise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def caption_noises(verdicts: Verdicts) -> list[CaptionNoise | None]:
    """By captioner, in the verdicts' order, the error of its score taken apart; ``None`` where there is one caption."""
    import numpy as np

    samples, sample = np.unique(verdicts.sample, return_inverse=True)
    if samples.size < 2:
        return [None] * len(verdicts.captioners)
    items = verdicts.items
    return [
        caption_noise(_by_sample(verdicts, number, sample, samples.size), items.cluster, items.benchmark)
        for number in range(len(verdicts.captioners))
    ]


def _by_sample(verdicts: Verdicts, number: int, sample: NDArray[np.int64], samples: int) -> NDArray[np.float64]:
    """Shape (samples, items): a captioner's mean over orders, NaN where there is none."""
    import numpy as np

    own = (verdicts.captioner == number) & ~np.isnan(verdicts.score)
    shape = samples, len(verdicts.items)
    return means_by(sample[own] * shape[1] + verdicts.item[own], verdicts.score[own], shape)
