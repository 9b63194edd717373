"""One model behind several addresses: who is asked, what becomes of those that are away, and whether all are alike."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from prism_eval.engines.balance import least_busy
from prism_eval.engines.probe import Probe
from prism_eval.errors import CallError, FatalError, RateLimited, TransientError, Unavailable
from prism_eval.schema import Request

_SLACK = 4
"""Calls by which a server may be busier than another and still be asked for the sake of what it has read: the questions
on a caption come together, and each would else find a server that is one call less busy."""
_HOMES = 10_000
"""Beginnings of which it is remembered who has read them: more than any server's cache holds."""
_LOOKS_AFTER = 1.0
"""Seconds after which a server that was away is looked at, where it does not say when; calls go elsewhere meanwhile."""

T = TypeVar("T")


class Server(Protocol):
    """An engine at one address."""

    @property
    def address(self) -> str:
        """The address."""
        ...

    @property
    def root(self) -> str | None:
        """What is really served; ``None`` where nobody said."""
        ...

    @property
    def room(self) -> int | None:
        """Tokens that a request and its reply may have together; ``None`` where nobody said."""
        ...

    async def probe(self, trial: Request | None = None) -> Probe:
        """See `Engine.probe`."""
        ...

    async def look(self) -> None:
        """See that it is there and serves the model; raises `CallError` where it does not."""
        ...


S = TypeVar("S", bound=Server)


@dataclass(eq=False)
class _Replica(Generic[S]):
    """A server, the calls under way at it, and when to look whether it is back; ``None`` while it is there."""

    server: S
    load: int = 0
    look_at: float | None = None
    looking: asyncio.Task[None] | None = None


class Replicas(Generic[S]):
    """The servers of one model.

    Args:
        servers: An engine for each address.
    """

    def __init__(self, servers: Sequence[S]) -> None:
        self._replicas = {server.address: _Replica(server) for server in servers}
        # By a few bytes of each: captions are long.
        self._homes: OrderedDict[bytes, str] = OrderedDict()
        self._wrong: FatalError | None = None

    async def ask(self, beginning: str, ask: Callable[[S], Awaitable[T]]) -> T:
        """Ask one of the servers; where it is away or busy the next one at once, which is no other try of the call.

        Args:
            beginning: See `least_busy`.
            ask: Asks a server.

        Raises:
            Unavailable: All of them are away.
            RateLimited: Likewise, and the last one is busy.
            FatalError: They do not serve the same.
            CallError: As ``ask`` raises it.
        """
        tried: set[str] = set()
        while True:
            replica = self._next(beginning, tried)
            tried.add(replica.server.address)
            replica.load += 1
            try:
                said = await ask(replica.server)
                self._check_alike()
            except (Unavailable, RateLimited) as error:
                self._away(replica, error)
                if len(tried) == len(self._replicas):
                    raise
            else:
                return said
            finally:
                replica.load -= 1

    async def probe(self, trial: Request | None) -> Probe:
        """What the first of them is that is there; all that are must be alike.

        Raises:
            FatalError: They do not serve the same, or one does not serve the model.
            CallError: None is there.
        """
        replicas = list(self._replicas.values())
        found = await asyncio.gather(*(replica.server.probe(trial) for replica in replicas), return_exceptions=True)
        for replica, one in zip(replicas, found, strict=True):
            if isinstance(one, TransientError):
                self._away(replica, one)
            elif isinstance(one, BaseException):
                raise one
        self._check_alike()
        there = [one for one in found if isinstance(one, Probe)]
        if not there:
            raise next(one for one in found if isinstance(one, BaseException))
        note = "; ".join(one.note if isinstance(one, Probe) else str(one) for one in found)
        return replace(there[0], note=note)

    async def close(self) -> None:
        """Stop looking who is back."""
        looking = [replica.looking for replica in self._replicas.values() if replica.looking]
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)

    def _next(self, beginning: str, tried: set[str]) -> _Replica[S]:
        if self._wrong is not None:
            raise self._wrong
        self._look_who_is_back()
        untried = {address: one for address, one in self._replicas.items() if address not in tried}
        # Where all are away the call finds out for itself, as it would with one server.
        there = {address: one for address, one in untried.items() if one.look_at is None} or untried
        return there[self._home({address: one.load for address, one in there.items()}, beginning)]

    def _home(self, loads: Mapping[str, int], beginning: str) -> str:
        """Where a beginning has been read, unless that server has much more to do than another."""
        key = hashlib.sha256(beginning.encode("utf-8", "surrogatepass")).digest()[:8]
        # Up to twice what each would have: a server's own queue evens that out, and a caption read anew is dearer.
        most = min(loads.values()) + max(_SLACK, sum(loads.values()) // len(loads))
        home = self._homes.pop(key, "")
        if loads.get(home, most + 1) > most:
            home = least_busy(loads, beginning)
        self._homes[key] = home
        if len(self._homes) > _HOMES:
            self._homes.popitem(last=False)
        return home

    def _away(self, replica: _Replica[S], error: CallError) -> None:
        wait = error.retry_after if isinstance(error, RateLimited) else None
        replica.look_at = time.monotonic() + (_LOOKS_AFTER if wait is None else wait)

    def _look_who_is_back(self) -> None:
        for replica in self._replicas.values():
            due = replica.look_at is not None and time.monotonic() >= replica.look_at
            if due and (replica.looking is None or replica.looking.done()):
                replica.looking = asyncio.create_task(self._look(replica))

    async def _look(self, replica: _Replica[S]) -> None:
        try:
            await replica.server.look()
            self._check_alike()
        except FatalError as error:
            # Nobody waits for this task: the next call tells.
            self._wrong = error
        except CallError as error:
            self._away(replica, error)
        else:
            replica.look_at = None

    def _check_alike(self) -> None:
        """Different weights under one name would share one identity, and nobody could tell whose score it is."""
        servers = [replica.server for replica in self._replicas.values()]
        said: dict[str, dict[str, object]] = {
            "root": {one.address: one.root for one in servers},
            "max_model_len": {one.address: one.room for one in servers},
        }
        for what, of in said.items():
            (first, value), *others = [pair for pair in of.items() if pair[1] is not None] or [("", None)]
            for address, other in others:
                if other != value:
                    raise FatalError(
                        f"{first} and {address} do not serve the same: {what} is {value} and {other}; "
                        "give base_url the addresses of one model"
                    )
