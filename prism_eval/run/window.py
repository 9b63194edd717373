"""What a run holds in memory at once: so many trials, and so many images and bytes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from prism_eval.schema import Image

BYTES = 224 * 2**20
"""Image bytes in work at once: 64 calls in flight are all kept busy with images of up to 3.5 MB."""


class Window:
    """Bounds the trials in work by their number, and their images by number and bytes until they are captioned.

    An image counts once, by digest, however many items show it. What is larger than a bound by itself is let in alone:
    it has to be captioned all the same.

    Args:
        trials: Trials in work at once.
        images: Images held at once.
        limit: Bytes of images held at once.
    """

    def __init__(self, trials: int, *, images: int, limit: int = BYTES) -> None:
        self.slots = asyncio.Semaphore(trials)
        self._images = images
        self._limit = limit
        self._held: dict[str, int] = {}
        self._bytes = 0
        self._let_go = asyncio.Event()

    async def hold(self, images: Sequence[Image]) -> None:
        """Wait until there is room for the images, and hold them."""
        while not self.take(images):
            self._let_go.clear()
            await self._let_go.wait()

    def take(self, images: Sequence[Image]) -> bool:
        """Hold the images if there is room for them now; returns whether there is."""
        sizes = {image.digest: len(image.data) for image in images}
        # With nothing held there is room for anything, however large: else it would wait for itself.
        if self._held and not self._has_room(sizes):
            return False
        # Counted by holders: a picture that ten questions show in a row is let go by the tenth.
        for digest, size in sizes.items():
            if digest not in self._held:
                self._bytes += size
            self._held[digest] = self._held.get(digest, 0) + 1
        return True

    def release(self, images: Iterable[Image]) -> None:
        """The images are needed no longer by one of those who held them."""
        for digest, size in {image.digest: len(image.data) for image in images}.items():
            self._held[digest] -= 1
            if not self._held[digest]:
                del self._held[digest]
                self._bytes -= size
        self._let_go.set()

    def _has_room(self, sizes: dict[str, int]) -> bool:
        new = [size for digest, size in sizes.items() if digest not in self._held]
        # Who shows nothing new needs no room, even where one that was let in alone has taken more than there is.
        return not new or (len(self._held) + len(new) <= self._images and self._bytes + sum(new) <= self._limit)
