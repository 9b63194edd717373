"""The `lexical` reasoner: which of its ways to an answer is tried, and how the answer is written."""

from __future__ import annotations

from dataclasses import dataclass

from prism_eval.errors import UsageError
from prism_eval.reasoners.base import Reasoner
from prism_eval.reasoners.lexical.extraction import extract
from prism_eval.reasoners.lexical.options import pick, written_out
from prism_eval.reasoners.lexical.question import Question, parse
from prism_eval.reasoners.lexical.reckoning import reckon
from prism_eval.reasoners.lexical.statements import Reading, read
from prism_eval.schema import Answer, Caption, Item, option_letters

# With nearly all of the question's words in one statement, no table knows better.
_STRONG = 0.8
# What the protocols tell every reasoner to write, and what scorers read as no answer, unless a benchmark has its own.
_ABSTAIN = "cannot answer"


@dataclass(kw_only=True)
class Lexical(Reasoner):
    """Answers by token evidence: an embedded baseline, deterministic and quick. It is no language model.

    It finds the statement of the caption that shares most of the question's words, each weighted by how rare it is in
    the caption, and picks the option that the statement holds, or takes the number or words that the question lacks.
    Off captions that lay values out by label it looks values up, and compares, counts, adds and subtracts them. It
    knows no synonyms, reads no sentence with another, and cannot infer; without evidence it abstains. It reads the
    caption, the question and its options, nothing else.

    Attributes:
        min_evidence: The share of the question's words, by weight, that a statement must hold to count, in [0, 1].

    Raises:
        UsageError: ``min_evidence`` is outside [0, 1].
    """

    min_evidence: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.min_evidence <= 1:
            raise UsageError(f"lexical: min_evidence={self.min_evidence} will not do: give a number from 0 to 1")

    async def answer(self, caption: Caption, item: Item, *, sample: int) -> Answer:
        """One line, ``Answer: X``: the letter or the short answer, or ``cannot answer``."""
        return self.reply(caption, item)

    def reply(self, caption: Caption, item: Item) -> Answer:
        """The same, for who has nothing to wait for."""
        text, options = (item.question, item.options) if item.options else written_out(item.question)
        question, reading = parse(text), read(caption.text)
        if options:
            index = pick(question, options, reading, least=self.min_evidence)
            given = None if index is None else option_letters(len(options))[index]
        else:
            given = self._short(question, reading)
        return Answer(f"Answer: {given or item.abstain or _ABSTAIN}")

    def _short(self, question: Question, reading: Reading) -> str | None:
        """What a statement says outright, else what the table gives, else what a statement says in part."""
        found = extract(question, reading, least=self.min_evidence)
        if found and found[0] >= _STRONG:
            return found[1]
        return reckon(question, reading.table) or (found[1] if found else None)
