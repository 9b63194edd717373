"""matplotlib figures without pyplot, and without the user's own matplotlib settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from prism_eval.twins.canvas import encoded

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@contextmanager
def plain_style() -> Iterator[None]:
    """Matplotlib as it ships, whatever the user's own settings, so that twins agree between machines."""
    import matplotlib as mpl

    shipped: dict[Any, Any] = {key: value for key, value in mpl.rcParamsDefault.items() if key != "backend"}
    with mpl.rc_context(shipped):
        yield


def figure(width: int, height: int) -> Figure:
    """An empty figure of ``width`` x ``height`` pixels whose parts are kept from overlapping."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12, wspace=0.03, hspace=0.03)
    made = Figure(figsize=(width / 100, height / 100), dpi=100, layout=engine)
    FigureCanvasAgg(made)
    return made


def figure_png(made: Figure) -> bytes:
    """A figure's pixels, encoded."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = made.canvas
    if not isinstance(canvas, FigureCanvasAgg):  # pragma: no cover - `figure` always attaches one
        raise TypeError("the figure was not made by canvas.figure()")
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = bytes(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return encoded(Image.frombytes("RGBA", canvas.get_width_height(), pixels).convert("RGB"))
