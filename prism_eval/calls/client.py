"""The one door for model calls of a run: looked up, shared while in flight, tried again, remembered.

Captions, answers, priors and judgements go through it, whoever asks, so that resuming a killed run, sharing a caption
between questions, entries and combinators, and replaying a run without its models are all the same thing: a store hit.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

from prism_eval.calls.asking import asked
from prism_eval.calls.blame import Blame
from prism_eval.calls.call import Call, CallFailure
from prism_eval.calls.flights import Flights
from prism_eval.calls.ledger import Became, Ledger
from prism_eval.calls.limits import Limits
from prism_eval.calls.origins import Origins
from prism_eval.calls.patience import Patience
from prism_eval.calls.store import Failure, Record, Store
from prism_eval.calls.tally import Tally
from prism_eval.calls.tries import Tries
from prism_eval.calls.turns import PutOff, Turns
from prism_eval.calls.under_way import UnderWay
from prism_eval.errors import CallError, Cause, ContextExceeded, FatalError, PermanentError, TransientError
from prism_eval.files.seen import Seen
from prism_eval.schema import FinishReason, Generation

STAGES = frozenset({"instruction", "caption", "answer", "prior", "judge"})
G = TypeVar("G", bound=Generation)
_AT_HAND = 64
"""Captions kept in memory: the questions on an image follow each other, and each would read them from the store."""
_PUT_OFF: ContextVar[list[str] | None] = ContextVar("calls within this one that were put off", default=None)


class Calls:
    """The calls of one run, of all its entries and stages.

    Args:
        store: Where finished calls are remembered.
        limits: How many may be under way at once.
        patience: How long calls are tried again.
        live: The stages whose calls may be made; the others are only looked up.
        ledger: Takes down which calls there were, where somebody will ask; ``None`` where nobody will.
        under_way: What other clients of the store make at the same time. It is waited for and taken from the store;
            what another one fails at is none of this one's failures.

    Attributes:
        tallies: What became of the calls so far, by stage.
        origins: Where what the store held came from.
        turns: Whose turn it is, of models that are not in memory together.
    """

    def __init__(
        self,
        store: Store,
        *,
        limits: Limits,
        patience: Patience = Patience(),
        live: frozenset[str] = STAGES,
        ledger: Ledger | None = None,
        under_way: UnderWay | None = None,
    ) -> None:
        self.limits = limits
        self.ledger = ledger
        self.turns = Turns({})
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.origins = Origins()
        self._store = store
        self._patience = patience
        self._live = live
        self._under_way = under_way or UnderWay()
        self._flights: Flights[Generation | CallFailure] = Flights()
        self._failures: dict[str, CallFailure] = {}
        self._at_hand: dict[str, Generation] = {}
        self._blame = Blame()
        # A key counts once, however many questions look it up: 8 bytes of it are enough to tell.
        self._counted = Seen()
        # What was found in the store and not asked for yet by itself.
        self._untold: set[int] = set()
        self._first: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._opening: asyncio.Task[None] | None = None

    def begin_with(self, first: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have something done before the first call is made; a run that finds everything in the store goes without."""
        self._first = first

    async def get(self, call: Call[G]) -> G:
        """The result of a call: remembered, shared with whoever asked before, or made now. It is what the store holds.

        Raises:
            CallError: The call failed now, or earlier in this run.
            StoreError: The store cannot be read or written.
        """
        result = await self._result(call)
        if (short := _short(call.key)) in self._untold:
            self._untold.remove(short)
            self.tally(call.stage).hits += 1
            self._take_down(call, "hits", result)
        return result

    async def within(self, call: Call[G]) -> G:
        """The result of a call that another one is made of.

        What failed here was tried again as often as it may be, so the outer call must not try it once more.

        Raises:
            PermanentError: The call failed, even after every retry.
            FatalError: No further call can succeed.
            StoreError: The store cannot be read or written.
        """
        try:
            # A caption that another one is made of is nobody's caption, and is not counted as one.
            return await (self._result(call) if call.stage == "caption" else self.get(call))
        except TransientError as error:
            raise PermanentError(str(error), cause=error.cause) from error
        except PermanentError as error:
            # What the reader does not do for a captioner that asks it is not the captioner's doing.
            if call.stage != "caption":
                error.cause = Cause.INFRASTRUCTURE
            raise

    async def _result(self, call: Call[G]) -> G:
        # Within a run a failure is final: each of an image's questions would else pay for all the retries again.
        known = self._failures.get(call.key) or self._at_hand.get(call.key) or self._known(call)
        found = known or await self._flights.join(call.key, partial(self._make, call))
        if isinstance(found, CallFailure):
            if found.kind is PutOff and (outer := _PUT_OFF.get()) is not None:
                outer.append(found.text)
            raise found.error()
        result = _as(call.returns, found)
        if call.ahead:
            self._keep_at_hand(call.key, result)
        return result

    def _keep_at_hand(self, key: str, result: Generation) -> None:
        self._at_hand[key] = result
        if len(self._at_hand) > _AT_HAND:
            del self._at_hand[next(iter(self._at_hand))]

    async def give_up(self) -> None:
        """Give up the calls in flight; whoever waits for one is cancelled."""
        if self._opening:
            self._opening.cancel()
        await self._flights.give_up()
        await asyncio.gather(*filter(None, [self._opening]), return_exceptions=True)

    async def stop(self) -> None:
        """Give up the calls in flight, so that the plugins they ask can be closed."""
        await self.give_up()
        await self.limits.stop()

    def tally(self, stage: str) -> Tally:
        """What became of a stage's calls so far."""
        return self.tallies[stage]

    def _known(self, call: Call[G]) -> Generation | None:
        """What the store holds, unless the call is under way: then its flight will say so."""
        return None if call.key in self._flights else self._stored(call)

    def _stored(self, call: Call[G]) -> Generation | None:
        stored = self._store.get(call.key)
        # A run folder may claim any key: a caption under an answer's must not pass for the answer.
        if stored is None or stored.stage != call.stage or self._may_have_room_now(call, stored.generation):
            return None
        if self._is_new(call.key):
            self._blame.answered(call)
            self._untold.add(_short(call.key))
            self.origins.note(call.plugin, stored)
        return stored.generation

    def _may_have_room_now(self, call: Call[G], stored: Generation) -> bool:
        """Whether the server's context cut it, and was not asked yet in this run: today's server may hold more."""
        cut = stored.finish_reason is FinishReason.CONTEXT and call.stage in self._live
        return cut and _short(call.key) not in self._counted

    def _is_new(self, key: str) -> bool:
        return self._counted.add(_short(key))

    async def _make(self, call: Call[G]) -> Generation | CallFailure:
        while await self._under_way.ended_elsewhere(call.key):
            if (stored := self._stored(call)) is not None:
                return stored
        self._under_way.begin(call.key)
        try:
            return await self._made(call)
        finally:
            self._under_way.end(call.key)

    async def _made(self, call: Call[G]) -> Generation | CallFailure:
        # A failure comes back as a value: raised, it would hang on to the frames it passed, and to the image in them.
        put_off: list[str] = []
        _PUT_OFF.set(put_off)  # in this call's own task
        if call.stage in self._live and not self.turns.admits(call):
            return _put_off(call)
        tries = Tries(self.limits.lane(call.plugin), self._patience)
        made = await self._tried(call, tries)
        # Whatever came of it lacks a part: that of a plugin which makes do without is another text than it should be.
        if put_off:
            return _put_off(call)
        if isinstance(made, CallFailure):
            return self._note(call, made)
        if made.finish_reason is FinishReason.CONTEXT and not made.text:
            hopeless = self._blame.failed(call, _without_room(call, made))
            if issubclass(hopeless.kind, FatalError):
                return hopeless
        else:
            self._blame.answered(call)
        self._is_new(call.key)
        self.tally(call.stage).add(made)
        plugin = call.plugin
        address = tries.at if tries.at in plugin.addresses else plugin.address
        record = Record(call.key, call.stage, plugin.source, made, address, plugin.root)
        kept: Generation | CallFailure
        try:
            kept = await self._store.keep(record)
        except PermanentError as error:
            kept = self._note(call, CallFailure.of(error, 1))
        # Only now: of a call that another process made at the same time, its text is the one that stays.
        self._take_down(call, "made", made if isinstance(kept, CallFailure) else kept)
        return kept

    async def _tried(self, call: Call[G], tries: Tries) -> G | CallFailure:
        # A replay finds everything in the store or fails: it must never cost a model call by surprise.
        if call.stage not in self._live:
            missing = f"{call.plugin.source}: no {call.stage} is stored; run `prism-eval {call.stage}` first"
            return self._store.failure(call.key) or CallFailure(PermanentError, missing, 0)
        if self._first is not None:
            self._opening = self._opening or asyncio.create_task(self._first())
            # Shielded, as flights are.
            await asyncio.shield(self._opening)
            self._first = None
        # A combinator asks nobody itself: its parts' calls are the requests.
        tally, asks = self.tally(call.stage), call.plugin.lane is not None
        self._blame.begin(call)
        while True:
            # Held for one try, not for the waits between: a call that waits must not keep others out.
            async with tries.place(call.shares or call.key, ahead=call.ahead) as place:
                begun = time.monotonic()
                if asks:
                    tally.begin(again=tries.made > 0)
                try:
                    made = await asked(call)
                except CallError as error:
                    failure = tries.failed(error, place)
                    _let_go(error)
                else:
                    tries.answered(place)
                    # What is made of others' texts took as long as those did, and says so itself.
                    took = time.monotonic() - begun
                    return made if made.seconds is not None else made.into(call.returns, seconds=took)
                finally:
                    if asks:
                        tally.end()
            if failure is not None:
                return failure
            if tries.pause:
                await asyncio.sleep(tries.pause)

    def _note(self, call: Call[G], failure: CallFailure) -> CallFailure:
        """Remember a failure; returns what it means for the run."""
        self._failures[call.key] = failure
        tally = self.tally(call.stage)
        tally.failed += 1
        self._take_down(call, "failed")
        tally.passing += issubclass(failure.kind, TransientError)
        # What a replay did not find is no failed call, and would hide the one that made it so.
        if call.stage not in self._live:
            return failure
        self._store.put_failure(
            Failure(call.key, call.stage, call.plugin.source, failure.kind.__name__, failure.text, failure.attempts)
        )
        return self._blame.failed(call, failure)

    def _take_down(self, call: Call[G], became: Became, said: Generation | None = None) -> None:
        if self.ledger is not None:
            self.ledger.note(call.stage, became, _short(call.key), said.text if said else "")


def _put_off(call: Call[G]) -> CallFailure:
    return CallFailure(PutOff, f"{call.plugin.source}: it is another model's turn", 0)


def _short(key: str) -> int:
    return int(key[:16], 16)  # 64 bits: two of a million keys are alike once in thirty million runs


def _without_room(call: Call[G], made: Generation) -> CallFailure:
    """What is said of a call that did not fit, should no other one fit either."""
    text = f"{call.plugin.source}: {made.note} has no room for the {call.stage}: start it with a larger one"
    return CallFailure(ContextExceeded, text, 1)


def _as(kind: type[G], said: Generation) -> G:
    """A stored generation as what its stage calls it."""
    if isinstance(said, kind):
        return said
    return said.into(kind)


def _let_go(error: BaseException | None) -> None:
    """Cut an error from the frames it passed: they hold it in turn, and images until cycles are next collected."""
    while error is not None:
        error.__traceback__ = None
        error = error.__context__
