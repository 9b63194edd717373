"""Captions that are scored together: their asks, what comes of them, and what happens when nothing does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from prism_eval.calls import Call, Calls, made_by
from prism_eval.errors import CallError, DataError, FatalError
from prism_eval.reasoners import Reasoner
from prism_eval.rewards.asking import Asking
from prism_eval.rewards.draws import Draw
from prism_eval.rewards.length import LengthTerm
from prism_eval.rewards.question import Question
from prism_eval.rewards.rollout import Asked, Reward, Rollout
from prism_eval.schema import Answer, Caption, Outcome, Verdict

_SHORT = 2000
"""Characters of a reply up to which it is read where it arrives."""


@dataclass(kw_only=True)
class Batch:
    """One batch, with a client of its own.

    What a client remembers of failures is meant for one run, and a training run is many: a server that was away a
    minute ago is asked anew.

    Attributes:
        asking: How questions are put and read.
        reasoner: Who is asked, bound to the calls.
        calls: Makes the calls.
        n: Questions asked of a caption; ``None`` for each once.
        seed: Seed of the draws.
        length: The length term; ``None`` for none.
        tolerance: The share of asks that may fail.
        answered: Whether any call was answered.
        fatal: Why no further call was made.
    """

    asking: Asking
    reasoner: Reasoner
    calls: Calls
    n: int | None
    seed: int
    length: LengthTerm | None
    tolerance: float
    answered: bool = False
    fatal: FatalError | None = None
    _giving_up: asyncio.Task[None] | None = field(default=None, init=False, repr=False)

    async def scored(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        """The rewards, in the rollouts' order.

        Raises:
            DataError: No rollout has questions that can be read.
            StoreError: The store cannot be read or written.
        """
        known = [self._questions(rollout) for rollout in rollouts]
        problems = [one for one in known if isinstance(one, DataError)]
        # One bad row costs that row, even late in a long training. None that is good is a column that was mistaken.
        if problems and len(problems) == len(known):
            raise problems[0]
        # In order, so that a caption's questions stand together in a server's queue.
        tasks = [asyncio.create_task(self._score(*pair)) for pair in zip(rollouts, known, strict=True)]
        try:
            rewards = await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.calls.give_up()  # nobody is left who wants them
            raise
        if self._giving_up:
            await self._giving_up
        return rewards

    def _questions(self, rollout: Rollout) -> tuple[Question, ...] | DataError:
        try:
            return self.asking.questions(rollout.questions)
        except DataError as error:
            return error

    async def _score(self, rollout: Rollout, questions: tuple[Question, ...] | DataError) -> Reward:
        if isinstance(questions, DataError):
            return Reward(value=None, accuracy=None, problem=f"{rollout.image or 'a rollout'}: {questions}")
        caption = self.asking.heard(rollout.caption)
        # Nothing can be answered from nothing; a reader that is asked all the same may guess.
        if not caption.text.strip():
            return self._earned(rollout, ())
        rng = random.Random(f"{self.seed}/{caption.digest}")
        draws = self.asking.draw(questions, self.n, rng)
        asked = await asyncio.gather(*(self._ask(caption, questions[draw.question], draw) for draw in draws))
        return self._earned(rollout, tuple(asked))

    async def _ask(self, caption: Caption, question: Question, draw: Draw) -> Asked:
        put = self.asking.put(question, draw.order)
        reply = ""
        try:
            about = f"question {question.text[:60]!r}"
            call = made_by(self.reasoner, about, lambda: self.reasoner.call(caption, put.shown, sample=draw.sample))
            answer = await self._answer(call)
            reply = answer.text
            # A reader may write a megabyte, and a loop that reads it answers nobody.
            quick = len(reply) <= _SHORT
            verdict = self.asking.read(put, answer) if quick else await asyncio.to_thread(self.asking.read, put, answer)
        except (CallError, DataError) as error:
            verdict = self.asking.failed(str(error))
        picked = self._place(verdict, put.scored.letters, draw)
        return Asked(question=draw.question, outcome=verdict.outcome, picked=picked, reply=reply, note=verdict.note)

    async def _answer(self, call: Call[Answer]) -> Answer:
        """The reader's answer.

        Raises:
            CallError: There is none.
        """
        if self.fatal:
            raise self.fatal
        try:
            answer = await self.calls.get(call)
        except FatalError as error:
            # The others would each wait as long, one after the other.
            if self.fatal is None:
                self.fatal = FatalError(str(error))
                self._giving_up = asyncio.create_task(self.calls.give_up())
            raise
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self.fatal is None or task is None or task.cancelling():
                raise
            raise FatalError(str(self.fatal)) from None
        self.answered = True
        return answer

    def _place(self, verdict: Verdict, letters: Sequence[str], draw: Draw) -> int | None:
        position = letters.index(verdict.extracted) if verdict.extracted in letters else len(draw.order)
        return draw.order[position] if position < len(draw.order) else None

    def _earned(self, rollout: Rollout, asks: tuple[Asked, ...]) -> Reward:
        failed = [asked for asked in asks if asked.outcome is Outcome.FAILED]
        answered = len(asks) - len(failed)
        accuracy = sum(asked.outcome is Outcome.CORRECT for asked in asks) / answered if answered else None
        if not asks:
            accuracy = 0.0
        if accuracy is None or len(failed) > self.tolerance * len(asks):
            problem = f"{len(failed)} of {len(asks)} asks failed; the first: {failed[0].note}"
            return Reward(value=None, accuracy=accuracy, asks=asks, problem=problem)
        if self.length is None or rollout.tokens is None:
            return Reward(value=accuracy, accuracy=accuracy, asks=asks)
        term = self.length.of(rollout.tokens, accuracy)
        return Reward(value=accuracy + self.length.weight * term, accuracy=accuracy, length_term=term, asks=asks)
