"""Images that stand in a cell as text: base64 by itself, or in a ``data:`` URL."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from prism_eval.schema import Image

# The letters of URLs in place of the usual ones.
_STANDARD = str.maketrans("-_", "+/")
_SPACE = re.compile(r"\s+")
# No encoded picture is shorter; of a name that happens to look like one, this leaves next to none.
_SHORTEST = 32
_UNKNOWN = "application/octet-stream"


def image_in_text(text: str) -> bytes | None:
    """The bytes of the image that a text encodes; ``None`` if it is none, and so perhaps a path.

    Raises:
        ValueError: It is a ``data:`` URL that cannot be decoded.
    """
    text = text.strip()
    if text[:5].lower() == "data:":
        return _of_data_url(text)
    if len(text) < _SHORTEST:
        return None
    try:
        data = _decoded(text)
    except (binascii.Error, ValueError):
        return None
    # A path may be base64 too, as far as its letters go: only what begins like an image is one.
    known = Image(data).media_type != _UNKNOWN
    # Two letters are a weak sign. A BMP states its size as well.
    return data if known and (data[:2] != b"BM" or int.from_bytes(data[2:6], "little") == len(data)) else None


def _of_data_url(text: str) -> bytes:
    header, comma, body = text.partition(",")
    if not comma:
        raise ValueError("a data: URL without data")
    data = unquote_to_bytes(body)
    try:
        return _decoded(data.decode("ascii")) if ";base64" in header.lower() else data
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("a data: URL that is not base64") from error


def _decoded(text: str) -> bytes:
    """The bytes of base64 in either alphabet, broken into lines or not, with its padding or without."""
    text = _SPACE.sub("", text).translate(_STANDARD).rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
