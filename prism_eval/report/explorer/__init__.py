"""Look for yourself: every question with its picture, each captioner's caption and reply, and how it was read."""

from __future__ import annotations

from prism_eval.report.explorer.items import Whys
from prism_eval.report.explorer.page import Explorer, explorer_of, explorer_of_all
from prism_eval.report.explorer.plain import anchor

__all__ = ["Explorer", "Whys", "anchor", "explorer_of", "explorer_of_all"]
