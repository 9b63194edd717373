"""A leaderboard made readable: in the terminal, and as one HTML file."""

from __future__ import annotations

from prism_eval.report.html import REPORT, write_html
from prism_eval.report.terminal import LeaderboardView

__all__ = ["REPORT", "LeaderboardView", "write_html"]
