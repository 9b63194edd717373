"""Files that may be compressed, read as what they hold."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

from prism_eval.files.budgets import regular

_OPENERS: Mapping[str, Callable[[Path], BufferedIOBase]] = {
    ".gz": gzip.GzipFile,
    ".tgz": gzip.GzipFile,
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}
PACKED = (*_OPENERS, ".zst")
"""The endings of compressed files; what Python itself cannot unpack is named to say so."""


def plain_name(path: Path) -> str:
    """A file's name without the ending that says how it is compressed."""
    return path.stem if path.suffix in PACKED else path.name


@contextmanager
def unpacked(path: Path) -> Iterator[BufferedIOBase]:
    """A file's content, whether or not its name says that it is compressed.

    Raises:
        OSError: It cannot be read, is cut off or damaged, or is compressed in a way that needs another program.
    """
    if path.suffix == ".zst":
        raise OSError(f"it is compressed with Zstandard; `zstd -d {path.name}` unpacks it")
    try:
        with _OPENERS.get(path.suffix, _as_it_is)(regular(path)) as file:
            yield file
    except (EOFError, zlib.error, lzma.LZMAError) as error:
        raise OSError(f"it is cut off or damaged ({error})") from error


def _as_it_is(path: Path) -> BufferedIOBase:
    return path.open("rb")
