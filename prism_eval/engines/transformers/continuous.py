"""Text by continuous batching: a request joins the others at the next token, and leaves them with its last."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Hashable
from typing import Any, cast

from prism_eval.engines.transformers.generating import bound_of, no_room, reply_of
from prism_eval.engines.transformers.inputs import Prompt, ids_of
from prism_eval.engines.transformers.loading import Loaded
from prism_eval.engines.transformers.memory import Room
from prism_eval.engines.transformers.queue import Ask, Queue
from prism_eval.engines.transformers.trouble import told

_LINGERS, _LOOKS = 0.5, 0.02
"""Seconds that a session without work waits for more, and between two looks at what is new."""
_SHORTEST = 1024
"""Tokens that memory is set aside for with each request, however short."""
_TOKENS_A_STEP, _FEWEST_A_STEP = 16, 512
"""Tokens that one step reads for each request that may be in work, and at least. Without flash attention each is held
against all that is remembered of all requests: a long step takes longer than many short ones.
"""


class Session:
    """One manager of transformers' and the asks that are in its work.

    Its memory is set aside for as many requests as there is room for, each of a length that the first ones have; one
    longer by far waits for the next session.

    Args:
        loaded: The model.
        queue: Where asks come from.
        group: Which of them it takes.
        room: How many at once.
    """

    def __init__(self, loaded: Loaded, queue: Queue, group: Hashable, room: Room) -> None:
        self._loaded, self._queue, self._group, self._room = loaded, queue, group, room
        self._names = map(str, itertools.count())
        self._flying: dict[str, tuple[Ask, int, int]] = {}
        self._next: list[tuple[Ask, list[int], int]] = []

    @property
    def unfinished(self) -> list[Ask]:
        """The asks that were taken and have no reply yet."""
        return [ask for ask, _, _ in self._flying.values()] + [ask for ask, _, _ in self._next]

    def serve(self) -> None:
        """Work off asks until there are none, others wait, or the queue is closed.

        Raises:
            Exception: The manager could not begin, or died; `unfinished` are to be asked again.
        """
        self._take(self._room.now, seconds=0.0)
        if not self._next:
            return
        longest = self._length(max(len(ids) + bound for _, ids, bound in self._next))
        manager = self._manager(longest)
        try:
            manager.start()
            self._work(manager, longest)
        finally:
            manager.stop(block=True, hard_stop=True)
            manager.destroy()

    def _work(self, manager: Any, longest: int) -> None:
        while not self._queue.closed:
            self._feed(manager, longest)
            if not self._flying:
                return
            if (result := manager.get_result(timeout=_LOOKS)) is not None:
                # A manager that dies fails all it has: its own error says why, and they are asked again.
                if result.error is None or manager.background_thread_status.can_accept_new_requests() is None:
                    self._deliver(result)
            elif not manager.is_running():
                raise manager.background_thread_status.fatal_error or RuntimeError("its thread ended")
            for name in [name for name, (ask, _, _) in self._flying.items() if ask.given_up]:
                manager.cancel_request(name)
                del self._flying[name]

    def _feed(self, manager: Any, longest: int) -> None:
        free = self._room.now - len(self._flying) - len(self._next)
        # Who came later in another group must not wait for all who may yet come in this one.
        if free > 0 and not self._next and not self._queue.has_others(self._group):
            self._take(free, seconds=0.0 if self._flying else _LINGERS)
        while self._next and len(self._next[0][1]) + self._next[0][2] <= longest:
            ask, ids, bound = self._next.pop(0)
            name = next(self._names)
            self._flying[name] = ask, len(ids), bound
            manager.add_request(ids, request_id=name, max_new_tokens=bound)

    def _take(self, most: int, *, seconds: float) -> None:
        for ask in self._queue.take(self._group, most, seconds=seconds):
            prompt = cast("Prompt", ask.what)
            try:
                ids = ids_of(self._loaded, prompt)
            except Exception as error:  # noqa: BLE001 - taken and forgotten, it would be waited for without end
                ask.fail(told(error, self._loaded))
                continue
            bound = bound_of(self._loaded, len(ids), prompt)
            if bound < 1:
                ask.fail(no_room(self._loaded))
            else:
                self._next.append((ask, ids, bound))

    def _deliver(self, result: Any) -> None:
        # Of one that was given up meanwhile nobody wants to know.
        if result.request_id not in self._flying or not result.is_finished():
            return
        ask, length, bound = self._flying.pop(result.request_id)
        if result.error is not None:
            ask.fail(told(RuntimeError(result.error), self._loaded))
        else:
            ask.answer(reply_of(self._loaded, result.generated_tokens, length, bound, cast("Prompt", ask.what)))

    def _length(self, longest: int) -> int:
        """The tokens that each request may have: a power of two, because to begin anew takes half a second."""
        enough = max(_SHORTEST, 1 << (longest - 1).bit_length())
        return enough if self._loaded.context is None else min(enough, self._loaded.context)

    def _manager(self, longest: int) -> Any:
        from transformers import ContinuousBatchingConfig, GenerationConfig

        rules = GenerationConfig(
            do_sample=False,
            max_new_tokens=longest,
            eos_token_id=sorted(self._loaded.ends) or -1,
            pad_token_id=self._loaded.pad,
        )
        usual = ContinuousBatchingConfig()
        # What the older versions call a block the newer ones call a page.
        page = getattr(usual, "page_size", None) or usual.block_size
        config = dataclasses.replace(
            usual,
            num_blocks=self._room.now * math.ceil(longest / page) + 2,
            max_batch_tokens=max(_FEWEST_A_STEP, self._room.now * _TOKENS_A_STEP),
            max_requests_per_batch=self._room.now,
            # Graphs cannot be captured while another model works in a thread of its own.
            use_cuda_graph=False,
        )
        return self._loaded.model.init_continuous_batching(rules, config)
