"""One model call, made at most once: looked up, shared while in flight, retried, remembered.

Captions and answers go through the same door, so resuming, sharing a caption between questions, and replaying a run
without its models are all the same thing: a store hit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import stamina

from prism_eval.calls.store import Failure, Record, Store
from prism_eval.errors import CallError, FatalError, PermanentError, RateLimited, TransientError
from prism_eval.plugins.identity import digest_of
from prism_eval.schema import Generation

_LONGEST_WAIT = 120.0
_GIVE_UP_AFTER = 5


@dataclass(frozen=True)
class Patience:
    """How long a call is tried again.

    Attributes:
        attempts: Tries of one call, the first included.
        seconds: Time after which a call is not tried again.
        first_wait: Seconds before the second try; doubled from try to try.
    """

    attempts: int = 6
    seconds: float = 300.0
    first_wait: float = 0.5


@dataclass
class Tally:
    """What became of the calls so far: unique calls found in the store, made, and failed; tokens of those made."""

    hits: int = 0
    made: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, generation: Generation) -> None:
        """Count a call that was made."""
        self.made += 1
        self.prompt_tokens += generation.prompt_tokens or 0
        self.completion_tokens += generation.completion_tokens or 0


@dataclass
class Calls:
    """The calls of one plugin at one stage.

    Attributes:
        store: Where finished calls are remembered.
        stage: ``caption``, ``answer``, ``prior`` or ``judge``.
        source: Who is called, for people.
        concurrency: Calls in flight at once.
        patience: How long a call is tried again.
        live: Whether a call that is not in the store may be made at all.
    """

    store: Store
    stage: str
    source: str
    concurrency: int = 16
    patience: Patience = Patience()
    live: bool = True
    tally: Tally = field(default_factory=Tally)
    _flying: dict[str, asyncio.Task[Generation]] = field(default_factory=dict)
    _failures: dict[str, CallError] = field(default_factory=dict)
    _exhausted_in_a_row: int = 0
    _slots: asyncio.Semaphore | None = None

    async def get(self, key: str, ask: Callable[[], Awaitable[Generation]]) -> Generation:
        """The generation under the key: remembered, or made by ``ask``.

        Raises:
            CallError: The call failed now, or earlier in this run.
            StoreError: The store cannot be read or written.
        """
        if key in self._failures:
            raise self._failures[key]
        task = self._flying.get(key)
        if task is None:
            remembered = self.store.get(key)
            if remembered is not None:
                self.tally.hits += 1
                return remembered
            task = asyncio.create_task(self._make(key, ask))
            self._flying[key] = task
            task.add_done_callback(lambda _: self._flying.pop(key, None))
        return await asyncio.shield(task)

    async def stop(self) -> None:
        """Give up the calls in flight, so that the plugin they call can be closed."""
        flying = list(self._flying.values())
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)

    async def _make(self, key: str, ask: Callable[[], Awaitable[Generation]]) -> Generation:
        try:
            generation = await self._call(ask)
        except CallError as error:
            self._note_failure(key, error)
            raise
        self._exhausted_in_a_row = 0
        self.tally.add(generation)
        self.store.put(Record(key, self.stage, self.source, generation))
        return generation

    async def _call(self, ask: Callable[[], Awaitable[Generation]]) -> Generation:
        if not self.live:
            raise PermanentError(f"{self.source}: no {self.stage} is stored; run `prism-eval {self.stage}` first")
        self._slots = self._slots or asyncio.Semaphore(self.concurrency)
        attempts = 0
        try:
            async for attempt in stamina.retry_context(
                on=_wait_before_retry,
                attempts=self.patience.attempts,
                timeout=self.patience.seconds,
                wait_initial=self.patience.first_wait,
                wait_jitter=self.patience.first_wait,
                wait_max=_LONGEST_WAIT,
            ):
                with attempt:
                    attempts = attempt.num
                    async with self._slots:
                        return await ask()
        except CallError as error:
            error.attempts = attempts
            raise
        raise FatalError(f"{self.source}: no attempt was allowed")

    def _note_failure(self, key: str, error: CallError) -> None:
        self._failures[key] = error
        self.tally.failed += 1
        if self.live:
            self.store.put_failure(
                Failure(key, self.stage, self.source, type(error).__name__, str(error), error.attempts)
            )
        if isinstance(error, TransientError):
            self._exhausted_in_a_row += 1
            if self._exhausted_in_a_row >= _GIVE_UP_AFTER:
                count = self._exhausted_in_a_row
                raise FatalError(f"{count} calls in a row failed after every retry; the last: {error}") from error
        else:
            self._exhausted_in_a_row = 0


class Callee(Protocol):
    """A plugin whose calls can be remembered."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Everything that can change its output."""
        ...

    async def close(self) -> None:
        """Give back what it holds."""


P = TypeVar("P", bound=Callee)


@dataclass(kw_only=True)
class Remembering(Generic[P]):
    """Stands for a plugin, and asks it only for what the store does not hold.

    Attributes:
        inner: The plugin.
        calls: Its calls.
    """

    inner: P
    calls: Calls

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """The inner plugin's."""
        return self.inner.identity

    @cached_property
    def identity_digest(self) -> str:
        """SHA-256 of the identity: what stands for the plugin in the store's keys."""
        return digest_of(self.identity)

    async def close(self) -> None:
        """Give up the calls in flight and close the inner plugin."""
        await self.calls.stop()
        await self.inner.close()


def _wait_before_retry(error: Exception) -> bool | float:
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return min(error.retry_after, _LONGEST_WAIT)
    return isinstance(error, TransientError)
