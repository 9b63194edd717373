"""Pattern puzzles without words: matrices, sequences and groups of shapes with four options to choose from."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from prism_eval.twins.canvas import Sketch, around
from prism_eval.twins.scene import LETTERS, Question, Scene

SHAPES = {"circle": 0, "triangle": 3, "square": 4, "pentagon": 5, "hexagon": 6, "star": 10}
SHADES = {"white": "white", "gray": "#a7adb5", "black": "#1d2733"}


@dataclass(frozen=True, slots=True)
class Tile:
    """What one cell shows: some shapes of one sort and shade, and a pointer on the dial around them."""

    shape: str
    shade: str
    count: int = 1
    turn: int | None = None

    def __str__(self) -> str:
        """The tile in words, without an article."""
        words = f"{('no', 'one', 'two', 'three', 'four')[self.count]} {self.shade} {self.shape}"
        return words if self.turn is None else f"{words} with its pointer at {self.turn} degrees"


@dataclass(frozen=True, slots=True)
class Puzzle:
    """A row or matrix of tiles, the last one missing, with the rule behind it."""

    tag: str
    rule: str
    tiles: tuple[Tile, ...]
    columns: int
    wrong: tuple[Tile, ...]


def matrix(rng: random.Random) -> Puzzle:
    """3 x 3: the shape is the row's, the shade the column's, in a seeded order."""
    shapes, shades = rng.sample(list(SHAPES), 3), rng.sample(list(SHADES), 3)
    tiles = tuple(Tile(shape, shade) for shape in shapes for shade in shades)
    wrong = [
        Tile(shapes[2], shades[0]),
        Tile(shapes[2], shades[1]),
        Tile(shapes[0], shades[2]),
        Tile(shapes[1], shades[2]),
    ]
    return Puzzle("Attribute", "the shape goes by row and the shade by column", tiles, 3, tuple(wrong))


def counting(rng: random.Random) -> Puzzle:
    """3 x 3: the number grows or shrinks along each row, the shape changes from row to row."""
    shapes, shade = rng.sample(list(SHAPES), 3), rng.choice(list(SHADES))
    counts = rng.choice(((1, 2, 3), (2, 3, 4), (3, 2, 1), (4, 3, 2)))
    tiles = tuple(Tile(shape, shade, count) for shape in shapes for count in counts)
    gold = tiles[-1]
    wrong = [replace(gold, count=count) for count in (1, 2, 3, 4) if count != gold.count]
    return Puzzle("Quantity", "the number of shapes changes by one along each row", tiles, 3, tuple(wrong))


def turning(rng: random.Random) -> Puzzle:
    """Five in a row: a pointer turns by the same angle each time."""
    shape, shade, step = rng.choice(list(SHAPES)), rng.choice(list(SHADES)), rng.choice((45, 90, 135, 225, 270, 315))
    first = 45 * rng.randint(0, 7)
    tiles = tuple(Tile(shape, shade, turn=(first + step * index) % 360) for index in range(5))
    gold = tiles[-1]
    wrong = [replace(gold, turn=45 * turn) for turn in range(8) if 45 * turn != gold.turn]
    return Puzzle("Position", f"the pointer turns by {step} degrees each time", tiles, 5, tuple(wrong))


def cycling(rng: random.Random) -> Puzzle:
    """Six in a row: three shapes repeat while the shade alternates."""
    shapes, (one, two) = rng.sample(list(SHAPES), 3), rng.sample(list(SHADES), 2)
    tiles = tuple(Tile(shapes[index % 3], (one, two)[index % 2]) for index in range(6))
    gold = tiles[-1]
    wrong = [Tile(gold.shape, one), Tile(shapes[0], two), Tile(shapes[1], two), Tile(shapes[0], one)]
    return Puzzle("Style", "three shapes repeat while two shades alternate", tiles, 6, tuple(wrong))


KINDS: tuple[Callable[[random.Random], Puzzle], ...] = (matrix, counting, turning, cycling)


def drawn(rng: random.Random, puzzle: Puzzle, name: str, gold: int) -> Scene:
    """The puzzle's picture: its tiles, a question mark for the last, and four options below, ``gold`` the right one.

    Its one question has the options' letters as answers, for they are only in the picture.
    """
    wrong = rng.sample(puzzle.wrong, 3)
    options = [*wrong[:gold], puzzle.tiles[-1], *wrong[gold:]]
    letter = LETTERS[gold]
    asides = [f"Option {LETTERS[index]} shows {option}." for index, option in enumerate(options)]
    question = Question(
        text=f"From the four given options of puzzle {name}, select the most suitable one to fill in the question mark "
        "to present a certain regularity.",
        answer=letter,
        fact="The most suitable one of the four given options to fill in the question mark "
        f"of puzzle {name} is option {letter}.",
        wrong=tuple(other for other in LETTERS[:4] if other != letter),
        kind=puzzle.tag,
    )  # fmt: skip
    asides.append(f"The rule of puzzle {name}: {puzzle.rule}.")
    return Scene(png=_picture(puzzle, options, name), subject=puzzle.tag, questions=(question,), asides=tuple(asides))


def _picture(puzzle: Puzzle, options: list[Tile], name: str) -> bytes:
    cell = 96
    rows = len(puzzle.tiles) // puzzle.columns
    width = max(puzzle.columns * cell, 4 * (cell + 14)) + 60
    sketch = Sketch(width, rows * cell + cell + 160)
    sketch.text(width / 2, 24, f"Puzzle {name}", size=17, bold=True)
    left = (width - puzzle.columns * cell) / 2
    for index, tile in enumerate(puzzle.tiles):
        x, y = left + index % puzzle.columns * cell, 48 + index // puzzle.columns * cell
        sketch.box(x, y, cell, cell, edge="#1d2733")
        if index == len(puzzle.tiles) - 1:
            sketch.text(x + cell / 2, y + cell / 2, "?", size=48, bold=True)
        else:
            draw_tile(sketch, tile, x + cell / 2, y + cell / 2, cell=cell)
    left = (width - 4 * cell - 42) / 2
    for index, tile in enumerate(options):
        x, y = left + index * (cell + 14), 48 + rows * cell + 34
        sketch.box(x, y, cell, cell, edge="#1d2733")
        draw_tile(sketch, tile, x + cell / 2, y + cell / 2, cell=cell)
        sketch.text(x + cell / 2, y + cell + 20, LETTERS[index], size=18, bold=True)
    return sketch.png()


def draw_tile(sketch: Sketch, tile: Tile, x: float, y: float, *, cell: float) -> None:
    """Draw a tile's shapes around a point."""
    places = {1: [(0, 0)], 2: [(-1, 0), (1, 0)], 3: [(-1, 1), (1, 1), (0, -1)], 4: [(-1, -1), (1, -1), (-1, 1), (1, 1)]}
    radius = cell * (0.28 if tile.count == 1 else 0.16)
    if tile.turn is not None:
        sketch.disc(x, y, cell * 0.4, width=1.5)
        sketch.arrow((x, y), around(x, y, cell * 0.4, tile.turn), colour="#b3261e", width=3, head=13)
        radius = cell * 0.17
    for across, down in places[tile.count]:
        x_here, y_here = x + across * cell * 0.2, y + down * cell * 0.2
        draw_shape(sketch, tile.shape, x_here, y_here, fill=SHADES[tile.shade], radius=radius)


def draw_shape(sketch: Sketch, shape: str, x: float, y: float, *, fill: str, radius: float) -> None:
    """Draw one of `SHAPES` around a point."""
    corners = SHAPES[shape]
    if corners == 0:
        sketch.disc(x, y, radius, fill=fill)
        return
    reach = [radius * (0.42 if shape == "star" and index % 2 else 1.1) for index in range(corners)]
    start = 45 if shape == "square" else 90
    points = [around(x, y, reach[index], start + 360 / corners * index) for index in range(corners)]
    sketch.polygon(*points, fill=fill)
