"""The ``prism`` edition: what Prism's evaluation makes of a reply, to put numbers beside its table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from prism_eval.schema import Answer, AnswerForm, Item, ItemKind, Outcome, Verdict
from prism_eval.scoring.base import Comparison, Scorer, without_answer
from prism_eval.scoring.choice import KitRule
from prism_eval.scoring.wording import is_abstention

# An open question is one of two options there (``MMMU_preproc`` in decouple/utils/postproc.py): the gold, or not.
_OTHER = "Other Answers"
_RULE = "Prism's option rule"


@dataclass(kw_only=True)
class Prism(KitRule):
    """The option rule of Prism's program, VLMEvalKit's ``can_infer`` as of ms-vlmeval 0.0.20, on the raw reply.

    No form was asked for, and none is read: a letter, else an option's text, else the reply is unparsed. What the
    program's ``--postproc`` would draw in its place is no answer of the reasoner's, and no score here.
    """

    name: ClassVar[str] = "prism"

    def check(self, item: Item) -> None:
        """Make sure that there is a gold, and that an option has it; open questions are scored, too.

        Raises:
            DataError: There is none.
        """
        Scorer.check(self, item)

    def score(self, item: Item, answer: Answer, form: AnswerForm) -> Verdict:
        """The rule's letter against the gold; where it finds none, why there is none."""
        self.check(item)
        if (letter := self.parse(item, answer.text)) is not None:
            return self._verdict(item, letter, _RULE)
        if self.declines(_as_choice(item), answer.text):
            said = is_abstention(answer.text, item.abstain or form.abstain)
            return Verdict(Outcome.ABSTAINED if said else Outcome.REFUSED, 0.0, note=f"{_RULE}: none")
        return without_answer(answer, _RULE)

    def parse(self, item: Item, reply: str) -> str | None:
        """The letter, of the item's options or of the two that an open question is given."""
        return super().parse(_as_choice(item), reply)

    def compare(self, item: Item, extracted: str) -> Comparison:
        """Letters are equal or they are not."""
        return super().compare(_as_choice(item), extracted)


def _as_choice(item: Item) -> Item:
    if item.kind is ItemKind.CHOICE:
        return item
    return replace(item, kind=ItemKind.CHOICE, options=(item.golds[0], _OTHER), golds=("A",))
