"""How far answers lean towards a position of the options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from prism_eval.leaderboard import PositionBias
from prism_eval.report.figures.dots import SHAPES
from prism_eval.report.figures.svg import QUIET, RULE, SERIES, canvas, inline
from prism_eval.report.scale import scale_of, signed
from prism_eval.schema import option_letters

if TYPE_CHECKING:
    from markupsafe import Markup

_WIDTH, _HEIGHT = 560, 300


def position_lean(name: str, biases: Mapping[str, PositionBias]) -> Markup:
    """A line a captioner: by position, the share of picks minus the share that no lean would give.

    Args:
        name: What no other figure of the page is called.
        biases: By captioner; at most `SHAPES` of them.
    """
    leans = {label: [100 * (share.picked - share.even) for share in bias.shares] for label, bias in biases.items()}
    longest = max(map(len, leans.values()))
    scale = scale_of([0.0, *(lean for known in leans.values() for lean in known)])
    with canvas(_WIDTH, _HEIGHT) as figure:
        axes = figure.add_axes((0.11, 0.17, 0.86, 0.66))
        axes.set_xlabel("position of the option as shown")
        axes.set_ylabel("picked more than even, points")
        axes.set_xlim(-0.5, longest - 0.5)
        axes.set_xticks(range(longest), option_letters(longest))
        axes.set_ylim(scale.low, scale.high)
        axes.set_yticks(scale.ticks, map(signed, scale.ticks))
        axes.grid(visible=True, axis="y", color=RULE)
        axes.axhline(0, color=QUIET, linewidth=1.2)
        for place, (label, known) in enumerate(leans.items()):
            axes.plot(known, color=SERIES[place], marker=SHAPES[place], markersize=6, linewidth=1.2, label=label)
        figure.legend(loc="upper left", ncols=3, frameon=False, fontsize=11, borderaxespad=0.1)
        return inline(figure, name, "Share of picks by position beside an even share; the table has the numbers")
