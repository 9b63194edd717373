"""What a model server has read: blocks of tokens, each known by all that stands before it, as in vLLM."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence

SIZE = 16
"""Tokens of a block; what does not fill one is not kept."""


class PrefixCache:
    """The blocks a server remembers, the longest unused of which it forgets.

    Args:
        room: Tokens of the blocks it has room for; 0 for any number.

    Attributes:
        blocks: Tokens of the whole blocks that were asked for.
        hits: Of those, what was remembered.
        seen: Every block there ever was.
    """

    def __init__(self, room: int = 0) -> None:
        self.blocks = self.hits = 0
        self.seen: set[bytes] = set()
        self._room = room // SIZE
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def read(self, tokens: Sequence[str]) -> int:
        """Read a prompt; returns how many of its tokens had been read before."""
        blocks = list(_blocks(tokens))
        # Only an unbroken beginning is of use: a block whose forerunner was forgotten has to be read again.
        cached = next((place for place, block in enumerate(blocks) if block not in self._known), len(blocks))
        for block in blocks:
            self._known[block] = None
            self._known.move_to_end(block)
        while self._room and len(self._known) > self._room:
            self._known.popitem(last=False)
        self.seen.update(blocks)
        self.blocks += SIZE * len(blocks)
        self.hits += SIZE * cached
        return SIZE * cached


def _blocks(tokens: Sequence[str]) -> Iterator[bytes]:
    """The name of each whole block; the same in every process, so that what several servers read can be compared."""
    before = b""
    for start in range(0, len(tokens) - SIZE + 1, SIZE):
        block = " ".join(tokens[start : start + SIZE])
        before = hashlib.blake2b(before + block.encode(), digest_size=8).digest()
        yield before
