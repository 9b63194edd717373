"""What of an answer lmms-eval grades: the same, whether it asks us or we ask it."""

from __future__ import annotations

from prism_eval.schema import Answer, AnswerForm
from prism_eval.scoring.extraction import read_form
from prism_eval.scoring.thinking import strip_reasoning
from prism_eval.scoring.tidying import plain


def graded_text(answer: Answer, form: AnswerForm) -> str:
    """What stands in the form the protocol asked for, else the whole answer; either without reasoning tags."""
    # Reasoning goes first: it may write the form while it still weighs answers.
    reply = plain(strip_reasoning(answer.text))
    written = read_form(reply, form) if form.marker else None
    return reply if written is None else written
