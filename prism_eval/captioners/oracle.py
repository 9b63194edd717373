"""`oracle` states what a synthetic scene shows, as completely and as truly as it is told to."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from prism_eval.captioners.base import Captioner
from prism_eval.errors import PermanentError, UsageError
from prism_eval.plugins import from_plan
from prism_eval.plugins.identity import digest_of
from prism_eval.schema import Caption, Image

# With its thousands and decimals one number; not inside a word: the 2 of CO2 is no quantity.
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,]\d+)*")
# A capital that does not begin a sentence: in the twins' plain sentences, a name.
_NAME = re.compile(r"(?<=[^.!?] )[A-Z]\w+")


@dataclass(kw_only=True)
class Oracle(Captioner):
    """A captioner of known quality, for synthetic twins: it checks that a leaderboard ranks as it should.

    Facts kept at one recall are kept at every higher one, and which facts are distorted does not depend on recall.

    Attributes:
        recall: The chance that a fact is stated, each on its own, in [0, 1].
        hallucination: The chance that a stated fact has a number or a name of another fact in place of its own,
            in [0, 1].
        seed: Together with the image and the sample, decides which facts those are.

    Raises:
        UsageError: ``recall`` or ``hallucination`` is outside [0, 1].
    """

    recall: float = 1.0
    hallucination: float = 0.0
    seed: int = from_plan("seed", default=0)

    def __post_init__(self) -> None:
        for name in ("recall", "hallucination"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise UsageError(f"oracle: {name}={value} will not do: give a number from 0 to 1")

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """State the images' facts, one a line.

        Raises:
            PermanentError: An image has no facts, as only the synthetic twins' do.
        """
        return Caption("\n\n".join(self._state(image, sample) for image in images))

    def seen(self, images: Sequence[Image]) -> Sequence[object]:
        """The images and their facts: two data sets may show one picture and say different things of it."""
        return [[image.digest, digest_of(image.facts)] for image in images]

    def _state(self, image: Image, sample: int) -> str:
        if image.facts is None:
            raise PermanentError(f"oracle needs synthetic twins; image {image.label} has no facts")
        stated = []
        for index, fact in enumerate(image.facts):
            # A generator for each fact, and both draws made whether needed or not: a higher recall then adds to the
            # facts of a lower one, and the same facts are distorted. Text seeds are hashed alike on every machine.
            rng = random.Random(f"{self.seed}/{image.digest}/{sample}/{index}")
            kept, distorted = rng.random() < self.recall, rng.random() < self.hallucination
            if kept:
                stated.append(_distort(fact, image.facts, rng) if distorted else fact)
        return "\n".join(stated)


def _distort(fact: str, facts: Sequence[str], rng: random.Random) -> str:
    """The fact with one number or name replaced by one that only other facts hold; as it is if there is none."""
    swaps: list[tuple[tuple[int, int], list[str]]] = []
    for pattern in (_NUMBER, _NAME):
        own = set(pattern.findall(fact))
        # Sorted, since a set of texts has another order in every process.
        pool = sorted({word for other in facts for word in pattern.findall(other)} - own)
        swaps += [(match.span(), pool) for match in pattern.finditer(fact) if pool]
    if not swaps:
        return fact
    (start, end), pool = swaps[rng.randrange(len(swaps))]
    return fact[:start] + rng.choice(pool) + fact[end:]
