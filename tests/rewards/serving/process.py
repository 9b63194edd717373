"""``prism-eval reward serve`` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RewardServer:
    """The process, where it is to be asked, and what it said when it was started."""

    process: subprocess.Popen[str]
    url: str
    told: list[str]


@contextmanager
def served(reader: str, cache: Path, *words: object, port: int = 0, **environment: str) -> Iterator[RewardServer]:
    """Start it; it is killed at the end of the block, whatever it does then.

    Args:
        reader: The URL of the reader's server.
        cache: Where its store lies.
        words: Further words of the command line.
        port: Its port; 0 for any.
        environment: Variables for it.
    """
    command = [sys.executable, "-m", "prism_eval", "reward", "serve", "-r", f"openai:model?base_url={reader}"]
    process = subprocess.Popen(
        [*command, "--port", str(port), *map(str, words)],
        env={**os.environ, "PRISM_EVAL_CACHE": str(cache), **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        told = []
        for line in process.stderr:
            told.append(line)
            if "/get_reward" in line:
                break
        yield RewardServer(process, told[-1].split("/get_reward")[0], told)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
