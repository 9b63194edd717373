"""matplotlib figures without pyplot, in a style of ours instead of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from prism_eval.twins.canvas import encoded

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

_STYLE = {
    "axes.axisbelow": True, "axes.labelsize": 12, "axes.titlesize": 14, "font.size": 11, "grid.color": "#dde1e6",
    "legend.fontsize": 10, "lines.linewidth": 2.2,
}  # fmt: skip


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

    # A figure knows its canvas only by the base class, which has no pixels.
    canvas = cast("FigureCanvasAgg", made.canvas)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = bytes(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    # Nothing is to show through a chart, and files without transparency are smaller.
    return encoded(Image.frombytes("RGBA", canvas.get_width_height(), pixels).convert("RGB"))
