"""Images that a server has seen, and knows again by their digests: vLLM's ``uuid`` beside an ``image_url``."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Collection, Iterable

from prism_eval.schema import Image

_REMEMBERED = 4096
"""Images of which it is remembered that they were sent; a server forgets them sooner, and says so."""
_MISS = re.compile(r"cache miss", re.IGNORECASE)


class NamedImages:
    """What one server has seen. Nothing depends on it but how many bytes are sent.

    Attributes:
        taken: Whether the server takes names.
    """

    def __init__(self) -> None:
        self.taken = False
        self._seen: OrderedDict[str, None] = OrderedDict()

    def known(self, images: Iterable[Image]) -> Collection[str] | None:
        """The digests of those that need not be sent again; ``None`` where no names are to be sent."""
        return {image.digest for image in images if image.digest in self._seen} if self.taken else None

    def saw(self, images: Iterable[Image]) -> None:
        """The server has answered a request with these."""
        for image in images if self.taken else ():
            self._seen[image.digest] = None
            self._seen.move_to_end(image.digest)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)

    def refused(self, known: Collection[str] | None, said: str) -> bool:
        """Take in that a request was refused; whether the same without what was named is another request.

        Args:
            known: What was named and not sent.
            said: The server's words.
        """
        if known is None or not (known or "uuid" in said):
            return False
        for digest in known:
            self._seen.pop(digest, None)
        # It has forgotten an image. In any other words it does not know what a name is.
        self.taken = _MISS.search(said) is not None
        return True

    def forget(self) -> None:
        """The server was started again."""
        self._seen.clear()
