"""How much of what a model answers with the image its captions carry: (caption - blind) / (direct - blind)."""

from __future__ import annotations

from prism_eval.leaderboard.awaited import Ratio

Recovery = Ratio
