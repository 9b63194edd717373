"""Readers whose replies a test decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from prism_eval.reasoners import Reasoner
from prism_eval.schema import Answer, Caption, Item

COLOUR = {"question": "What colour is the car?", "choices": ["red", "blue", "green", "black"], "answer": "B"}
DOGS = {"question": "How many dogs are there?", "choices": ["one", "two", "three", "four"], "answer": "C"}
SHOP = {"question": "Is the shop open?", "choices": ["Yes", "No"], "answer": "A"}


@dataclass(kw_only=True)
class Scripted(Reasoner):
    """Replies what a function says, and takes down what it was asked."""

    name = "scripted"

    says: Callable[[Caption, Item], str | BaseException]
    asked: list[tuple[Caption, Item, int]] = field(default_factory=list)

    @property
    def identity(self):
        return {"plugin": "scripted"}

    async def answer(self, caption, item, *, sample):
        self.asked.append((caption, item, sample))
        said = self.says(caption, item)
        if isinstance(said, BaseException):
            raise said
        return Answer(said)


def letter_of(item: Item, text: str) -> str:
    """The letter under which an option is shown."""
    if item.options:
        return item.letters[item.options.index(text)]
    return next(line[5] for line in item.question.split("\n") if line[8:] == text)


def finds(caption: Caption, item: Item) -> str:
    """Pick the option that the caption names, and else say that it does not."""
    named = [option for option in item.options[:-1] if option in caption.text.split()]
    return f"Answer: {letter_of(item, named[0]) if named else item.abstain}"
