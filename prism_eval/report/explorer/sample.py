"""Which items a page of bounded size shows: drawn at random, most of them such that captioners differ on them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from prism_eval.report.explorer.replies import Replies

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 0
_TELLING, _EVERY = 2, 3
"""Of three items two are such that tell captioners apart, as long as there are any."""


def drawn(replies: Replies, benchmarks: Sequence[str]) -> list[int]:
    """Every item once, in the order in which they are taken until the page is full: from each benchmark in turn."""
    rng_of = _generator(SEED)
    queues = [_queue(replies, replies.items_of(name), rng_of) for name in benchmarks]
    return [item for item in chain.from_iterable(zip_longest(*queues)) if item is not None]


def tells(replies: Replies, items: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Shape (items,): whether captioners score differently on it; of a single captioner, whether it is not right."""
    import numpy as np

    scores = replies.scores[:, items]
    lowest = np.fmin.reduce(scores, initial=1.0)
    told: NDArray[np.bool_] = lowest < (np.fmax.reduce(scores, initial=0.0) if len(scores) > 1 else 1.0)
    return told


def _generator(seed: int) -> np.random.Generator:
    import numpy as np

    return np.random.default_rng(seed)


def _queue(replies: Replies, items: NDArray[np.int64], rng: np.random.Generator) -> list[int]:
    """A benchmark's items at random, first one of every image; two that tell something, then one of the others."""
    import numpy as np

    shuffled = rng.permutation(items)
    shuffled = shuffled[np.argsort(_occurrence(replies.verdicts.items.cluster[shuffled]), kind="stable")]
    telling = tells(replies, shuffled)
    # Each gets the place that it would have if both kinds were endless; the longer one goes on where the other ends.
    place = np.empty(shuffled.size)
    first, other = np.arange(telling.sum()), np.arange(shuffled.size - telling.sum())
    place[telling] = first // _TELLING * _EVERY + first % _TELLING
    place[~telling] = other * _EVERY + _TELLING
    queue: list[int] = shuffled[np.argsort(place, kind="stable")].tolist()
    return queue


def _occurrence(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Shape (labels,): how many equal ones stand before each."""
    import numpy as np

    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    sizes = np.diff(np.append(starts, labels.size))
    counted = np.empty(labels.size, dtype=np.int64)
    counted[order] = np.arange(labels.size) - np.repeat(starts, sizes)
    return counted
