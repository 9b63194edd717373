"""What a run holds in memory at once: so many items, and so many bytes of images."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from prism_eval.schema import Image

BYTES = 224 * 2**20
"""Image bytes in work at once: 64 calls in flight are all kept busy with images of up to 3.5 MB."""


class Window:
    """Bounds the items in work by their number and by the bytes of their images.

    Bytes count once an image, by digest, however many items show it. A single image larger than the bound is let in
    alone: it has to be captioned all the same.

    Args:
        items: Trials in work at once.
        limit: Bytes of images held at once.
    """

    def __init__(self, items: int, *, limit: int = BYTES) -> None:
        self.slots = asyncio.Semaphore(items)
        self._limit = limit
        self._held: dict[str, int] = {}
        self._bytes = 0
        self._let_go = asyncio.Event()

    async def hold(self, images: Sequence[Image]) -> None:
        """Wait until there is room for the images, and hold them."""
        sizes = {image.digest: len(image.data) for image in images}
        # With nothing held there is room for anything, however large: else it would wait for itself.
        while self._bytes and self._bytes + self._new(sizes) > self._limit:
            self._let_go.clear()
            await self._let_go.wait()
        # Counted by holders: a picture that ten questions show in a row is let go by the tenth.
        for digest, size in sizes.items():
            if digest not in self._held:
                self._bytes += size
            self._held[digest] = self._held.get(digest, 0) + 1

    def release(self, images: Iterable[Image]) -> None:
        """The images are needed no longer by one of those who held them."""
        for digest, size in {image.digest: len(image.data) for image in images}.items():
            self._held[digest] -= 1
            if not self._held[digest]:
                del self._held[digest]
                self._bytes -= size
        self._let_go.set()

    def _new(self, sizes: dict[str, int]) -> int:
        return sum(size for digest, size in sizes.items() if digest not in self._held)
