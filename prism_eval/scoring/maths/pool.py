"""A few killable processes that run math-verify, which can compute for ever on a tower of powers."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from queue import LifoQueue
from typing import IO, Any

from prism_eval.errors import MissingExtra, PrismError

START_LIMIT = 120.0
LONGEST = 2_000
REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class MathResult:
    """What math-verify made of an answer and a gold.

    Attributes:
        score: 1 if they are equal, else 0.
        read: The answer as math-verify read it, for comparisons of text; empty if it read none.
        gold_read: Whether the gold could be read at all.
        ended: Why there is no result: the process was killed at the time limit, or died; empty if there is one.
    """

    score: float
    read: str = ""
    gold_read: bool = True
    ended: str = ""


class MathPool:
    """Compares mathematical answers in processes that are killed when they exceed their time limit.

    Processes start when first needed and are replaced when killed; one that is lost loses only the comparison it was
    busy with. Results are remembered, because the answers of many captioners to one question are mostly alike.
    `compare` may be called from several threads. Ctrl-C reaches only the caller.

    Args:
        extra: The extra to name where math-verify is not installed.
        workers: How many processes may run at once.
        limit: Seconds a comparison may take.
    """

    def __init__(self, extra: str, *, workers: int = 1, limit: float = 5.0) -> None:
        self._extra = extra
        self._limit = limit
        self._free: LifoQueue[_Worker | None] = LifoQueue()
        self._known: dict[tuple[str, str], MathResult] = {}
        for _ in range(workers):
            self._free.put(None)

    def compare(self, answer: str, gold: str) -> MathResult:
        """Ask math-verify whether an answer equals a gold; both are LaTeX without its ``$``.

        Raises:
            MissingExtra: math-verify is not installed.
            PrismError: A process cannot be started.
        """
        if len(answer) > LONGEST:
            return MathResult(0.0, ended=f"answer of more than {LONGEST} characters")
        known = self._known.get((answer, gold))
        if known is not None:
            return known
        worker = self._free.get()
        try:
            if worker is not None and not worker.alive:
                worker.kill()
                worker = None
            worker = worker or _Worker.start(self._extra)
            result = worker.compare(answer, gold, self._limit)
        except BaseException:
            if worker is not None:
                worker.kill()
            worker = None
            raise
        finally:
            self._free.put(worker)
        if not result.ended and len(self._known) < REMEMBERED:
            self._known[answer, gold] = result
        return result

    def close(self) -> None:
        """End the idle processes; busy ones end with their comparison's caller."""
        idle = [self._free.get() for _ in range(self._free.qsize())]
        for worker in idle:
            if worker is not None:
                worker.kill()
            self._free.put(None)


class _Worker:
    def __init__(self, process: subprocess.Popen[str], stdin: IO[str], stdout: IO[str]) -> None:
        self._process, self._stdin, self._stdout = process, stdin, stdout

    @classmethod
    def start(cls, extra: str) -> _Worker:
        if find_spec("math_verify") is None:
            raise MissingExtra("the mathematics scorer", extra)
        command = [sys.executable, "-m", "prism_eval.scoring.maths.worker"]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
        )
        if process.stdin is None or process.stdout is None:
            raise PrismError("the process for mathematics was started without pipes: try again")
        worker = cls(process, process.stdin, process.stdout)
        if worker._line_within(START_LIMIT)[0].strip() != "ready":
            worker.kill()
            raise PrismError(f"the process for mathematics does not start: run {' '.join(command)!r} to see why")
        return worker

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def compare(self, answer: str, gold: str, limit: float) -> MathResult:
        try:
            self._stdin.write(json.dumps({"answer": answer, "gold": gold, "limit": limit}) + "\n")
            self._stdin.flush()
        except OSError:
            self.kill()
            return MathResult(0.0, ended="the mathematics process died")
        line, expired = self._line_within(limit)
        if line.endswith("\n"):
            reply: Mapping[str, Any] = json.loads(line)
            return MathResult(**reply)
        self.kill()
        return MathResult(0.0, ended=f"no result within {limit:g} s" if expired else "the mathematics process died")

    def _line_within(self, limit: float) -> tuple[str, bool]:
        """A line of output; cut short, with ``True``, if the process had to be killed."""
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self._process.kill()

        timer = threading.Timer(limit, expire)
        timer.daemon = True
        timer.start()
        try:
            return self._stdout.readline(), expired.is_set()
        finally:
            timer.cancel()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._stdin, self._stdout):
            try:
                pipe.close()
            except OSError:
                continue
