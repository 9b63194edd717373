"""Whether a question can be asked at all, in every order of its options: known before anything is paid for."""

from __future__ import annotations

from prism_eval.plan import Orders
from prism_eval.questions.question import Question
from prism_eval.schema import option_letters

_LETTERS = 26
_ORDERS = Orders(count=2)


def unaskable(question: Question) -> tuple[str, ...]:
    """Why a question cannot be asked; nothing where it can."""
    letters = option_letters(len(question.options))
    reasons = []
    if not question.question.strip():
        reasons.append("it has no text")
    if not 2 <= len(question.options) <= _LETTERS:
        reasons.append(f"it has {len(question.options)} options")
    if any(not option.strip() for option in question.options):
        reasons.append("one of its options is empty")
    if question.answer not in letters:
        reasons.append(f"its answer {question.answer[:20]!r} is none of its options")
    if len({folded(option) for option in question.options}) < len(question.options):
        reasons.append("two of its options are the same")
    if letters and not _ORDERS.can_move(question.as_item()):
        reasons.append("an option speaks of the others, and is true in one order only")
    return tuple(reasons)


def folded(text: str) -> str:
    """A text as it is compared with others: less its case, its white space and a full stop at its end."""
    return " ".join(text.split()).rstrip(".").casefold()
