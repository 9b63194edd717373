"""The same reader as a training signal: what a caption earns is what can be answered from it.

Follow one caption: `rollout` is what goes in and comes out, `question` what is asked about its image, `draws` which of
them are asked and under which order of their options, `asking` how each is put and read, `batch` captions that are
scored together, `length` the term that keeps them short, and `reward` what a trainer holds.
"""

from __future__ import annotations

from prism_eval.rewards.length import LengthTerm
from prism_eval.rewards.question import Question
from prism_eval.rewards.reward import CaptionReward
from prism_eval.rewards.rollout import Asked, Reward, Rollout

__all__ = ["Asked", "CaptionReward", "LengthTerm", "Question", "Reward", "Rollout"]
