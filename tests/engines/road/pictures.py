"""Simple pictures, what is true of each, and a benchmark that asks about them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from PIL import Image as Pillow
from PIL import ImageDraw

SIZE = 56
"""Pixels of a side: what the tiny model's eye takes without scaling."""
COLOURS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {"red": (210, 40, 40), "green": (40, 160, 60), "blue": (50, 70, 210), "black": (30, 30, 30)}
)
FORMS = ("circle", "square", "triangle", "cross")
PLACES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"top left": (15, 15), "top right": (41, 15), "bottom left": (15, 41), "bottom right": (41, 41)}
)
QUESTIONS: Mapping[str, tuple[str, str, Sequence[str]]] = MappingProxyType(
    {
        "colour": ("Which colour does the shape have?", "{}", tuple(COLOURS)),
        "form": ("What does the picture show?", "a {}", FORMS),
        "place": ("Where is the shape?", "in the {} corner", tuple(PLACES)),
    }
)
"""What is asked of each picture: the question, what an option says, and of what."""


@dataclass(frozen=True)
class Scene:
    """What a picture shows."""

    colour: str
    form: str
    place: str

    @property
    def sentence(self) -> str:
        """All that is asked about it."""
        return f"The picture shows a {self.colour} {self.form} in the {self.place} corner."

    def drawn(self, rng: random.Random) -> Pillow.Image:
        """The picture; where exactly, how large and in which shade the generator decides."""
        ground = tuple(rng.randint(215, 255) for _ in range(3))
        fill = tuple(max(0, min(255, part + rng.randint(-20, 20))) for part in COLOURS[self.colour])
        picture = Pillow.new("RGB", (SIZE, SIZE), ground)
        x, y = (middle + rng.randint(-3, 3) for middle in PLACES[self.place])
        self._shape(ImageDraw.Draw(picture), x, y, rng.randint(9, 11), fill)
        return picture

    def _shape(self, draw: ImageDraw.ImageDraw, x: int, y: int, half: int, fill: tuple[int, ...]) -> None:
        box = (x - half, y - half, x + half, y + half)
        match self.form:
            case "circle":
                draw.ellipse(box, fill=fill)
            case "square":
                draw.rectangle(box, fill=fill)
            case "triangle":
                draw.polygon([(x, y - half), (x + half, y + half), (x - half, y + half)], fill=fill)
            case "cross":
                draw.rectangle((x - half, y - 3, x + half, y + 3), fill=fill)
                draw.rectangle((x - 3, y - half, x + 3, y + half), fill=fill)


def all_scenes() -> Iterator[Scene]:
    """Every scene there is."""
    return (Scene(colour, form, place) for colour in COLOURS for form in FORMS for place in PLACES)


def asked_about() -> Iterator[Scene]:
    """A quarter of them, in which each two features go together once: whoever guesses is right on a quarter."""
    places = tuple(PLACES)
    for row, colour in enumerate(COLOURS):
        for column, form in enumerate(FORMS):
            yield Scene(colour, form, places[(row + column) % len(places)])


def write_benchmark(folder: Path, *, pictures: int = 2, seed: int = 1) -> Path:
    """Write pictures and three questions on each, as `shapes.toml` describes them.

    Args:
        folder: Where the data of benchmarks is.
        pictures: How many times each scene is drawn.
        seed: Of the drawing. Those that were trained on have another: shades and places differ.

    Returns:
        The folder.
    """
    rng = random.Random(seed)
    images = folder / "shapes" / "images"
    images.mkdir(parents=True)
    rows = []
    for scene in [scene for scene in asked_about() for _ in range(pictures)]:
        name = f"{len(rows) // len(QUESTIONS)}.png"
        scene.drawn(rng).save(images / name)
        for feature, (question, option, values) in QUESTIONS.items():
            options, answer = [option.format(value) for value in values], option.format(getattr(scene, feature))
            row = {"id": f"{name}/{feature}", "image": name, "question": question, "options": options, "answer": answer}
            rows.append({**row, "facts": [[scene.sentence]]})
    (folder / "shapes" / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder
