"""What every maker makes: a picture, with all that is said and asked about it."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from prism_eval.twins.canvas import Sketch, encoded
from prism_eval.twins.questions import Question

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

Said = Iterable[Question | str]
"""The questions about a picture, best first, and statements of what else is seen, which answer none of them."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A rendered picture, what it is about as its benchmark would file it, and what is said about it."""

    png: bytes = field(repr=False)
    subject: str
    said: tuple[Question | str, ...]

    @property
    def questions(self) -> list[Question]:
        """The questions, best first."""
        return [one for one in self.said if isinstance(one, Question)]

    @property
    def facts(self) -> list[str]:
        """Every statement once, in order."""
        return list(dict.fromkeys(one if isinstance(one, str) else one.fact for one in self.said))


Maker = Callable[[random.Random], Scene]
T = TypeVar("T")
_STYLE = {
    "axes.axisbelow": True, "axes.labelsize": 12, "axes.titlesize": 14, "font.size": 11, "grid.color": "#dde1e6",
    "legend.fontsize": 10, "lines.linewidth": 2.2,
}  # fmt: skip
_Draw = Callable[[T, random.Random], Said]


def drawn(subject: str, width: int, height: int, *, paper: str = "white") -> Callable[[_Draw[Sketch]], Maker]:
    """Make a maker of a function that draws on an empty sketch and says what is to be asked about it."""

    def blank() -> tuple[Sketch, Callable[[], bytes]]:
        sketch = Sketch(width, height, paper=paper)
        return sketch, sketch.png

    return lambda draw: _maker(draw, subject, blank)


def plotted(subject: str, width: int, height: int) -> Callable[[_Draw[Axes]], Maker]:
    """Make a maker of a function that plots on empty axes and says what is to be asked about it."""

    def blank() -> tuple[Axes, Callable[[], bytes]]:
        made = figure(width, height)
        return made.add_subplot(), lambda: figure_png(made)

    return lambda plot: _maker(plot, subject, blank)


def _maker(draw: _Draw[T], subject: str, blank: Callable[[], tuple[T, Callable[[], bytes]]]) -> Maker:
    @functools.wraps(draw)
    def make(rng: random.Random) -> Scene:
        paper, png = blank()
        # Drawing goes on between what is said, so all of it is said before the picture is taken.
        said = tuple(draw(paper, rng))
        return Scene(png(), subject, said)

    return make


def scenes(rng: random.Random, makers: Iterable[Maker]) -> Iterator[Scene]:
    """A scene of each maker; drawn again where it would ask what an earlier one asked."""
    seen: set[str] = set()
    for make in makers:
        scene = make(rng)
        while not seen.isdisjoint(question.text for question in scene.questions):
            scene = make(rng)
        seen.update(question.text for question in scene.questions)
        yield scene


def asked(rng: random.Random, makers: Iterable[Maker], each: int = 2) -> Iterator[tuple[int, Scene, Question]]:
    """The best ``each`` questions about a scene of each maker, with the scene and its number from 1."""
    for page, scene in enumerate(scenes(rng, makers), start=1):
        for question in scene.questions[:each]:
            yield page, scene, question


@contextmanager
def plain_style() -> Iterator[None]:
    """Matplotlib with our own few settings, whatever the user's own settings, so that twins agree between machines."""
    import matplotlib as mpl

    # Setting the backend, even to itself, would load pyplot.
    shipped: dict[Any, Any] = {key: value for key, value in mpl.rcParamsDefault.items() if key != "backend"}
    with mpl.rc_context(shipped | _STYLE):
        yield


def figure(width: int, height: int) -> Figure:
    """An empty figure of ``width`` x ``height`` pixels whose parts are kept from overlapping."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12, wspace=0.03, hspace=0.03)
    made = Figure(figsize=(width / 100, height / 100), dpi=100, layout=engine)
    # Not by pyplot, which would keep every figure alive and look for a display.
    FigureCanvasAgg(made)
    return made


def figure_png(made: Figure) -> bytes:
    """The pixels of a figure that `figure` made, encoded."""
    from PIL import Image

    canvas = cast("FigureCanvasAgg", made.canvas)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = bytes(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return encoded(Image.frombytes("RGBA", canvas.get_width_height(), pixels).convert("RGB"))
