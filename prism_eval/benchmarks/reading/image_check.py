"""Whether an image can be shown to a model, from its header and its last bytes alone."""

from __future__ import annotations

import io
import struct
import warnings

from prism_eval.errors import PermanentError
from prism_eval.schema import Image

MAX_PIXELS = 100_000_000
"""Images of more pixels are refused: unpacked they take gigabytes."""

_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/webp": "WEBP",
}
UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError, struct.error)
"""What Pillow raises for damaged images."""


def check_image(image: Image) -> None:
    """Look at an image's header and end; nothing is unpacked.

    Raises:
        PermanentError: The format is unknown, the header is damaged, the file is cut short, or it unpacks to more
            than `MAX_PIXELS`. The message names the image.
    """
    form = _FORMATS.get(image.media_type)
    if form is None:
        raise _refused(image, "is in no known format (PNG, JPEG, GIF, BMP, TIFF, WebP)")
    width, height = _size(image, form)
    if width <= 0 or height <= 0:
        raise _refused(image, "has no pixels")
    if width * height > MAX_PIXELS:
        raise _refused(image, f"has {width}x{height} pixels, more than {MAX_PIXELS}: too large to unpack")
    if not _is_whole(image.data, form):
        raise _refused(image, "is cut short; get the file again")


def _size(image: Image, form: str) -> tuple[int, int]:
    from PIL import Image as Pillow

    Pillow.init()
    # Not Pillow.open, whose own limit on pixels is a warning that depends on global state.
    factory, _ = Pillow.OPEN[form]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged metadata, which no captioner reads
            with factory(io.BytesIO(image.data), "") as opened:
                return opened.size
    except Pillow.DecompressionBombError as error:
        raise _refused(image, f"is too large to unpack ({error})") from error
    except UNREADABLE as error:
        raise _refused(image, f"is damaged ({error}); get the file again") from error


def _is_whole(data: bytes, form: str) -> bool:
    if form == "PNG":
        return data.rfind(b"IEND") > 0
    if form == "JPEG":
        # A thumbnail in the header has end markers of its own; they stand before the picture's last scan.
        return data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    return True


def _refused(image: Image, why: str) -> PermanentError:
    return PermanentError(f"image {image.name or image.digest[:12]!r} {why}")
