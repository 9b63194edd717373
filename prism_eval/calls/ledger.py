"""Which calls a part of a run asked for: what several parts asked for, one run would have asked for once."""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Iterator
from typing import Literal

Became = Literal["hits", "made", "failed"]


class Ledger:
    """Unique calls by stage and by what became of them, in sixteen bytes each."""

    def __init__(self) -> None:
        self._calls: defaultdict[tuple[str, Became], tuple[array[int], array[int]]] = defaultdict(
            lambda: (array("Q"), array("Q"))
        )

    def note(self, stage: str, became: Became, key: int, text: str = "") -> None:
        """Take in a call: its stage, what became of it, 64 bits of its key, and the text it came to."""
        keys, texts = self._calls[stage, became]
        keys.append(key)
        texts.append(short_of(text))

    def entries(self) -> Iterator[tuple[str, Became, array[int], array[int]]]:
        """Stage, what became of them, keys and 64 bits of each text, in an order that no call's time changes."""
        for (stage, became), (keys, texts) in sorted(self._calls.items()):
            order = sorted(range(len(keys)), key=keys.__getitem__)
            yield stage, became, array("Q", (keys[at] for at in order)), array("Q", (texts[at] for at in order))


def short_of(text: str) -> int:
    """64 bits of a text's digest: enough to see that two parts were told different things."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
