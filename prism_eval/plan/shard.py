"""One part of a run among several that are made apart, as tasks of a job array are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from prism_eval.errors import UsageError

# As schedulers count: a number with a zero before it is another array's idea of a name.
_FORM = re.compile(r"(0|[1-9][0-9]{0,5})/(0|[1-9][0-9]{0,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shard:
    """One of so many parts of a run.

    Attributes:
        number: Which, from 1.
        of: How many there are.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``I/N``.

        Raises:
            UsageError: It is not of the form, or there is no such shard.
        """
        found = _FORM.fullmatch(text)
        if not found:
            raise UsageError(f"{text[:40]!r} is no shard: write I/N, as 3/8 for the third of eight")
        shard = cls(int(found[1]), int(found[2]))
        if not 1 <= shard.number <= shard.of:
            of = f"those of {shard.of} are 1/{shard.of} to {shard.of}/{shard.of}" if shard.of else "there must be one"
            raise UsageError(f"there is no shard {text}: shards are counted from 1, so {of}")
        return shard

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.number}/{self.of}"
