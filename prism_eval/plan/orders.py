"""Asking a multiple-choice question under several orders of its options.

A model that leans towards a position scores by where the gold option happens to stand. Asked under several orders, the
lean averages out, and can be measured.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from math import factorial

from prism_eval.schema import Item, ItemKind, Verdict

Order = tuple[int, ...]
"""For each position as shown, the index of the option in the item's own order."""

_REFERS_TO_OTHERS = re.compile(r"\b(?:(?i:of the (?:above|below|previous|following))|[A-Z],? (?:and|or|nor|&) [A-Z])\b")


@dataclass(frozen=True)
class Orders:
    """Which orders each item is asked under.

    Attributes:
        count: Orders of a multiple-choice item, at most; fewer where its options have fewer.
        seed: What they are drawn with.
        fixed: Benchmarks whose letters stand in their images, and so cannot move.
        rotated: Whether the orders are whole rounds of rotations, so that each option, the gold one among them, stands
            in every position equally often: `rotations` says how many there are then.
    """

    count: int = 1
    seed: int = 0
    fixed: frozenset[str] = frozenset()
    rotated: bool = False

    def of(self, item: Item) -> list[Order]:
        """The item's orders, all different, its own first; each depends on the seed and the item alone."""
        own = _own_order(item)
        if self.count == 1 or not self.can_move(item):
            return [own]
        # Seeded by the item: its orders are the same whichever items are asked beside it.
        rng = random.Random(f"{self.seed}/{item.benchmark}/{item.id}")
        if self.rotated:
            return _rounds(len(item.options), self.count, rng)
        return drawn_orders(item, self.count, rng, first=(own,))

    def can_move(self, item: Item) -> bool:
        """Whether the item's options can be shown in another order than their own."""
        return item.benchmark not in self.fixed and _can_move(item)


def rotations(options: int, count: int) -> int:
    """How many orders a question has in whole rounds of rotations.

    A round has as many orders as there are options. There are as many as fit into ``count``, one at least, and no more
    than there are different ones: two options have 2 orders, three have 6.

    Args:
        options: Of the question.
        count: Orders that are wanted.
    """
    return options * max(1, min(count // options, factorial(options - 1)))


def _rounds(options: int, count: int, rng: random.Random) -> list[Order]:
    """Rounds of rotations, the item's own order first. Their neighbours differ from round to round."""
    rounds: list[Order] = [tuple(range(options))]
    while len(rounds) * options < rotations(options, count):
        # The first option stays where it is: of what is one order rotated, one is drawn.
        one = (0, *rng.sample(range(1, options), options - 1))
        if one not in rounds:
            rounds.append(one)
    return [one[turn:] + one[:turn] for one in rounds for turn in range(options)]


ONE_ORDER = Orders()
"""Every item in its own order alone."""


def drawn_orders(item: Item, count: int, rng: random.Random, *, first: tuple[Order, ...] = ()) -> list[Order]:
    """Orders of an item's options, all different: ``count`` of them, or as many as there are.

    Drawn rather than rotated: a rotation keeps neighbours together, and a distractor beside the gold may matter.

    Args:
        item: The item, its options in their own order.
        count: How many.
        rng: What to draw with.
        first: What the list begins with.
    """
    own = _own_order(item)
    if not _can_move(item):
        return [own]
    orders = list(first)
    while len(orders) < min(count, factorial(len(own))):
        order = tuple(rng.sample(own, len(own)))
        if order not in orders:
            orders.append(order)
    return orders


def _own_order(item: Item) -> Order:
    return tuple(range(len(item.options)))


def _can_move(item: Item) -> bool:
    # "Both A and B" and "none of the above" are true of one order only.
    return item.kind is ItemKind.CHOICE and not any(_REFERS_TO_OTHERS.search(option) for option in item.options)


def reorder(item: Item, order: Order) -> Item:
    """The item with its options in the order, and its gold letters moved with them."""
    if order == _own_order(item):
        return item
    letters = item.letters
    shown_as = {letters[original]: letters[position] for position, original in enumerate(order)}
    return replace(
        item,
        options=tuple(item.options[original] for original in order),
        golds=tuple(shown_as.get(gold, gold) for gold in item.golds),
    )


def gold_position(shown: Item) -> int | None:
    """Where the right option stands, from 0; ``None`` where there is none to pick, or more than one."""
    if shown.kind is not ItemKind.CHOICE or len(shown.golds) != 1 or shown.golds[0] not in shown.letters:
        return None
    return shown.letters.index(shown.golds[0])


def restore(verdict: Verdict, item: Item, order: Order) -> tuple[Verdict, int | None]:
    """A verdict with its letter as in the item's own order, and the position that was picked, from 0.

    Args:
        verdict: The verdict on the item as it was shown.
        item: The item in its own order.
        order: The order it was shown in.

    Returns:
        The verdict, and ``None`` in place of the position where no option was picked.
    """
    if item.kind is not ItemKind.CHOICE or verdict.extracted not in item.letters:
        return verdict, None
    position = item.letters.index(verdict.extracted)
    return replace(verdict, extracted=item.letters[order[position]]), position
