"""Uncertainty of scores that come in clusters. Knows arrays, not runs.

Questions about one image are answered from one caption, so their errors are not independent. Every interval and
test here is clustered (on the image) and every comparison is paired (on the item).
"""

from __future__ import annotations

from prism_eval.statistics.components import connected
from prism_eval.statistics.families import holm
from prism_eval.statistics.means import FEW_CLUSTERS, Estimate, clustered_mean
from prism_eval.statistics.paired import Difference, paired_difference
from prism_eval.statistics.ranks import ALPHA, Comparison, RankRange, compare_all, rank_ranges

__all__ = [
    "ALPHA",
    "FEW_CLUSTERS",
    "Comparison",
    "Difference",
    "Estimate",
    "RankRange",
    "clustered_mean",
    "compare_all",
    "connected",
    "holm",
    "paired_difference",
    "rank_ranges",
]
