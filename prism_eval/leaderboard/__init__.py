"""Runs and statistics made into tables: captioners ranked with uncertainty."""

from __future__ import annotations

from prism_eval.leaderboard.against import Against
from prism_eval.leaderboard.board import Leaderboard
from prism_eval.leaderboard.building import build
from prism_eval.leaderboard.column import AnyColumn, Column
from prism_eval.leaderboard.own import OwnNumbers
from prism_eval.leaderboard.published import PublishedRow
from prism_eval.leaderboard.questions import question_scores
from prism_eval.leaderboard.rows import Cell, GapClosed, PositionBias, Row
from prism_eval.leaderboard.sizes import Size

__all__ = [
    "Against",
    "AnyColumn",
    "Cell",
    "Column",
    "GapClosed",
    "Leaderboard",
    "OwnNumbers",
    "PositionBias",
    "PublishedRow",
    "Row",
    "Size",
    "build",
    "question_scores",
]
