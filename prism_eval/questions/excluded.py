"""The images of benchmarks: a question on one of them would train, or select, on what is measured later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prism_eval.benchmarks import available, open_readable
from prism_eval.errors import DataUnreadable
from prism_eval.questions.likeness import BITS, Likenesses
from prism_eval.schema import Image


@dataclass(frozen=True)
class Excluded:
    """Images that no question may show.

    Attributes:
        digests: By the SHA-256 of an image's bytes, the benchmark that shows it.
        likenesses: What they look like, where copies with other bytes are looked for, too.
    """

    digests: Mapping[str, str]
    likenesses: Likenesses | None = None

    def why(self, image: Image) -> str:
        """Why an image is left out, as what is said of it: "is in the benchmark ..."; empty where it is not."""
        if shown_in := self.digests.get(image.digest):
            return f"is in the benchmark {shown_in}"
        if self.likenesses and (found := self.likenesses.nearest(image)):
            like, differing = found
            return f"looks like {like}: {differing} of {BITS} bits of their perceptual hashes differ"
        return ""


def images_of_benchmarks(folders: Iterable[str], *, alike: bool = False) -> Excluded:
    """The images of benchmarks. Every one is read, and none is kept.

    Args:
        folders: Data folders as ``--data`` takes them, each with all the benchmarks that it holds.
        alike: Whether what looks like one of them is meant, too.

    Raises:
        DataUnreadable: A benchmark in one of them cannot be read, so that nobody knows its images.
        DataError: A folder holds no benchmark.
        MissingExtra: The ``phash`` extra is needed, and not installed.
    """
    digests: dict[str, str] = {}
    likenesses = Likenesses() if alike else None
    for data in folders:
        benchmarks, unread = open_readable(available(data), data)
        if unread:
            raise DataUnreadable(unread)
        for benchmark in benchmarks:
            for image in (one for images in benchmark.pictures(named=False) for one in images):
                if image.digest in digests:
                    continue
                digests[image.digest] = benchmark.name
                if likenesses is not None:
                    likenesses.add(image, f"image {image.label} of the benchmark {benchmark.name}")
    return Excluded(digests, likenesses)
