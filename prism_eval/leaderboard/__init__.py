"""Runs and statistics made into tables: captioners ranked with uncertainty."""

from __future__ import annotations

from prism_eval.leaderboard.board import Cell, Leaderboard, PositionBias, PositionShare, Row
from prism_eval.leaderboard.ranking import build

__all__ = ["Cell", "Leaderboard", "PositionBias", "PositionShare", "Row", "build"]
