"""Which questions a caption is asked, and with which order of their options: drawn by a seed, and balanced."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from prism_eval.plan import Order, drawn_orders
from prism_eval.schema import Item


@dataclass(frozen=True, slots=True)
class Draw:
    """One question to be asked.

    Attributes:
        question: Its place among the image's questions, from 0.
        order: For each position as shown, the place of the option in the question's own order.
        sample: Which of the asks in the very same words this is, from 0.
    """

    question: int
    order: Order
    sample: int = 0


def draw(items: Sequence[Item], count: int | None, rng: random.Random, *, replace: bool = False) -> tuple[Draw, ...]:
    """Draw what is asked.

    No question comes a second time before every other has come once, and no order of its options a second time before
    all have come: with two questions and eight asks, each is asked four times, in four different orders.

    Args:
        items: The image's questions, each with its options in their own order.
        count: How many to ask; ``None`` for each question once.
        rng: What to draw with.
        replace: Whether any question may come again at any time, as CapRL draws them.
    """
    wanted = len(items) if count is None else count
    if replace and count is not None:
        places = [rng.randrange(len(items)) for _ in range(wanted)]
    else:
        places = []
        while len(places) < wanted:
            places += rng.sample(range(len(items)), len(items))
    asked = Counter(places[:wanted])
    orders = {place: drawn_orders(items[place], times, rng) for place, times in sorted(asked.items())}
    met: Counter[int] = Counter()
    draws = []
    for place in places[:wanted]:
        number, known = met[place], orders[place]
        draws.append(Draw(place, known[number % len(known)], number // len(known)))
        met[place] += 1
    return tuple(draws)
