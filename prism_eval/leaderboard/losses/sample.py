"""Which items are looked at, where captions are too many to search them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prism_eval.leaderboard.verdicts import Verdicts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LEAST = 20
"""Words that a search of none takes as long as."""


def sampled_items(verdicts: Verdicts, asked: NDArray[np.bool_], most: int, seed: int) -> NDArray[np.bool_]:
    """Choose items by whole images at random, from each benchmark as many as its part of the bound allows.

    Args:
        verdicts: The verdicts.
        asked: Shape (verdicts,): those whose captions would be searched.
        most: The most words of captions, counted once a question.
        seed: Another seed gives other images; a larger bound adds to those of a smaller one.

    Returns:
        Shape (items,): whether the item is looked at.
    """
    import numpy as np

    items = verdicts.items
    # Orders of options are asked about one caption, which is searched once. The shortest costs something, too.
    once = asked & (verdicts.order == 0)
    words = np.nan_to_num(verdicts.words[once]) + _LEAST
    cost = np.bincount(verdicts.item[once], weights=words, minlength=len(items))
    wanted = np.bincount(items.benchmark, weights=cost, minlength=len(verdicts.benchmarks)).astype(float)
    if wanted.sum() <= most:
        return np.ones(len(items), dtype=bool)
    allowed = _fair(wanted, most)
    # One number an image, not one an item: the questions on a caption are looked at together.
    turn = np.random.default_rng(seed).permutation(int(items.cluster.max()) + 1)[items.cluster]
    order = np.lexsort((turn, items.benchmark))
    spent = np.cumsum(cost[order])
    before = np.concatenate([[0.0], np.cumsum(wanted)])[items.benchmark[order]]
    within = spent - before <= allowed[items.benchmark[order]]
    chosen = np.zeros(len(items), dtype=bool)
    chosen[order] = within
    # An image that the bound cuts through is left out whole.
    image = items.benchmark * turn.size + items.cluster
    return chosen & ~np.isin(image, image[~chosen])


def _fair(wanted: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    """What each may have where all may have ``most``: an equal part, and of what the small ones leave likewise."""
    import numpy as np

    allowed = np.zeros_like(wanted)
    left = most
    for place, number in enumerate(np.argsort(wanted, kind="stable").tolist()):
        allowed[number] = min(wanted[number], left / (wanted.size - place))
        left -= allowed[number]
    return allowed
