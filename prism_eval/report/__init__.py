"""A leaderboard made readable: in the terminal, and as one HTML file."""

from __future__ import annotations

from prism_eval.report.html import write_html
from prism_eval.report.terminal import LeaderboardView

__all__ = ["LeaderboardView", "write_html"]
