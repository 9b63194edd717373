"""How large a captioner's model is, in billions of parameters: as its spec says, else as its name does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from prism_eval.leaderboard.identities import models_of

_BILLIONS = re.compile(r"(?<![a-z0-9.,])(?<!\d[_.])(\d{1,4}(?:\.\d{1,3})?)b(?![a-z0-9])", re.IGNORECASE)
"""``7B``, ``0.5b``; not the ``A3B`` of a mixture, which are at work at a time, nor ``8x7B``, nor the ``4b`` of 4bit."""
_MILLIONS = re.compile(r"(?<![a-z0-9.,_])(\d{3})m(?![a-z0-9])", re.IGNORECASE)
"""``256M``. Of fewer digits it is a count of captions or of tokens: ``CapRL-1M``, ``7B-Instruct-1M``."""
_EXPERTS = re.compile(r"(?<![a-z0-9])\d+(?:e|x\d+(?:\.\d+)?b)(?![a-z0-9])", re.IGNORECASE)
"""``17B-16E``, ``8x7B``: a count of experts, from which nobody can tell how large the whole is."""
_LARGEST = 5000
"""Billions above which a number is something else."""

# Between the sizes that models come in, halfway on a scale of ratios: 14B is among the 8B, 34B among the 32B.
_CLASSES: Mapping[str, float] = {"≤ 4B": 4, "8B": 16, "32B": 48, "72B+": float("inf")}


@dataclass(frozen=True, slots=True)
class Size:
    """How large a model is.

    Attributes:
        params_b: Billions of parameters, of a mixture all of them; ``None`` where nobody says.
    """

    params_b: float | None

    @property
    def word(self) -> str:
        """Its class: ``≤ 4B``, ``8B`` (to 16), ``32B`` (to 48) or ``72B+``; empty where the size is not known."""
        if self.params_b is None:
            return ""
        return next(word for word, most in _CLASSES.items() if self.params_b <= most)

    @property
    def text(self) -> str:
        """As it is written: ``7B``; empty where it is not known."""
        return "" if self.params_b is None else f"{self.params_b:g}B"

    def __bool__(self) -> bool:
        """Whether it is known."""
        return self.params_b is not None


UNKNOWN = Size(None)


def size_of(captioner: Mapping[str, object]) -> Size:
    """The size of a captioner, as its manifest entry tells it; unknown rather than guessed.

    What ``params_b=`` says; else what the models in its identity are called, if that is one size; else what the server
    says it really serves; else what it is called in tables.

    Args:
        captioner: ``label``, ``identity`` and, where they are known, ``params_b`` and ``root``.
    """
    said = captioner.get("params_b")
    if isinstance(said, int | float):
        return Size(float(said))
    models = [named_size(model) for model in dict.fromkeys(models_of(captioner.get("identity")))]
    # Two models are as large as both together, and a reader would take either number for the row's.
    if len(models) > 1:
        return UNKNOWN
    others = (named_size(str(captioner.get(key) or "").partition("?")[0]) for key in ("root", "label"))
    return next(filter(None, (*models, *others)), UNKNOWN)


def named_size(name: str) -> Size:
    """The size that a model's name tells; unknown where it tells none, or more than one."""
    # The model before the folders it lies in: `/models/72B/CapRL-3B` is a 3B.
    path = PurePosixPath(name.strip().rstrip("/"))
    for text in (path.name, str(path)):
        if _EXPERTS.search(text):
            return UNKNOWN
        sizes = {float(number) for number in _BILLIONS.findall(text)}
        sizes = sizes or {int(number) / 1000 for number in _MILLIONS.findall(text)}
        if sizes:
            (size, *others) = sizes
            return Size(size) if not others and 0 < size < _LARGEST else UNKNOWN
    return UNKNOWN
