"""The ``strict`` edition: what was asked for, exactly, and no benefit of the doubt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from prism_eval.schema import Item, ItemKind
from prism_eval.scoring.base import Comparison, Scorer
from prism_eval.scoring.tidying import folded, tidy

_LETTER_ALONE = re.compile(r"\(?([A-Z])\)?\.?")
# No gold has as many digits; a megabyte of them is not worth reading.
_LONGEST_NUMBER = 60


@dataclass(kw_only=True)
class Strict(Scorer):
    """One option letter, or the gold's text or number, in the form asked for; any other reply is unparsed."""

    name: ClassVar[str] = "strict"
    quick: ClassVar[bool] = True
    reads_latex: ClassVar[bool] = True
    reads_sentences: ClassVar[bool] = False

    def parse(self, item: Item, reply: str) -> str | None:
        """There is no parser beside the form asked for."""
        return None

    def admit(self, item: Item, written: str) -> str | None:
        """A letter alone for multiple choice; else the text as it stands."""
        if item.kind is not ItemKind.CHOICE:
            return written
        match = _LETTER_ALONE.fullmatch(written)
        return match.group(1) if match else None

    def compare(self, item: Item, extracted: str) -> Comparison:
        """Equal letters, texts (but for case and white space) or decimal numbers."""
        if item.kind is ItemKind.CHOICE:
            return Comparison(float(extracted in item.golds))
        return Comparison(float(any(same_text_or_number(gold, extracted) for gold in item.golds)))


def same_text_or_number(left: str, right: str) -> bool:
    """Equal but for wrapping, case and white space, or by value: 14 and 14.0, not 14 and 14 %."""
    left, right = tidy(left), tidy(right)
    return folded(left) == folded(right) or _same_number(left, right)


def _same_number(left: str, right: str) -> bool:
    if max(len(left), len(right)) > _LONGEST_NUMBER:
        return False
    try:
        return Decimal(left.strip()) == Decimal(right.strip())
    except InvalidOperation:
        return False
