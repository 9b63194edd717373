"""A request's body in pieces: text as it is sent, and images that become base64 while they are sent.

A JSON encoder would look at each of a large image's characters for something to escape, and copy them three times over.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from prism_eval.schema import Image

_BYTES_A_BLOCK = 192 * 1024  # A multiple of three, so that only an image's last block is padded.
FULL_BLOCK = _BYTES_A_BLOCK // 3 * 4
"""Length of an image's blocks in base64, except for the last."""


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent, in order: bytes as they are, images in base64. It can be sent more than once."""

    pieces: tuple[bytes | Image, ...]

    @property
    def size(self) -> int:
        """Number of bytes that `blocks` adds up to."""
        return sum(_encoded_size(piece.data) if isinstance(piece, Image) else len(piece) for piece in self.pieces)

    def blocks(self) -> Iterator[bytes]:
        """The body's bytes; an image's are encoded as they are asked for, `FULL_BLOCK` at a time.

        What is smaller goes with what is beside it: each block is handed to the kernel, which costs more than a copy.
        """
        gathered, size = list[bytes](), 0
        for part in self._parts():
            if gathered and size + len(part) > FULL_BLOCK:
                yield b"".join(gathered)
                gathered, size = [], 0
            gathered.append(part)
            size += len(part)
        yield b"".join(gathered)

    def _parts(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Image):
                yield from _encoded(piece.data)
            else:
                yield piece


def _encoded_size(data: bytes) -> int:
    return (len(data) + 2) // 3 * 4


def _encoded(data: bytes) -> Iterator[bytes]:
    # A view, because a slice of bytes would be a copy.
    view = memoryview(data)
    for start in range(0, len(view), _BYTES_A_BLOCK):
        # Without newline=False each block would end in a line break, which JSON strings may not hold.
        yield binascii.b2a_base64(view[start : start + _BYTES_A_BLOCK], newline=False)
