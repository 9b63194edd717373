"""What every maker makes: a picture, with all that is said and asked about it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from prism_eval.twins.canvas import Sketch
from prism_eval.twins.questions import Question

Said = Iterable[Question | str]
"""The questions about a picture, and statements of what else is seen, which answer none of them."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A rendered picture, what it is about as its benchmark would file it, and what is said about it."""

    png: bytes = field(repr=False)
    subject: str
    said: tuple[Question | str, ...]

    @property
    def questions(self) -> list[Question]:
        """What can be asked."""
        return [one for one in self.said if isinstance(one, Question)]

    @property
    def facts(self) -> list[str]:
        """Every statement once, in order."""
        return list(dict.fromkeys(one if isinstance(one, str) else one.fact for one in self.said))


Maker = Callable[[random.Random], Scene]


def drawn(
    subject: str, width: int, height: int, *, paper: str = "white"
) -> Callable[[Callable[[Sketch, random.Random], Said]], Maker]:
    """Make a maker of a function that draws on an empty sketch and says what is to be asked about it."""

    def maker(draw: Callable[[Sketch, random.Random], Said]) -> Maker:
        def make(rng: random.Random) -> Scene:
            sketch = Sketch(width, height, paper=paper)
            # Drawing goes on between what is said, so all of it is said before the picture is taken.
            said = tuple(draw(sketch, rng))
            return Scene(sketch.png(), subject, said)

        return make

    return maker


def scenes(rng: random.Random, makers: Iterable[Maker]) -> Iterator[Scene]:
    """A scene of each maker; drawn again where it would ask what an earlier one asked."""
    seen: set[str] = set()
    for make in makers:
        scene = make(rng)
        # The pools of names are small: two pictures of one maker may be about the same one.
        while not seen.isdisjoint(question.text for question in scene.questions):
            scene = make(rng)
        seen.update(question.text for question in scene.questions)
        yield scene


def asked(rng: random.Random, makers: Iterable[Maker], each: int = 2) -> Iterator[tuple[int, Scene, Question]]:
    """``each`` of the questions about a scene of each maker, with the scene and its number from 1."""
    for page, scene in enumerate(scenes(rng, makers), start=1):
        for question in rng.sample(scene.questions, each):
            yield page, scene, question
