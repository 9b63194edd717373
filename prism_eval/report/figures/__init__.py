"""Plots with two axes, drawn by matplotlib and made part of the page."""

from __future__ import annotations

from prism_eval.report.figures.dots import SHAPES, difference_dots, says_little
from prism_eval.report.figures.lean import position_lean
from prism_eval.report.figures.scatter import Mark, score_against
from prism_eval.report.figures.timeline import draw_timeline, score_history

__all__ = [
    "SHAPES",
    "Mark",
    "difference_dots",
    "draw_timeline",
    "position_lean",
    "says_little",
    "score_against",
    "score_history",
]
