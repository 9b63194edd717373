"""From lmms-eval's chat messages to one question text and its pictures."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Protocol, cast

from prism_eval.benchmarks.recent import Recent

# The modes of Pillow that PNG holds as they are; it has no CMYK, YCbCr or floating-point pixels.
_PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16"})
# Documents that share a picture stand close together.
_KEPT = 16
# Level 1 of 9 is three times as quick as Pillow's default on charts, and as lossless.
_COMPRESSION = 1


class PromptError(ValueError):
    """A message that cannot be put to a reader of captions; the text says why, without naming the document."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What one document asks.

    Attributes:
        text: The texts of all messages, system messages first. Where pictures stand between texts, ``<image n>``
            marks their places.
        pictures: Encoded images, in order.
    """

    text: str
    pictures: tuple[bytes, ...]


class _Picture(Protocol):
    """What is used of a Pillow image. lmms-eval hands over others too, so that it is told by what it can do."""

    mode: str
    size: tuple[int, int]

    def tobytes(self) -> bytes: ...
    def getpalette(self) -> list[int] | None: ...
    def convert(self, mode: str) -> _Picture: ...
    def save(self, file: io.BytesIO, form: str, *, compress_level: int) -> None: ...


class Encoder:
    """Encodes pictures as PNG, keeping the last few: neighbouring documents often show the same one."""

    def __init__(self) -> None:
        self._recent: Recent[bytes, bytes] = Recent(most=_KEPT, size=len)
        self._lock = threading.Lock()

    def encode(self, picture: object) -> bytes:
        """The bytes of a picture: a Pillow image, encoded without loss, or bytes or a file as they are.

        Raises:
            PromptError: It is nothing of the kind.
        """
        if isinstance(picture, bytes):
            return picture
        if isinstance(picture, str | Path):
            return _read(Path(picture))
        if not hasattr(picture, "tobytes") or not hasattr(picture, "mode"):
            raise PromptError(f"an image is given as {type(picture).__name__}, not as a picture, bytes or file")
        return self._encoded(cast("_Picture", picture))

    def _encoded(self, picture: _Picture) -> bytes:
        picture = picture if picture.mode in _PNG_MODES else picture.convert("RGB")
        seen = blake2b(f"{picture.mode} {picture.size}".encode(), digest_size=16)
        seen.update(picture.tobytes())
        # Equal indices under other palettes are other pictures.
        seen.update(bytes(picture.getpalette() or ()))
        key = seen.digest()
        with self._lock:
            known = self._recent.get(key)
        # Encoded outside the lock: it takes long, and twice the same is no harm.
        encoded = known or _as_png(picture)
        with self._lock:
            return self._recent.keep(key, encoded)


def read_messages(messages: object, encoder: Encoder) -> Prompt:
    """Read chat messages as ``doc_to_messages`` gives them.

    A picture before all text needs no mark. One between texts is marked ``<image n>`` in its place, unless the text
    itself names its images so.

    Args:
        messages: Turns, each with a role and a content: a text, or parts of type ``text`` and ``image``.
        encoder: Encodes the pictures.

    Raises:
        PromptError: There is a video or an audio clip in them, no picture, or they are not messages at all.
    """
    instructions: list[str] = []
    texts: list[str] = []
    marks: list[tuple[int, str]] = []
    pictures: list[bytes] = []
    for role, kind, value in _parts(messages):
        # Instructions come first wherever they stand: the reader has one text, and no turns.
        if kind == "text":
            (instructions if role == "system" else texts).append(str(value))
        elif kind == "image":
            pictures.append(encoder.encode(value))
            marks.append((len(texts), f"<image {len(pictures)}>"))
        else:
            raise PromptError(f"it shows {kind}, and only images can be captioned")
    if not pictures:
        raise PromptError("it shows no image")
    return Prompt("\n\n".join([*instructions, _joined(texts, marks)]), tuple(pictures))


def _joined(texts: list[str], marks: list[tuple[int, str]]) -> str:
    # A text that names its images would have them marked twice.
    named = any("<image 1>" in text for text in texts)
    between = any(0 < place < len(texts) for place, _ in marks)
    if named or not between:
        return "\n".join(texts).strip("\n")
    pieces = list(texts)
    # From the end, so that the places of those before stay as they are.
    for place, mark in reversed(marks):
        pieces.insert(place, mark)
    return "\n".join(piece.strip("\n") for piece in pieces if piece.strip())


def _parts(messages: object) -> Iterable[tuple[str, str, object]]:
    """The role, type and value of every part."""
    if not isinstance(messages, list):
        raise PromptError(f"its prompt is {type(messages).__name__}, not a list of chat messages")
    for message in messages:
        # lmms-eval's tasks build these by hand: a content may be a text or a list of parts.
        content = message.get("content") if isinstance(message, Mapping) else None
        role = message.get("role") if isinstance(message, Mapping) else None
        if isinstance(content, str):
            yield str(role), "text", content
            continue
        if not isinstance(content, list):
            raise PromptError("a chat message has no content")
        for part in content:
            kind = str(part.get("type"))
            yield str(role), kind, part.get("text") if kind == "text" else part.get("url", part.get(kind))


def _as_png(picture: _Picture) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=_COMPRESSION)
    return buffer.getvalue()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PromptError(f"its image {path} cannot be read: {error.strerror}") from error
