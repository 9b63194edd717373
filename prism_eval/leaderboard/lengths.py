"""How long a captioner's captions are, each counted once however many questions were asked about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.leaderboard.numbering import numbered, with_places
from prism_eval.leaderboard.verdicts import Verdicts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class CaptionLengths:
    """The captions of one captioner.

    Attributes:
        captions: How many there are.
        truncated: How many hit the limit on their length.
        empty: How many say nothing, without having been cut.
        median: Median length in words; ``None`` without captions.
        mean: Mean length in words.
    """

    captions: int
    truncated: int
    empty: int
    median: float | None
    mean: float | None


def caption_lengths(verdicts: Verdicts) -> list[CaptionLengths]:
    """The lengths of each captioner's captions, in the verdicts' order of captioners."""
    import numpy as np

    # Counted once a verdict, a captioner would look wordier for every question asked about its longer captions.
    rows = np.flatnonzero(~np.isnan(verdicts.words))
    images = verdicts.items.image_set[verdicts.item[rows]]
    # Captioner, images and sample as one number: numbers are hashed, where rows of three would be sorted.
    read = verdicts.captioner[rows] * (images.max(initial=0) + 1) + images
    once = rows[numbered(with_places(read, verdicts.sample[rows])).first]
    owner = verdicts.captioner[once]
    return [
        _lengths_of(verdicts.words[own], verdicts.truncated[own])
        for own in (once[owner == number] for number in range(len(verdicts.captioners)))
    ]


def _lengths_of(words: NDArray[np.float64], truncated: NDArray[np.bool_]) -> CaptionLengths:
    import numpy as np

    # numpy would call the median of nothing NaN, and warn on the reader's screen.
    if not words.size:
        return CaptionLengths(0, 0, 0, None, None)
    empty = int(((words == 0) & ~truncated).sum())
    return CaptionLengths(words.size, int(truncated.sum()), empty, float(np.median(words)), float(words.mean()))
