"""How far answers lean towards a position of the options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from prism_eval.report.figures.dots import SHAPES
from prism_eval.report.figures.svg import QUIET, RULE, SERIES, canvas, inline
from prism_eval.report.scale import scale_of, signed
from prism_eval.schema import option_letters
from prism_eval.statistics import Lean

if TYPE_CHECKING:
    from markupsafe import Markup

_WIDTH, _HEIGHT = 560, 300
_SIDE = 0.11
"""How far the dots of one position stand apart, of the way to the next position."""


def position_lean(name: str, leans: Mapping[str, Lean]) -> Markup:
    """A dot with its interval a position and captioner: the share of picks less the share that no lean would give.

    Args:
        name: What no other figure of the page is called.
        leans: By captioner; at most `SHAPES` of them.
    """
    longest = max(len(lean.positions) for lean in leans.values())
    ends = [100 * end for lean in leans.values() for one in lean.positions for end in (one.low, one.high)]
    scale = scale_of([0.0, *ends])
    with canvas(_WIDTH, _HEIGHT) as figure:
        axes = figure.add_axes((0.11, 0.17, 0.86, 0.66))
        axes.set_xlabel("position of the option as shown")
        axes.set_ylabel("picked more than due, points")
        axes.set_xlim(-0.5, longest - 0.5)
        axes.set_xticks(range(longest), option_letters(longest))
        axes.set_ylim(scale.low, scale.high)
        axes.set_yticks(scale.ticks, map(signed, scale.ticks))
        axes.grid(visible=True, axis="y", color=RULE)
        axes.axhline(0, color=QUIET, linewidth=1.2)
        for place, (label, lean) in enumerate(leans.items()):
            shift = (place - (len(leans) - 1) / 2) * _SIDE
            for position, one in enumerate(lean.positions):
                x = position + shift
                axes.plot([x, x], [100 * one.low, 100 * one.high], color=SERIES[place], linewidth=1.3)
            axes.plot(
                [position + shift for position in range(len(lean.positions))],
                [100 * (one.picked - one.expected) for one in lean.positions],
                linestyle="none",
                marker=SHAPES[place],
                markersize=6,
                color=SERIES[place],
                label=label,
            )
        figure.legend(loc="upper left", ncols=3, frameon=False, fontsize=11, borderaxespad=0.1)
        return inline(figure, name, "Share of picks by position beside the share due; the table has the numbers")
