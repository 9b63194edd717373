"""What of a data set is captioned: its pictures, in parts that are each one file of it or so many of its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from prism_eval.files.budgets import MAX_BYTES, MAX_CHARACTERS, read_most, regular

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp")
"""The endings of files that are looked at as pictures."""

NO_PICTURE = "no picture"
"""Why a row of a data set has none that could be captioned."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a data set.

    Attributes:
        key: What the data set calls it; unique in its part as a rule.
        path: The file that it is, or the file and the member or row in it, as the data set writes paths.
        data: Its encoded bytes; none where there is a problem.
        caption: What the data set itself says of it; empty for nothing.
        problem: Why it cannot be read; empty if it can.
    """

    key: str
    path: str
    data: bytes = field(default=b"", repr=False)
    caption: str = ""
    problem: str = ""


class Dealt(Protocol):
    """Pictures that are captioned together."""

    @property
    def name(self) -> str:
        """What they are called: as part of a data set, the files of its shard."""
        ...

    def pictures(self) -> Iterator[Picture]:
        """They, in their own order.

        Raises:
            DataError: They are damaged, or cannot be read any further.
        """
        ...


@dataclass(frozen=True)
class Batch:
    """Pictures that are there already."""

    dealt: Sequence[Picture]
    name: str = "batch"

    def pictures(self) -> Iterator[Picture]:
        """They."""
        return iter(self.dealt)


class Part(Dealt, Protocol):
    """A part of a data set; a shard of captions is written of each."""

    @property
    def state(self) -> str:
        """A digest that changes as the part does: of names and sizes, not of all its bytes."""
        ...

    @property
    def weight(self) -> int:
        """How much of the data set it is, beside its other parts: bytes, or files."""
        ...

    def count(self) -> int | None:
        """How many pictures it has; ``None`` where only reading it would tell."""
        ...


def read_picture(path: Path) -> bytes:
    """A picture's file.

    Raises:
        OSError: It cannot be read, is no file, or is larger than `MAX_BYTES`.
    """
    return within_budget(read_most(regular(path), MAX_BYTES))


def size_of(file: Path) -> int:
    """A file's bytes; -1 where it is not there, which is told when its turn comes."""
    try:
        return file.stat().st_size
    except OSError:
        return -1


def within_budget(data: bytes) -> bytes:
    """The bytes of a picture, of which at most one more than `MAX_BYTES` was read.

    Raises:
        OSError: There are more.
    """
    if len(data) > MAX_BYTES:
        raise OSError(f"it has more than {MAX_BYTES // 2**20} MiB")
    return data


def as_caption(said: object) -> str:
    """What a data set has for a caption, as text: bytes read as UTF-8, nothing where it is no text at all."""
    if isinstance(said, bytes):
        said = said.decode("utf-8", "replace")
    return said.strip()[:MAX_CHARACTERS] if isinstance(said, str) else ""
