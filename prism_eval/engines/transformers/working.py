"""What a model's thread does: one batch after the other, in halves where a whole one will not do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from prism_eval.engines.http import one_line
from prism_eval.engines.transformers.continuous import Session
from prism_eval.engines.transformers.generating import write
from prism_eval.engines.transformers.inputs import Prompt
from prism_eval.engines.transformers.loading import Loaded
from prism_eval.engines.transformers.memory import Room, give_back, lacks_memory
from prism_eval.engines.transformers.queue import Ask, Queue
from prism_eval.engines.transformers.ranking import Options, Ranker
from prism_eval.engines.transformers.trouble import told
from prism_eval.errors import CallError


class Work:
    """The work of one model.

    Args:
        loaded: The model.
        queue: Where asks come from, until it is closed.
        room: How many requests at once.

    Attributes:
        refused: Why text was not written by continuous batching after all; empty if it is, or was never meant to be.
    """

    def __init__(self, loaded: Loaded, queue: Queue, room: Room) -> None:
        self.refused = ""
        self._loaded, self._queue, self._room = loaded, queue, room
        self._ranker = Ranker(loaded)

    def run(self) -> None:
        """Work until the queue is closed."""
        while not self._queue.closed:
            first = self._queue.first(self._room.now)
            if first is None:
                continue
            match first.what:
                case Options():
                    self._rank_all(first)
                # Which draws for all requests from one source of chance.
                case Prompt(rules=rules) if rules.greedy and self._loaded.continuous and not self.refused:
                    self._write_continuously(first)
                case Prompt(rules=rules):
                    self._write_in_halves(self._queue.take(first.group, 1 if rules.alone else self._room.now))

    def _write_in_halves(self, asks: list[Ask]) -> None:
        batches = [asks]
        while batches:
            batch = [ask for ask in batches.pop() if not ask.given_up]
            error = self._tried(partial(self._write, batch)) if batch else None
            if error is None:
                self._room.enough(len(batch))
            elif len(batch) == 1:
                batch[0].fail(told(error, self._loaded))
            else:
                if lacks_memory(error):
                    self._room.short(len(batch))
                # Whatever else is wrong with one of them, the others need not share it.
                half = len(batch) // 2
                batches += [batch[half:], batch[:half]]

    def _write(self, asks: list[Ask]) -> None:
        prompts = [cast("Prompt", ask.what) for ask in asks]
        replies = write(self._loaded, prompts, lambda row: self._queue.closed or asks[row].given_up)
        if self._queue.closed:
            # What was broken off is no reply.
            self._queue.put_back(asks)
            return
        for ask, reply in zip(asks, replies, strict=True):
            if isinstance(reply, CallError):
                ask.fail(reply)
            else:
                ask.answer(reply)

    def _write_continuously(self, first: Ask) -> None:
        session = Session(self._loaded, self._queue, first.group, self._room)
        error = self._tried(session.serve)
        left = session.unfinished
        if error is None:
            self._room.enough(self._room.now)
        elif not lacks_memory(error):
            self.refused = one_line(str(error)) or type(error).__name__
        elif self._room.now > 1:
            self._room.short(self._room.now)
        elif left:
            left.pop(0).fail(told(error, self._loaded))
        self._queue.put_back(left)

    def _rank_all(self, first: Ask) -> None:
        asks = self._queue.take(first.group, self._room.most)
        # Side by side, questions on one caption find its tokens read.
        for ask in sorted(asks, key=lambda ask: cast("Options", ask.what).prompt):
            if not (ask.given_up or self._queue.closed):
                self._rank(ask, cast("Options", ask.what))

    def _rank(self, ask: Ask, options: Options) -> None:
        most = min(self._room.now, len(options.continuations))
        while error := self._tried(partial(self._rank_once, ask, options, most)):
            self._ranker.forget()
            if most == 1 or not lacks_memory(error):
                ask.fail(told(error, self._loaded))
                return
            most //= 2
            self._room.shortages += 1

    def _rank_once(self, ask: Ask, options: Options, most: int) -> None:
        ask.answer(self._ranker.log_likelihoods(options, most))

    def _tried(self, do: Callable[[], None]) -> Exception | None:
        """What went wrong, cut from the frames that it passed: they hold tensors."""
        try:
            do()
        except Exception as error:  # noqa: BLE001 - a thread that ends would leave all who wait for it waiting
            wrong = error
        else:
            return None
        wrong.__traceback__ = wrong.__context__ = wrong.__cause__ = None
        if lacks_memory(wrong):
            give_back(self._loaded.device)
        return wrong
