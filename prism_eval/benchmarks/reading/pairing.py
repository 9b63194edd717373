"""Giving every image another one of the same benchmark, for captions that belong to the wrong image."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator

from prism_eval.schema import Image, Item

WINDOW = 256
"""How many items are held back while an image of another item is looked for."""

_OPENERS = 8


def pair_with_others(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, their images' ``other`` set.

    It is an image further on that the item does not show itself; for the last ones, or when the next `WINDOW` items
    show nothing else, one from the benchmark's start; ``None`` if there is only one image.
    """
    waiting: deque[Item] = deque()
    openers: list[Image] = []
    for item in items:
        for image in item.images:
            if len(openers) < _OPENERS and all(image.digest != opener.digest for opener in openers):
                openers.append(image)
        while waiting and ((found := _first_foreign(waiting[0], item.images)) or len(waiting) >= WINDOW):
            early = waiting.popleft()
            yield _paired(early, found or _first_foreign(early, openers))
        waiting.append(item)
    yield from (_paired(item, _first_foreign(item, openers)) for item in waiting)


def _first_foreign(item: Item, images: Iterable[Image]) -> Image | None:
    own = {image.digest for image in item.images}
    return next((image for image in images if image.digest not in own), None)


def _paired(item: Item, other: Image | None) -> Item:
    return dataclasses.replace(item, images=tuple(_with_other(image, other) for image in item.images))


def _with_other(image: Image, other: Image | None) -> Image:
    paired = dataclasses.replace(image, other=other)
    # A copy would hash its bytes again, which for large images costs more than reading them.
    vars(paired)["digest"] = image.digest
    return paired
