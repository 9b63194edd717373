"""One killable process that runs math-verify, seen from the side that can kill it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from prism_eval.errors import MissingExtra, PrismError

# -P: the folder somebody happens to stand in is no place to import a json.py or a math_verify.py from.
COMMAND = ("-P", "-m", "prism_eval.scoring.maths.worker")
# Importing sympy takes a second, and a minute where the disk is slow and the machine busy.
START_LIMIT = 120.0
# What an interpreter needs to start and to find its packages. API keys are none of its business: it reads what models
# wrote.
_PASSED_ON = (
    "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "HOME", "USERPROFILE", "APPDATA",
    "PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE",
)  # fmt: skip


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


class MathProcess:
    """Answers one comparison at a time: whoever asks has it to itself until the answer is there."""

    def __init__(self, process: Process) -> None:
        self._process = process
        # Both exist, because PIPE was asked for.
        self._stdin = cast("asyncio.StreamWriter", process.stdin)
        self._stdout = cast("asyncio.StreamReader", process.stdout)

    @classmethod
    async def start(cls, extra: str) -> MathProcess:
        """Start a process, and wait until it has compared something.

        Args:
            extra: The extra to name where math-verify is not installed.

        Raises:
            MissingExtra: math-verify is not installed.
            PrismError: The process does not start.
        """
        if find_spec("math_verify") is None:
            raise MissingExtra("the mathematics scorer", extra)
        command = (sys.executable, *COMMAND)
        # A session of its own: Ctrl-C in the terminal reaches the parent alone, which decides what ends.
        started = cls(
            await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment(), start_new_session=True
            )
        )
        ready = await started.compare("1", "1", START_LIMIT)
        if ready is None or ready.ended:
            raise PrismError(f"the process for mathematics does not start: run {' '.join(command)!r} to see why")
        return started

    @property
    def alive(self) -> bool:
        """Whether it can be asked, as far as is known: one that died a moment ago may still seem alive."""
        return self._process.returncode is None

    async def compare(self, answer: str, gold: str, limit: float) -> MathResult | None:
        """Ask whether an answer equals a gold.

        Args:
            answer: LaTeX without its ``$``.
            gold: Likewise.
            limit: Seconds until the process is killed.

        Returns:
            The result, one that was ``ended`` at the limit too; ``None`` if the process died.
        """
        request = json.dumps({"answer": answer, "gold": gold, "limit": limit}) + "\n"
        reply = b""
        try:
            async with asyncio.timeout(limit):
                self._stdin.write(request.encode())
                await self._stdin.drain()
                reply = await self._stdout.readline()
        except TimeoutError:
            return MathResult(0.0, ended=f"no result within {limit:g} s")
        except OSError:
            return None
        finally:
            # Whatever came in between: its late reply would be taken for that to the next question.
            if not reply.endswith(b"\n"):
                await self.end()
        return MathResult(**json.loads(reply)) if reply.endswith(b"\n") else None

    async def end(self) -> None:
        """Kill the process, and wait until nothing is left of it."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._stdin.close()
        # To the end of its output, not only of the process: else the pipe would outlive both.
        await self._process.communicate()


def _environment() -> dict[str, str]:
    # An empty entry of PYTHONPATH would be the working directory again.
    folders = [str(Path(entry).resolve()) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    return {
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        "PYTHONPATH": os.pathsep.join(folders),
        # sympy walks sets of symbols: with a drawn seed the same two formulas might be simplified in another order.
        "PYTHONHASHSEED": "0",
    }
