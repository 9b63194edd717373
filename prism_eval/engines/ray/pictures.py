"""Images in Ray's object store: each goes there once, and from there once to each machine that works on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from prism_eval.schema import Image, Request


@dataclass(slots=True)
class _Held:
    """An image in the store, and how many calls need it now."""

    reference: Any
    users: int = 0


class Pictures:
    """The images that calls in flight need.

    An image leaves the store with the last call that needs it: the store holds what is in flight, however many images
    a run has.

    Args:
        put: Puts bytes into the store.
    """

    def __init__(self, put: Callable[[bytes], Any]) -> None:
        self._put = put
        self._held: dict[str, _Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    @contextmanager
    def lent(self, images: Sequence[Image]) -> Iterator[list[Any]]:
        """References to images' bytes, for the time of a call."""
        held = [self._taken(image) for image in images]
        try:
            yield [one.reference for one in held]
        finally:
            for image, one in zip(images, held, strict=True):
                one.users -= 1
                if not one.users:
                    del self._held[image.digest]

    def _taken(self, image: Image) -> _Held:
        if image.digest not in self._held:
            self._held[image.digest] = _Held(self._put(image.data))
        one = self._held[image.digest]
        one.users += 1
        return one


def without_bytes(request: Request) -> Request:
    """The request with its images' names alone: what else is known of them stays with who asks.

    A scene's facts must not reach an engine, which could read them off.
    """
    return request.with_images(lambda image: Image(b"", image.name))
