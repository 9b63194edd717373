"""Whether an image can be shown to a model, from its header and its last bytes alone."""

from __future__ import annotations

import io
import struct

from prism_eval.errors import PermanentError
from prism_eval.files.budgets import MAX_PIXELS, most_pixels
from prism_eval.files.warning_filters import warnings_as
from prism_eval.schema import Image

_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/webp": "WEBP",
}
_REFUSAL = "_refusal"
_DAMAGED = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError, struct.error)
UNREADABLE = (*_DAMAGED, MemoryError)
"""What Pillow raises for damaged images: its parsers trust a header until something gives."""


def check_image(image: Image) -> None:
    """Look at an image's header and end; nothing is unpacked.

    The outcome is kept with the image: only the first call works, and may belong in a thread.

    Raises:
        PermanentError: The format is unknown, the header is damaged, the file is cut short, or it unpacks to more
            than `most_pixels`. The message names the image.
    """
    kept = vars(image)
    if _REFUSAL not in kept:
        kept[_REFUSAL] = _refusal(image)
    if kept[_REFUSAL]:
        raise PermanentError(f"image {image.label!r} {kept[_REFUSAL]}")


def _refusal(image: Image) -> str:
    """Why an image cannot be shown; empty if it can."""
    from PIL import Image as Pillow

    form = _FORMATS.get(image.media_type)
    if form is None:
        return "is in no known format (PNG, JPEG, GIF, BMP, TIFF, WebP)"
    try:
        (width, height), mode = _size(image.data, form)
    except Pillow.DecompressionBombError as error:
        return f"is too large to unpack ({error})"
    except UNREADABLE as error:
        return f"is damaged ({error}); get the file again"
    # Pillow reads such headers without complaint.
    if width <= 0 or height <= 0:
        return "has no pixels"
    if width * height > (most := most_pixels(form, mode, height)):
        passed = MAX_PIXELS if width * height > MAX_PIXELS else most
        return f"has {width}x{height} pixels, more than {passed}: too large to unpack"
    return "" if _is_whole(image.data, form) else "is cut short; get the file again"


def _size(data: bytes, form: str) -> tuple[tuple[int, int], str]:
    from PIL import Image as Pillow

    Pillow.init()
    # Not Pillow.open, whose own limit on pixels is a warning that depends on global state.
    factory, _ = Pillow.OPEN[form]
    # It warns of damaged metadata, which no captioner reads.
    with warnings_as("ignore"), factory(io.BytesIO(data), "") as opened:
        return opened.size, opened.mode


def _is_whole(data: bytes, form: str) -> bool:
    if form == "PNG":
        # The name of the last chunk; whatever follows it is harmless.
        return data.rfind(b"IEND") > 0
    if form == "JPEG":
        # A thumbnail in the header has end markers of its own; they stand before the picture's last scan.
        return data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    # Of the others only unpacking tells.
    return True
