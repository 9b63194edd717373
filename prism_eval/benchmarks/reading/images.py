"""From what an image column holds to an `Image`: bytes in the row, encoded or not, or a path that leads to a file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prism_eval.benchmarks.reading.encoded import image_in_text
from prism_eval.benchmarks.recent import Recent
from prism_eval.benchmarks.rows import MISSING, Row, is_null, short
from prism_eval.benchmarks.sources.image_files import ImageFiles
from prism_eval.files.budgets import MAX_BYTES
from prism_eval.schema import Image

# Equal bytes are looked for among all that are kept, at every row: more would cost time and find nothing.
_KEPT = 8
# Longer is no path that a data set would hold, and messages quote it.
_LONGEST_PATH = 1024
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

Facts = tuple[str, ...] | None


class ImageReader:
    """Reads the images of a data set, keeping the last few.

    Neighbouring rows often share an image, and then they get the same object: its digest, its check and its base64
    are worked out once.

    Args:
        files: Where paths lead.
        named: Whether names will do: no file is then opened.
    """

    def __init__(self, files: ImageFiles, *, named: bool = False) -> None:
        self._files = files
        self._named = named
        self._recent: Recent[tuple[str, Facts], Image] = Recent(most=_KEPT, size=lambda image: len(image.data))

    def read(self, row: Row, value: object, *, name: str, facts: Facts = None) -> Image:
        """The image that one value of an image column holds.

        Args:
            row: The row it is in, for messages.
            value: Bytes, base64, a ``data:`` URL, a path, or ``{"bytes": ..., "path": ...}`` as the hub stores images.
            name: What to call an image without a path.
            facts: What a synthetic image shows.

        Raises:
            RowError: The image is missing, unreadable or too large, or its path leads out of the folder.
        """
        data, path = _parts(row, value)
        if data is not None:
            return self._from_bytes(row, data, path or name, facts)
        if self._named:
            return Image(b"", path, facts)
        # The facts are part of the key: a twin may show one file under several sets of them.
        kept = self._recent.get((path, facts))
        return kept or self._recent.keep((path, facts), Image(self._files.read(row, path), path, facts))

    def _from_bytes(self, row: Row, data: bytes, name: str, facts: Facts) -> Image:
        for kept in self._recent:
            if kept.facts == facts and kept.data == data:
                return kept
        if len(data) > MAX_BYTES:
            raise row.bad("image too large", f"image {name!r} has {len(data)} bytes, more than {MAX_BYTES}")
        if not data:
            raise row.bad("image missing", f"image {name!r} has no bytes")
        # Other bytes may come under the same name: the row's number keeps them apart.
        return self._recent.keep((f"{name}#{row.number}", facts), Image(data, name, facts))


def holds_image(value: object) -> bool:
    """Whether a cell, or a place in its list, holds anything that could be an image."""
    if isinstance(value, Mapping):
        # Beside them the hub may store a size.
        return any(holds_image(value[key]) for key in {"bytes", "path"} & value.keys() or value)
    if isinstance(value, str):
        return bool(value.strip())
    return value is not MISSING and not is_null(value) and value != b""


def _parts(row: Row, value: object) -> tuple[bytes | None, str]:
    """The bytes, or ``None`` where there are none, and the path, or an empty one."""
    if isinstance(value, Mapping):
        path = value.get("path")
        if data := _bytes(row, value.get("bytes")):
            return data, path if isinstance(path, str) else ""
        value = path or value
    data = _bytes(row, value)
    if data is not None:
        return data, ""
    if not isinstance(value, str) or not value.strip():
        raise row.bad("image missing", f"an image column holds {type(value).__name__}, neither bytes nor a path")
    if _ADDRESS.match(value):
        message = f"{short(value)!r} is an address, and nothing is fetched: put the file beside the data"
        raise row.bad("image missing", f"image {message}")
    if len(value) > _LONGEST_PATH:
        message = f"an image column holds a text of {len(value)} characters, neither an encoded image nor a path"
        raise row.bad("image missing", message)
    return None, value


def _bytes(row: Row, value: object) -> bytes | None:
    try:
        return value if isinstance(value, bytes) else image_in_text(value) if isinstance(value, str) else None
    except ValueError as error:
        raise row.bad("image unreadable", f"the image is {error}") from error
