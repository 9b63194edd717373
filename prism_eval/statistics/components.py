"""Which observations hang together because they share something."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence


def connected(keys: Sequence[Iterable[Hashable]]) -> list[int]:
    """Number the connected components of observations that share a key.

    Args:
        keys: For each observation, everything it may share with others: its image digests, its cluster.

    Returns:
        For each observation its component, numbered from 0 in order of first appearance. Two observations are in one
        component if a chain of shared keys links them; one without keys is alone.
    """
    parent = list(range(len(keys)))
    first: dict[Hashable, int] = {}
    for index, shared in enumerate(keys):
        for key in shared:
            parent[_root(parent, index)] = _root(parent, first.setdefault(key, index))
    numbers: dict[int, int] = {}
    return [numbers.setdefault(_root(parent, index), len(numbers)) for index in range(len(keys))]


def _root(parent: list[int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index
