"""Questions for images of one's own: made by a model, and kept where they need the image."""

from __future__ import annotations

from prism_eval.questions.building import Building, build, plan_building
from prism_eval.questions.error_rates import Rate, error_rates
from prism_eval.questions.filtering import Filtering, ask, decide, prepare
from prism_eval.questions.question import Arm, Question, State
from prism_eval.questions.question_set import QuestionSet
from prism_eval.questions.thresholds import ASKS, Thresholds

__all__ = [
    "ASKS",
    "Arm",
    "Building",
    "Filtering",
    "Question",
    "QuestionSet",
    "Rate",
    "State",
    "Thresholds",
    "ask",
    "build",
    "decide",
    "error_rates",
    "plan_building",
    "prepare",
]
