"""What pictures look like, in 256 bits each: a copy that was saved anew or scaled has other bytes, and nearly these.

The bits are a perceptual hash (pHash): the picture in grey at 64 by 64, its discrete cosine transform, and of the 16 by
16 lowest frequencies which ones are above their median. Computed by `imagehash`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prism_eval.engines.pixels import decoding, opened, upright
from prism_eval.errors import MissingExtra, PermanentError
from prism_eval.schema import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BITS = 256
"""Of a likeness. With 64, different charts are as near to each other as a copy is to what it was made of."""
NEAR = 16
"""Bits in which a copy differs at most from its picture. docs/questions.md says how often copies differ in more, and
how near different pictures come."""
_TELLING = range(BITS * 3 // 8, BITS * 5 // 8 + 1)
"""How many bits are set of a picture that shows something: half of them are above the median. Of a page of one colour
one is, and all such pages would be alike."""


class Likenesses:
    """Pictures by what they look like.

    Raises:
        MissingExtra: The ``phash`` extra is not installed.
    """

    def __init__(self) -> None:
        try:
            import imagehash  # noqa: F401 - said before any picture is read
        except ImportError as error:
            raise MissingExtra("finding images that look alike", "phash") from error
        self._names: list[str] = []
        self._likenesses: list[NDArray[np.uint64]] = []
        self._table: NDArray[np.uint64] | None = None

    def add(self, image: Image, name: str) -> None:
        """Take a picture in; one that shows nothing, or does not open, is like no other.

        Args:
            image: The picture.
            name: What `nearest` is to call it.
        """
        found = _likeness(image)
        if found is not None:
            self._names.append(name)
            self._likenesses.append(found)
            self._table = None

    def nearest(self, image: Image) -> tuple[str, int] | None:
        """What a picture looks most like, and in how many bits they differ; ``None`` if in more than `NEAR`."""
        import numpy as np

        found = _likeness(image)
        if found is None or not self._likenesses:
            return None
        if self._table is None:
            self._table = np.stack(self._likenesses)
        differing = np.bitwise_count(self._table ^ found).sum(axis=1)
        place = int(differing.argmin())
        return (self._names[place], int(differing[place])) if differing[place] <= NEAR else None


def _likeness(image: Image) -> NDArray[np.uint64] | None:
    """A picture's bits, shape (BITS / 64,); ``None`` where they say nothing."""
    import numpy as np
    from imagehash import phash

    try:
        with decoding(image):
            picture = upright(opened(image))
    except PermanentError:
        return None
    bits: NDArray[np.bool_] = phash(picture, hash_size=int(BITS**0.5)).hash
    return np.packbits(bits).view(np.uint64) if int(bits.sum()) in _TELLING else None
