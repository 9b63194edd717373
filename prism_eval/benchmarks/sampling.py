"""Which rows a limit keeps: whole images with all their questions, at random, the same ones on every machine.

One order of the images is fixed by a seed, and stratified as a whole: of each stratum the first so many of it stand
among the first so many of all. Whatever is asked for is a beginning of that order, so that a larger sample contains
every smaller one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple


class Drawn(NamedTuple):
    """What the draw has to know of a row.

    Attributes:
        position: Its place among the source's rows, from 0.
        items: How many items it gives.
        shares: What it may have in common with other rows: the digests of its images, the benchmark's own group.
        images: Of those, the digests.
        stratum: What its stratum is called; empty where the benchmark has none.
    """

    position: int
    items: int
    shares: tuple[str, ...]
    images: tuple[str, ...] = ()
    stratum: str = ""


@dataclass(frozen=True)
class Sample:
    """What was drawn of a benchmark.

    Attributes:
        looks: The positions of the rows that are asked, as they are asked: one part, or one for each look.
        items: How many items the rows of each part give.
        images: How many images those of each part show.
        of_items: How many items there are in all.
        of_images: How many images.
        renamed: Position and id of a row's item to the id it has in the whole benchmark, where that is another.
    """

    looks: tuple[frozenset[int], ...]
    items: tuple[int, ...]
    images: tuple[int, ...]
    of_items: int
    of_images: int
    renamed: Mapping[tuple[int, str], str]

    def part(self, look: int) -> Sample:
        """One of the parts alone."""
        own = slice(look, look + 1)
        return replace(self, looks=self.looks[own], items=self.items[own], images=self.images[own])


@dataclass(slots=True)
class _Group:
    """Rows that share images, directly or through others: they are asked together or not at all."""

    rows: list[Drawn]

    @property
    def items(self) -> int:
        return sum(row.items for row in self.rows)

    @property
    def images(self) -> int:
        return len({image for row in self.rows for image in row.images})

    @property
    def stratum(self) -> tuple[str, ...]:
        # Of all its rows: of the first alone it would be another one in a file that is sorted otherwise.
        return tuple(sorted({row.stratum for row in self.rows}))

    def key(self, seed: int) -> bytes:
        """What the group is ordered by: of the seed and the images alone, wherever they stand in a file."""
        return hashlib.sha256(f"{seed}/{min(share for row in self.rows for share in row.shares)}".encode()).digest()


def draw(
    rows: Iterable[Drawn],
    *,
    seed: int,
    limit: int = 0,
    looks: int = 1,
    renamed: Mapping[tuple[int, str], str] | None = None,
) -> Sample:
    """Draw a sample of whole images.

    Args:
        rows: Every row.
        seed: Fixes the order of the images.
        limit: Items that are drawn at most, but never fewer than one image's; 0 for all.
        looks: Into how many parts of equally many images the sample is cut.
        renamed: What `Sample.renamed` says.
    """
    order = _order(_groups(rows), seed)
    kept = order[: _fitting([group.items for group in order], limit)]
    cuts = [round(look * len(kept) / looks) for look in range(looks + 1)]
    parts = [kept[start:end] for start, end in pairwise(cuts)]
    return Sample(
        looks=tuple(frozenset(row.position for group in part for row in group.rows) for part in parts),
        items=tuple(sum(group.items for group in part) for part in parts),
        images=tuple(sum(group.images for group in part) for part in parts),
        of_items=sum(group.items for group in order),
        of_images=sum(group.images for group in order),
        renamed=renamed or {},
    )


def _groups(rows: Iterable[Drawn]) -> Iterator[_Group]:
    leaders: dict[str, str] = {}

    def leader(name: str) -> str:
        while (above := leaders.setdefault(name, name)) != name:
            leaders[name] = name = leaders.setdefault(above, above)
        return name

    there = [row for row in rows if row.items]
    for row in there:
        for share in row.shares[1:]:
            leaders[leader(share)] = leader(row.shares[0])
    groups: defaultdict[str, list[Drawn]] = defaultdict(list)
    for row in there:
        groups[leader(row.shares[0])].append(row)
    return map(_Group, groups.values())


def _order(groups: Iterable[_Group], seed: int) -> list[_Group]:
    """The groups in the seed's order: each stratum spread evenly over the whole, by chance within its own slot."""
    strata: defaultdict[tuple[str, ...], list[tuple[bytes, _Group]]] = defaultdict(list)
    for group in groups:
        strata[group.stratum].append((group.key(seed), group))
    placed: list[tuple[float, bytes, _Group]] = []
    for members in strata.values():
        members.sort(key=lambda member: member[0])
        # Every group is as likely as any other to stand among the first so many, however small its stratum is.
        placed += [
            ((place + int.from_bytes(key[-8:], "big") / 2**64) / len(members), key, group)
            for place, (key, group) in enumerate(members)
        ]
    return [group for _, _, group in sorted(placed, key=lambda one: one[:2])]


def _fitting(sizes: Sequence[int], limit: int) -> int:
    """How many groups fit. The first that does not ends it: one taken in its place would be missing in a larger one."""
    items = 0
    for count, size in enumerate(sizes):
        items += size
        if limit and items > limit:
            return max(count, 1)
    return len(sizes)
