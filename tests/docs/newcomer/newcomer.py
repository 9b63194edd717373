"""One of each that docs/design/walk.md names, in a package from outside."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Pillow

from prism_eval import Caption, Captioner, Engine, Image, Item, Scorer
from prism_eval.benchmarks.catalogue import read_definition
from prism_eval.benchmarks.definition import Definition
from prism_eval.leaderboard import Column
from prism_eval.schema import Completion, Request
from prism_eval.scoring.base import Comparison


@dataclass(kw_only=True)
class Size(Captioner):
    """Says how wide the image is."""

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        with Pillow.open(io.BytesIO(images[0].data)) as picture:
            return Caption(f"It is {picture.width} wide.")


@dataclass(kw_only=True)
class Parrot(Engine):
    """Says the word that is its model's name, as an answer."""

    async def generate(self, request: Request) -> Completion:
        return Completion(f"Answer: {self.model}")


@dataclass(kw_only=True)
class Closeness(Scorer):
    """The smaller of two numbers as a share of the larger."""

    def compare(self, item: Item, extracted: str) -> Comparison:
        low, high = sorted((float(item.golds[0]), float(extracted)))
        return Comparison(low / high)

    def parse(self, item: Item, reply: str) -> str | None:
        return None


per_word = Column(
    name="points_per_word",
    title="Points per word",
    heading="per word",
    value=lambda row: 100 * row.mean.value / row.words_mean if row.mean and row.words_mean else None,
    write="{:.2f}".format,
    shown=frozenset({"summary", "captions"}),
)


def tickets(name: str) -> Definition:
    return read_definition(Path(__file__).with_name("tickets.toml"))
