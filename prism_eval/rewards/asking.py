"""How a question is put to the reader, and how what came back is read."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from prism_eval.captioners.spoken import spoken
from prism_eval.plan import Order, Protocol, load_protocol, reorder
from prism_eval.rewards.draws import Draw, draw
from prism_eval.rewards.question import Question, read_questions
from prism_eval.schema import Answer, Caption, Item, ItemKind, Outcome, Verdict, option_letters
from prism_eval.scoring.choice import Choice

_WAY_OUT = "The description does not say"


@dataclass(kw_only=True)
class Letter(Choice):
    """The suite's own reading of a letter, and no benchmark's parser behind it: what is not said is not guessed."""

    name: ClassVar[str] = "letter"

    def parse(self, item: Item, reply: str) -> str | None:
        """There is no parser beside the form asked for and what a sentence says outright."""
        return None


@dataclass(frozen=True, slots=True)
class Put:
    """One question as it is put.

    Attributes:
        shown: What the reader is asked.
        scored: The same with the options as they stand there, and the gold's letter.
        abstain: The letter that stands for not knowing.
    """

    shown: Item
    scored: Item
    abstain: str


@dataclass(kw_only=True)
class Asking:
    """How questions are drawn, put and read: by our own protocol.

    Below the options stands one more, for not knowing. It has the letter after theirs, however many they are, and is
    never moved: its letter means no option of any question.

    Attributes:
        protocol: The prompts and the sampling, by a protocol's name or the path of one's own.
    """

    protocol: Protocol = field(default_factory=lambda: load_protocol("standard@2"))
    _scorer: Letter = field(default_factory=Letter, repr=False)

    def heard(self, text: str) -> Caption:
        """A policy's text as the reader is shown it: as in an evaluation, without what it thought aloud."""
        return spoken(Caption(text))

    def questions(self, value: object) -> tuple[Question, ...]:
        """The questions of one image; see `read_questions`.

        Raises:
            DataError: They are none.
        """
        return read_questions(value)

    def draw(self, questions: Sequence[Question], count: int | None, rng: random.Random) -> tuple[Draw, ...]:
        """What is asked; see `prism_eval.rewards.draws.draw`."""
        return draw([self.item(question) for question in questions], count, rng)

    def item(self, question: Question) -> Item:
        """A question as an item, its options in their own order."""
        return Item(
            benchmark="reward",
            id=question.text[:60],
            kind=ItemKind.CHOICE,
            question=question.text,
            images=(),
            golds=(option_letters(len(question.options))[question.gold],),
            cluster="",
            options=question.options,
        )

    def put(self, question: Question, order: Order) -> Put:
        """The question under an order of its options, moved by place and never by text."""
        moved = reorder(self.item(question), order)
        scored = replace(moved, options=(*moved.options, _WAY_OUT))
        abstain = scored.letters[-1]
        # Only what is shown calls that letter the word for not knowing: a reply that begins with it need not mean it.
        return Put(replace(scored, abstain=abstain), scored, abstain)

    def read(self, put: Put, answer: Answer) -> Verdict:
        """How an answer ended; the letter for not knowing is an abstention."""
        verdict = self._scorer.score(put.scored, answer, self.protocol.form)
        if verdict.extracted == put.abstain:
            return Verdict(Outcome.ABSTAINED, 0.0, put.abstain)
        return verdict

    def failed(self, error: str) -> Verdict:
        """What a call that failed is: no score."""
        return Verdict(Outcome.FAILED, None, note=error)
