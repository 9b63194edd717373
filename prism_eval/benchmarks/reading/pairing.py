"""Giving every image another one of the same benchmark, for captions that belong to the wrong image."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from prism_eval.benchmarks.recent import KEPT_BYTES, Recent
from prism_eval.benchmarks.rows import RowError
from prism_eval.schema import Image, Item

WINDOW = 256
"""How many items are held back while an image of another item is looked for."""

ItemOrError = Item | RowError

# An item may show seven images (MMMU): with one more there is a foreign one among the openers.
_OPENERS = 8
# An item that shows one image has a foreign one among any two, however large they are.
_LEAST_OPENERS = 2


def pair_with_others(items: Iterable[ItemOrError]) -> Iterator[ItemOrError]:
    """The same items, their images' ``other`` set; errors as they are, in their places.

    It is an image further on that the item does not show itself; for the last ones, or when the next `WINDOW` items
    show nothing else, one from the benchmark's start; ``None`` if there is only one image. An other has no other
    itself, so that no image keeps a chain of them alive.

    Items that wait hold on to their images, and the openers are kept to the end: both are bounded in bytes too.
    """
    waiting: deque[ItemOrError] = deque()
    openers: list[Image] = []
    copies = _Copies()
    for item in items:
        shown = _images(item)
        _add_openers(openers, shown)
        while waiting and ((found := _first_foreign(waiting[0], shown)) or _is_full(waiting)):
            early = waiting.popleft()
            yield copies.paired(early, found or _first_foreign(early, openers))
        waiting.append(item)
    yield from (copies.paired(item, _first_foreign(item, openers)) for item in waiting)


class _Pair(NamedTuple):
    """An image, another one, and a copy of the first that knows the other."""

    image: Image
    other: Image | None
    copied: Image


class _Copies:
    """Copies of images that know their other. Items that share an image share its copy, and what is kept with it."""

    def __init__(self) -> None:
        # The pair holds both images, so that their ids are not given to others while it is kept.
        self._recent: Recent[tuple[int, int], _Pair] = Recent(most=_OPENERS, size=lambda pair: len(pair.image.data))

    def paired(self, item: ItemOrError, other: Image | None) -> ItemOrError:
        if isinstance(item, RowError):
            return item
        return replace(item, images=tuple(self._copy(image, other) for image in item.images))

    def _copy(self, image: Image, other: Image | None) -> Image:
        key = id(image), id(other)
        pair = self._recent.get(key)
        if pair is None:
            pair = self._recent.keep(key, _Pair(image, other, _with_other(image, other)))
        return pair.copied


def _with_other(image: Image, other: Image | None) -> Image:
    # Not `dataclasses.replace`: that would forget the digest, and hashing a large image costs more than reading it.
    copied = object.__new__(type(image))
    vars(copied).update(vars(image), other=other)
    return copied


def _add_openers(openers: list[Image], images: Iterable[Image]) -> None:
    for image in images:
        if len(openers) == _OPENERS:
            return
        held = sum(len(opener.data) for opener in openers) + len(image.data)
        fits = len(openers) < _LEAST_OPENERS or held <= KEPT_BYTES
        if fits and all(image.digest != opener.digest for opener in openers):
            openers.append(image)


def _images(item: ItemOrError) -> tuple[Image, ...]:
    return () if isinstance(item, RowError) else item.images


def _is_full(waiting: deque[ItemOrError]) -> bool:
    # An error waits for nothing, so that a thousand of them in a row are told at once.
    if isinstance(waiting[0], RowError) or len(waiting) >= WINDOW:
        return True
    # By object: questions on one image hold its bytes once.
    images = {id(image): image for item in waiting for image in _images(item)}
    return sum(len(image.data) for image in images.values()) > KEPT_BYTES


def _first_foreign(item: ItemOrError, images: Iterable[Image]) -> Image | None:
    own = {image.digest for image in _images(item)}
    return next((image for image in images if image.digest not in own), None)
