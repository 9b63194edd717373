"""CharXiv and MathVerse: their official scorer is a language model; rules decide only what is certain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from prism_eval.schema import Answer, Item, ItemKind, Outcome, Verdict
from prism_eval.scoring.base import Comparison, WholeReply
from prism_eval.scoring.maths.latex import latex_value
from prism_eval.scoring.strict import same_text_or_number
from prism_eval.scoring.thinking import strip_reasoning
from prism_eval.scoring.tidying import tidy

# What LaTeX sets between and around things, and an escaped dollar sign.
_SPACING = re.compile(r"\\(?:left|right)(?![a-z])|\\[,;:! $]")

UNDECIDED = "rule only: no judge configured"


@dataclass(kw_only=True)
class Judged(WholeReply):
    """A benchmark whose authors ask a language model whether an answer is right.

    Rules accept what is certainly right: the option's letter, or the same text or value. Anything else is left to the
    judge of the run; without one the answer is wrong, and the verdict's note says that no judge looked at it.
    """

    needs_judge: ClassVar[bool] = True

    def parse(self, item: Item, reply: str) -> str | None:
        """A reply of one line; of a multiple-choice item only a judge can read it."""
        return None if item.kind is ItemKind.CHOICE else super().parse(item, reply)

    def compare(self, item: Item, extracted: str) -> Comparison:
        """Certain equality by rule."""
        if item.kind is ItemKind.CHOICE and extracted in item.letters:
            return Comparison(float(extracted in item.golds))
        if any(gold == extracted for gold in item.golds):
            return Comparison(1.0)
        if any(self.certainly_equal(gold, extracted) for gold in item.golds):
            return Comparison(1.0, "equal after normalisation")
        return Comparison(0.0, UNDECIDED, undecided=True)

    def left_open(self, answer: Answer, verdict: Verdict) -> str | None:
        """The extracted answer where no rule accepts it; the whole reply where no rule can read it."""
        # The authors hand their judge the whole reply, too.
        if verdict.outcome is Outcome.UNPARSED:
            return strip_reasoning(answer.text) or None
        return verdict.extracted if verdict.undecided else None

    def certainly_equal(self, gold: str, extracted: str) -> bool:
        """The same text but for case, white space and wrapping, or the same decimal number."""
        return same_text_or_number(tidy(gold), tidy(extracted))


@dataclass(kw_only=True)
class CharXiv(Judged):
    """CharXiv, whose authors have GPT-4o grade every answer (``src/evaluate.py`` of its repository)."""

    name: ClassVar[str] = "charxiv"


@dataclass(kw_only=True)
class MathVerse(Judged):
    """MathVerse, whose authors' only rule is string equality (``evaluation/score_answer_s2.py`` of its repository)."""

    name: ClassVar[str] = "mathverse"
    reads_latex: ClassVar[bool] = True

    def certainly_equal(self, gold: str, extracted: str) -> bool:
        r"""The same text but for white space, ``°`` and LaTeX wrapping, or exactly the same value."""
        gold, extracted = (_bare_latex(text) for text in (gold, extracted))
        if gold == extracted:
            return True
        target = latex_value(gold)
        return target is not None and target == latex_value(extracted)

    def official(self, item: Item, reply: str) -> float | None:
        """String equality; ``None`` where the authors would ask a language model for the answer first."""
        return 1.0 if reply in item.golds else 0.0


def _bare_latex(text: str) -> str:
    text = tidy(text).casefold().replace("^\\circ", "°").replace("^{\\circ}", "°")
    return "".join(_SPACING.sub("", text).split())
