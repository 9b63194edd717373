"""How much of a stranger's file is taken in: a few kilobytes may claim, or become, gigabytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import IO

MAX_PIXELS = 50_000_000
"""Pixels of an image. In memory each takes four bytes, and drawing a picture on white takes it twice."""

_FEW_LINES = 4
_ONE_BYTE = frozenset({"1", "L", "P"})

MAX_BYTES = 100 * 2**20
"""Bytes of an encoded image: a row may name any file, and what it names is read whole."""

MAX_CHARACTERS = 2**20
"""Characters of one text that a model writes: three novels' worth of caption is none."""

MAX_LINE = 4 * MAX_BYTES // 3 + 2**20
"""Bytes of a row of JSON: the largest image in base64, and room for the rest."""

MAX_DOCUMENT = 64 * 2**20
"""Bytes of a document that is read whole, such as a plan or a manifest."""


def most_pixels(form: str | None, mode: str, lines: int) -> int:
    """How many pixels an image may have: half of `MAX_PIXELS` where each takes more memory than elsewhere.

    Args:
        form: The format, as Pillow calls it. WebP is unpacked into several pictures at once.
        mode: What a pixel is, as Pillow calls it: whole numbers and floats are measured and brought to eight bits.
        lines: How many lines of pixels there are. Beside the picture the last two are held, which may be all of it.
    """
    heavy = form == "WEBP" or mode.startswith(("I", "F")) or (lines < _FEW_LINES and mode not in _ONE_BYTE)
    return MAX_PIXELS // 2 if heavy else MAX_PIXELS


def regular(path: Path) -> Path:
    """The path itself, where it leads to a file.

    Raises:
        OSError: It leads to a device or a pipe, which need not end.
    """
    if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
        raise OSError("it is no file but a device or a pipe")
    return path


def read_most(path: Path, most: int) -> bytes:
    """All of a file, or, where it is larger, one byte more than is wanted: the caller says what that means.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        # A byte more than the file has: it ends there. Asked for the most that there may be, Python sets aside as much,
        # which takes three times as long for an image of 200 kB.
        expected = min(os.fstat(file.fileno()).st_size, most)
        data = file.read(expected + 1)
        # What is read counts, and not what the file system says of a file that grows.
        return data if len(data) <= expected else data + file.read(most + 1 - len(data))


def read_document(path: Path) -> bytes:
    """All of a file that is to be a document.

    Raises:
        OSError: It cannot be read, is no file, or is larger than `MAX_DOCUMENT`.
    """
    data = read_most(regular(path), MAX_DOCUMENT)
    if len(data) > MAX_DOCUMENT:
        raise OSError(f"it has more than {MAX_DOCUMENT // 2**20} MiB")
    return data


def lines(file: BufferedIOBase | IO[bytes]) -> Iterator[bytes]:
    """The lines of a file.

    Raises:
        OSError: One has more than `MAX_LINE` bytes.
    """
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            raise OSError(f"a line has more than {MAX_LINE // 2**20} MiB")
        yield line
