"""Uncertainty of scores that come in clusters. Knows arrays, not runs.

Questions about one image are answered from one caption, so their errors are not independent. Every interval and
test here is clustered (on the image) and every comparison is paired (on the item).
"""

from __future__ import annotations

from prism_eval.statistics.agreement import ReaderAgreement, reader_agreement
from prism_eval.statistics.binomial import at_least, at_most
from prism_eval.statistics.components import connected
from prism_eval.statistics.equivalence import Equivalence, detectable, equivalence, images_for
from prism_eval.statistics.families import ALPHA, holm
from prism_eval.statistics.heterogeneity import Heterogeneity, heterogeneity
from prism_eval.statistics.histories import spent
from prism_eval.statistics.leans import Lean, PositionLean, lean
from prism_eval.statistics.looks import obrien_fleming, one_sided, over_looks
from prism_eval.statistics.means import FEW_CLUSTERS, Estimate, clustered_mean
from prism_eval.statistics.noise import CaptionNoise, NoisePart, caption_noise
from prism_eval.statistics.noninferiority import NonInferiority, images_to_hold, loss_shown, noninferiority
from prism_eval.statistics.paired import Difference, paired_difference
from prism_eval.statistics.pairs import Comparison, compare_all
from prism_eval.statistics.ranks import RankRange, rank_ranges
from prism_eval.statistics.ratios import Ratio, fieller, gap_closed, recovery
from prism_eval.statistics.subsamples import subsample_difference, unexplained

__all__ = [
    "ALPHA",
    "FEW_CLUSTERS",
    "CaptionNoise",
    "Comparison",
    "Difference",
    "Equivalence",
    "Estimate",
    "Heterogeneity",
    "Lean",
    "NoisePart",
    "NonInferiority",
    "PositionLean",
    "RankRange",
    "Ratio",
    "ReaderAgreement",
    "at_least",
    "at_most",
    "caption_noise",
    "clustered_mean",
    "compare_all",
    "connected",
    "detectable",
    "equivalence",
    "fieller",
    "gap_closed",
    "heterogeneity",
    "holm",
    "images_for",
    "images_to_hold",
    "lean",
    "loss_shown",
    "noninferiority",
    "obrien_fleming",
    "one_sided",
    "over_looks",
    "paired_difference",
    "rank_ranges",
    "reader_agreement",
    "recovery",
    "spent",
    "subsample_difference",
    "unexplained",
]
