"""Where points are lost: whose doing each answer is that is not right."""

from __future__ import annotations

from prism_eval.leaderboard.losses.boards import losses_on
from prism_eval.leaderboard.losses.judged import judged
from prism_eval.leaderboard.losses.loss import FEW_IMAGES, LOSSES, Loss, LossShares
from prism_eval.leaderboard.losses.losses import Losses, losses_of

__all__ = ["FEW_IMAGES", "LOSSES", "Loss", "LossShares", "Losses", "judged", "losses_of", "losses_on"]
