"""Whether captions that exist already are there for every image: asked before anything is paid for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from prism_eval.benchmarks import opens
from prism_eval.captioners.base import Lookup
from prism_eval.errors import DataError
from prism_eval.files.seen import SeenDigests
from prism_eval.run.assemble import Assembly
from prism_eval.schema import Image

_OF_A_STREAM = 100
"""Rows of a streamed benchmark that are looked at: to look at all would be to download it twice."""


def check_coverage(assembly: Assembly) -> None:
    """Make sure that captioners which look captions up will find one for every image and sample.

    Images are compared by name where a captions file names them so, and are read only where one seems to lack its
    caption: of one that cannot be read or does not open, nobody will be asked.

    Raises:
        DataError: Some are missing; the message says how many, and the first.
    """
    lookups = [(entry.label, lookup) for entry in assembly.settings.entries for lookup in entry.captioner.lookups()]
    if not lookups:
        return
    # A name costs a look into a row, a digest the whole image: where names find everything, nobody asks for more.
    by_name = not any(lookup.needs_bytes for _, lookup in lookups)
    if by_name and not _what_lacks(assembly, lookups, named=True):
        return
    if lacking := _what_lacks(assembly, lookups, named=False):
        raise DataError(
            f"{lacking}; --allow-missing, or allow_missing = true in the plan, goes on, and their items fail"
        )


def _what_lacks(assembly: Assembly, lookups: Sequence[tuple[str, Lookup]], *, named: bool) -> str:
    """How many images one of the captioners has captions for, in a few words; empty where all have them all."""
    samples = range(assembly.settings.samples)
    found, first, total = [0] * len(lookups), [""] * len(lookups), 0
    for benchmark, image in _images(assembly, named=named):
        total += 1
        for place, (_, lookup) in enumerate(lookups):
            has = all(lookup.has(image, sample) for sample in samples)
            found[place] += has
            first[place] = first[place] or ("" if has else f"{image.label} of {benchmark}")
    each = "" if len(samples) == 1 else f" for each of {len(samples)} samples"
    for (label, _), count, missing in zip(lookups, found, first, strict=True):
        if missing:
            return (
                f"captioner {label!r}: {count:,} of {total:,} images have captions{each} (the first without: {missing})"
            )
    return ""


def _images(assembly: Assembly, *, named: bool) -> Iterator[tuple[str, Image]]:
    """Each image once, with the benchmark that shows it."""
    seen = SeenDigests()
    for benchmark in assembly.benchmarks:
        rows = benchmark.pictures(named=named)
        for row in islice(rows, _OF_A_STREAM) if benchmark.is_streamed else rows:
            for image in row:
                new = seen.add(*((benchmark.name, image.name) if named else (image.digest,)))
                if new and (named or opens(image)):
                    yield benchmark.name, image
