"""Pattern puzzles without words: matrices and sequences of shapes, with four options to choose from."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from prism_eval.twins.canvas import INK, RED, Sketch, around
from prism_eval.twins.questions import LETTERS, Question
from prism_eval.twins.scene import Scene

# By number of corners; every second one of a star lies further in.
SHAPES = {"circle": 0, "triangle": 3, "square": 4, "pentagon": 5, "hexagon": 6, "star": 10}
SHADES = {"white": "white", "gray": "#a7adb5", "black": INK}
_CELL = 96
_PLACES = {1: ((0, 0),), 2: ((-1, 0), (1, 0)), 3: ((-1, 1), (1, 1), (0, -1)), 4: ((-1, -1), (1, -1), (-1, 1), (1, 1))}


@dataclass(frozen=True, slots=True)
class Tile:
    """What one cell shows: some shapes of one sort and shade, and a pointer on the dial around them."""

    shape: str
    shade: str
    count: int = 1
    turn: int | None = None

    def __str__(self) -> str:
        words = f"{('no', 'one', 'two', 'three', 'four')[self.count]} {self.shade} {self.shape}"
        return words if self.turn is None else f"{words} with its pointer at {self.turn} degrees"


@dataclass(frozen=True, slots=True)
class Puzzle:
    """Tiles by rows of ``columns``, the last one missing, with the rule behind them and tiles that break it."""

    tag: str
    rule: str
    tiles: list[Tile]
    columns: int
    wrong: list[Tile]


def matrix(rng: random.Random) -> Puzzle:
    """3 x 3: the shape is the row's, the shade the column's, in a seeded order."""
    shapes, shades = rng.sample(list(SHAPES), 3), rng.sample(list(SHADES), 3)
    tiles = [Tile(shape, shade) for shape in shapes for shade in shades]
    # The wrong ones share the missing tile's row or column: each keeps half of the rule.
    return Puzzle("Attribute", "the shape goes by row and the shade by column", tiles, 3, [*tiles[6:8], *tiles[2:6:3]])


def counting(rng: random.Random) -> Puzzle:
    """3 x 3: the number grows or shrinks along each row, the shape changes from row to row."""
    shapes, shade = rng.sample(list(SHAPES), 3), rng.choice(list(SHADES))
    counts = rng.choice(((1, 2, 3), (2, 3, 4), (3, 2, 1), (4, 3, 2)))
    tiles = [Tile(shape, shade, count) for shape in shapes for count in counts]
    wrong = [replace(tiles[-1], count=count) for count in range(1, 5) if count != counts[-1]]
    return Puzzle("Quantity", "the number of shapes changes by one along each row", tiles, 3, wrong)


def turning(rng: random.Random) -> Puzzle:
    """Five in a row: a pointer turns by the same angle each time."""
    shape, shade, step = rng.choice(list(SHAPES)), rng.choice(list(SHADES)), rng.choice((45, 90, 135, 225, 270, 315))
    first = 45 * rng.randint(0, 7)
    tiles = [Tile(shape, shade, turn=(first + step * index) % 360) for index in range(5)]
    wrong = [replace(tiles[-1], turn=turn) for turn in range(0, 360, 45) if turn != tiles[-1].turn]
    return Puzzle("Position", f"the pointer turns by {step} degrees each time", tiles, 5, wrong)


def cycling(rng: random.Random) -> Puzzle:
    """Six in a row: three shapes repeat while the shade alternates."""
    shapes, shades = rng.sample(list(SHAPES), 3), rng.sample(list(SHADES), 2)
    tiles = [Tile(shapes[index % 3], shades[index % 2]) for index in range(6)]
    # The wrong ones have all been seen before: none is out for being new.
    return Puzzle("Style", "three shapes repeat while two shades alternate", tiles, 6, tiles[:4])


KINDS: tuple[Callable[[random.Random], Puzzle], ...] = (matrix, counting, turning, cycling)


def drawn(rng: random.Random, puzzle: Puzzle, name: str, gold: int) -> Scene:
    """The puzzle's picture: its tiles, a question mark for the last, and four options below, ``gold`` the right one.

    Its one question has the options' letters as answers, for they are only in the picture.
    """
    options = rng.sample(puzzle.wrong, 3)
    options.insert(gold, puzzle.tiles[-1])
    # The name makes the question another than the other puzzles', which are worded alike.
    question = Question(
        text=f"From the four given options of puzzle {name}, select the most suitable one to fill in the question "
        "mark to present a certain regularity.",
        answer=LETTERS[gold],
        fact="The most suitable one of the four given options to fill in the question mark of puzzle "
        f"{name} is option {LETTERS[gold]}.",
        pool=tuple(LETTERS[:4]),
    )
    shown = [f"Option {letter} shows {option}." for letter, option in zip(LETTERS, options, strict=False)]
    shown.append(f"The rule of puzzle {name}: {puzzle.rule}.")
    return Scene(_picture(puzzle, options, name), puzzle.tag, (*shown, question))


def _picture(puzzle: Puzzle, options: list[Tile], name: str) -> bytes:
    rows = len(puzzle.tiles) // puzzle.columns
    width = max(puzzle.columns * _CELL, 4 * (_CELL + 14)) + 60
    sketch = Sketch(width, rows * _CELL + _CELL + 160)
    sketch.text(width / 2, 24, f"Puzzle {name}", size=17, bold=True)
    for index, tile in enumerate(puzzle.tiles):
        x = (width - puzzle.columns * _CELL) / 2 + index % puzzle.columns * _CELL
        _draw_tile(sketch, None if tile is puzzle.tiles[-1] else tile, x, 48 + index // puzzle.columns * _CELL)
    for index, option in enumerate(options):
        x, y = width / 2 + (index - 2) * (_CELL + 14) + 7, 82 + rows * _CELL
        _draw_tile(sketch, option, x, y)
        sketch.text(x + _CELL / 2, y + _CELL + 20, LETTERS[index], size=18, bold=True)
    return sketch.png()


def _draw_tile(sketch: Sketch, tile: Tile | None, x: float, y: float) -> None:
    """A tile from its top left corner; a question mark where there is none."""
    sketch.box(x, y, _CELL, _CELL, "" if tile else "?", edge=INK, size=48, bold=True)
    if tile is None:
        return
    # Where there are several, or a dial around it, a shape is smaller.
    x, y, radius = x + _CELL / 2, y + _CELL / 2, _CELL * (0.28 if tile.count == 1 else 0.16)
    if tile.turn is not None:
        radius = _CELL * 0.17
        sketch.disc(x, y, _CELL * 0.4, width=1.5)
        sketch.arrow((x, y), around(x, y, _CELL * 0.4, tile.turn), colour=RED, width=3, head=13)
    for across, down in _PLACES[tile.count]:
        _draw_shape(sketch, tile, x + across * _CELL * 0.2, y + down * _CELL * 0.2, radius)


def _draw_shape(sketch: Sketch, tile: Tile, x: float, y: float, radius: float) -> None:
    corners, fill = SHAPES[tile.shape], SHADES[tile.shade]
    if corners == 0:
        sketch.disc(x, y, radius, fill=fill)
        return
    start, dents = 45 if corners == 4 else 90, 0.42 if tile.shape == "star" else 1.1
    reach = (1.1 * radius, dents * radius)
    sketch.polygon(*(around(x, y, reach[i % 2], start + 360 / corners * i) for i in range(corners)), fill=fill)
