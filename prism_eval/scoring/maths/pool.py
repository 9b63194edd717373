"""A few killable processes that run math-verify, which can compute for ever on a tower of powers."""

from __future__ import annotations

import asyncio
import threading
import weakref
from concurrent.futures import CancelledError, Future

from prism_eval.errors import PrismError, UsageError
from prism_eval.scoring.maths.process import MathProcess, MathResult

# What is longer is prose and no formula, and parsing takes worse than linear time.
LONGEST = 2_000
# Tens of megabytes. A large run makes more comparisons than this, but few that differ.
REMEMBERED = 100_000

_Pair = tuple[str, str]


class MathPool:
    """Compares mathematical answers in processes that are killed when they exceed their time limit.

    Processes start when first needed and are replaced when killed; one that is lost loses only the comparison it was
    busy with. `compare` is for threads: it waits, and several may wait at once. Equal comparisons are made once and
    remembered, because the answers of many captioners to one question are mostly alike; this holds for those that hit
    the limit too, so that one answer has one verdict however busy the machine is.

    Args:
        extra: The extra to name where math-verify is not installed.
        workers: How many processes may run at once.
        limit: Seconds a comparison may take.

    Raises:
        UsageError: There are to be no workers, or no time.
    """

    def __init__(self, extra: str, *, workers: int = 2, limit: float = 5.0) -> None:
        if workers < 1:
            raise UsageError(f"workers={workers}: mathematics needs at least 1 process")
        if not limit > 0:
            raise UsageError(f"limit={limit:g}: a comparison needs more than 0 seconds")
        self._extra, self._count, self._limit = extra, workers, limit
        self._known: dict[_Pair, MathResult] = {}
        self._under_way: dict[_Pair, Future[MathResult]] = {}
        self._lock = threading.Lock()
        self._workers: _Workers | None = None

    def compare(self, answer: str, gold: str) -> MathResult:
        """Ask math-verify whether an answer equals a gold; both are LaTeX without its ``$``.

        Raises:
            MissingExtra: math-verify is not installed.
            PrismError: A process cannot be started, or the pool was closed meanwhile.
        """
        if len(answer) > LONGEST:
            return MathResult(0.0, ended=f"answer of more than {LONGEST} characters")
        known = self._known.get((answer, gold))
        if known is not None:
            return known
        try:
            return self._ask((answer, gold)).result()
        except CancelledError:
            raise PrismError(f"mathematics was stopped before {answer[:60]!r} was compared: run again") from None

    def close(self) -> None:
        """End all processes, busy ones too. The next comparison would start new ones."""
        with self._lock:
            workers, self._workers = self._workers, None
        if workers is not None:
            workers.stop()

    def _ask(self, pair: _Pair) -> Future[MathResult]:
        with self._lock:
            under_way = self._under_way.get(pair)
            if under_way is not None:
                return under_way
            if self._workers is None:
                self._workers = _Workers(self._extra, self._count, self._limit)
                # For those who forget to close; it runs at the interpreter's exit, too.
                weakref.finalize(self, self._workers.stop)
            asked = self._under_way[pair] = self._workers.compare(*pair)
        # Outside of the lock: this is called at once, in this thread, if the result is there already.
        asked.add_done_callback(lambda done: self._arrived(pair, done))
        return asked

    def _arrived(self, pair: _Pair, asked: Future[MathResult]) -> None:
        # Known first, and only then no longer under way: in between nobody asks it again.
        if not asked.cancelled() and asked.exception() is None and len(self._known) < REMEMBERED:
            self._known[pair] = asked.result()
        self._under_way.pop(pair, None)


class _Workers:
    """The processes, and the event loop in a thread of its own that alone touches them.

    The loop is not the caller's: a run's own loop has network calls to serve, and scorers are also used without any.
    """

    def __init__(self, extra: str, count: int, limit: float) -> None:
        self._extra, self._limit = extra, limit
        # Last in, first out: a process that runs is used before another one is started.
        self._free: asyncio.LifoQueue[MathProcess | None] = asyncio.LifoQueue()
        for _ in range(count):
            self._free.put_nowait(None)
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop
        running = threading.Event()
        # A daemon, so that a caller who forgets to close can still leave.
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(running)), name="mathematics", daemon=True
        )
        self._thread.start()
        running.wait()

    def compare(self, answer: str, gold: str) -> Future[MathResult]:
        return asyncio.run_coroutine_threadsafe(self._compare(answer, gold), self._loop)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        # The garbage collector may call this from the loop's own thread.
        if threading.current_thread() is not self._thread:
            self._thread.join()

    async def _serve(self, running: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        running.set()
        await self._stopping.wait()
        while not self._free.empty():
            idle = self._free.get_nowait()
            if idle is not None:
                await idle.end()
        # `asyncio.run` now cancels the comparisons under way, and each ends its own process.

    async def _compare(self, answer: str, gold: str) -> MathResult:
        # A process may have been killed by whoever keeps the machine's memory. One that dies twice dies of the answer.
        for _ in range(2):
            result = await self._compare_once(answer, gold)
            if result is not None:
                return result
        return MathResult(0.0, ended="the mathematics process died")

    async def _compare_once(self, answer: str, gold: str) -> MathResult | None:
        process = await self._free.get()
        try:
            if process is None or not process.alive:
                process = await MathProcess.start(self._extra)
            return await process.compare(answer, gold, self._limit)
        finally:
            # Whatever happened, the place is free again: a dead process leaves room for a new one.
            self._free.put_nowait(process if process and process.alive else None)
