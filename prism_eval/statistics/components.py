"""Which observations hang together because they share something."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def connected(observations: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the connected components of observations that share a key.

    Args:
        observations: Shape (links,), observations numbered from 0, each in one link or more.
        keys: Shape (links,), for each link what the observation may share with others, numbered from 0: an image, a
            cluster.

    Returns:
        Shape (observations,): for each observation the number of its component. Two are in one component if a chain of
        shared keys links them.
    """
    import numpy as np

    count = int(observations.max(initial=-1)) + 1
    # From the last link to the first, which is the one that stays.
    first = np.zeros(count, dtype=np.int64)
    first[observations[::-1]] = keys[::-1]
    met_with = np.zeros(int(keys.max(initial=-1)) + 1, dtype=np.int64)
    met_with[keys] = first[observations]
    if np.array_equal(met_with[keys], first[observations]):
        # Each key is met with one first key alone, as where questions show one picture each: there is no chain, and the
        # library that follows chains takes a tenth of a short run to load.
        return np.unique(first, return_inverse=True)[1].astype(np.int64)
    return _chained(count, observations, keys)


def _chained(count: int, observations: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.int64]:
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = count + int(keys.max(initial=-1)) + 1
    # Observations and keys are the two sides of one graph: linking observations to each other would take as many links
    # as there are pairs under a key.
    links = coo_array((np.ones(keys.size, dtype=bool), (observations, count + keys)), shape=(size, size))
    _, numbers = connected_components(links, directed=False)
    return np.asarray(numbers[:count], dtype=np.int64)
