"""The captions of a training that are worth a look: those that earn nothing, and those longer than any before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from prism_eval.errors import RunError
from prism_eval.rewards.rollout import Reward, Rollout
from prism_eval.schema import Caption, utf8

MOST = 10_000
"""Lines that are written; whoever reads them has seen enough by then."""


class Diary:
    """A file of JSON Lines, each with why it is there: ``zero`` or ``longest``.

    Args:
        path: The file; what is in it is kept. ``None`` to write nothing.

    Raises:
        RunError: It cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._file: TextIO | None = None
        self._lines = 0
        self._longest = 0
        if path is not None:
            try:
                # A line at a time: whoever follows the file sees each.
                self._file = path.open("a", encoding="utf-8", buffering=1)
            except OSError as error:
                raise RunError(f"cannot write {path}: {error.strerror or error}") from error

    def note(self, rollouts: Sequence[Rollout], rewards: Sequence[Reward]) -> None:
        """Take down what is worth a look."""
        if self._file is None:
            return
        for rollout, reward in zip(rollouts, rewards, strict=True):
            words = Caption(rollout.caption).words
            if words > self._longest:
                self._longest = words
                self._write("longest", words, rollout, reward)
            elif reward.value == 0:
                self._write("zero", words, rollout, reward)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _write(self, why: str, words: int, rollout: Rollout, reward: Reward) -> None:
        if self._file is None or self._lines >= MOST:
            return
        self._lines += 1
        line = {"why": why, "words": words, "image": rollout.image, "caption": rollout.caption, **reward.told()}
        self._file.write(utf8(json.dumps(line, ensure_ascii=False)) + "\n")
