"""A picture's row in a shard: what it is, its captions, and how they came about, failures among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from prism_eval.run.item_result import Captioned, ItemResult
from prism_eval.schema import Caption, FinishReason


class Status(StrEnum):
    """How a picture's caption came about."""

    SUCCESS = "success"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    REFUSED = "refused"
    FAILED = "failed"
    """Who was asked failed, even when asked again: another run may get it."""
    UNREADABLE = "unreadable"
    """The picture itself: nobody was asked."""
    KEPT = "kept"
    """The data set had a caption, and nobody was asked."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is remembered of a picture while it is captioned: all but its bytes.

    Attributes:
        key: What the data set calls it.
        path: Where it lies there.
        sha256: The digest of its bytes; empty where they cannot be read.
        caption: What the data set says of it.
        kept: Whether that stands, and nobody is asked.
    """

    key: str
    path: str
    sha256: str
    caption: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A picture's row.

    Attributes:
        key: What the data set calls it.
        path: The file, or the file and the member or row in it.
        sha256: The digest of its bytes, by which it is found whatever it is called; empty where they cannot be read.
        status: How the first of its captions came about; ``failed`` where any of them failed.
        caption: The first of its captions, without what its model thought aloud; ``None`` if there is none.
        captions: All of them, in order; ``None`` for one that failed.
        error: Why there is none.
        words: Whitespace-separated words of the first.
        completion_tokens: Tokens written for all of them, as far as their models say.
        original: What the data set itself says of it.
    """

    key: str
    path: str
    sha256: str
    status: Status
    caption: str | None
    captions: tuple[str | None, ...]
    error: str
    words: int
    completion_tokens: int
    original: str


def row_of(told: Told, results: Sequence[ItemResult], as_read: Callable[[Iterable[Caption]], Sequence[Caption]]) -> Row:
    """The row of a picture.

    Args:
        told: The picture.
        results: What came of it, sample by sample; none where its own caption stands.
        as_read: What of captions is a description.
    """
    made = [result.captions[0] if result.captions else None for result in results]
    said = [as_read([one.caption])[0] if one and one.caption else None for one in made]
    texts = (told.caption,) if told.kept else tuple(map(_text, said))
    error = next((error for result, one in zip(results, made, strict=True) if (error := _error(result, one))), "")
    return Row(
        key=told.key,
        path=told.path,
        sha256=told.sha256,
        status=Status.KEPT if told.kept else _status(results, said),
        caption=texts[0],
        captions=texts,
        error=error,
        words=len((texts[0] or "").split()),
        completion_tokens=sum(one.completion_tokens or 0 for one in said if one),
        original=told.caption,
    )


def _status(results: Sequence[ItemResult], said: Sequence[Caption | None]) -> Status:
    if results[0].unusable:
        return Status.UNREADABLE
    if any(one is None for one in said) or (first := said[0]) is None:
        return Status.FAILED
    if first.finish_reason is FinishReason.FILTERED:
        return Status.REFUSED
    if first.finish_reason.cut:
        return Status.TRUNCATED
    return Status.SUCCESS if first.text.strip() else Status.EMPTY


def _text(said: Caption | None) -> str | None:
    # What a filter left is no caption.
    spoke = said is not None and said.finish_reason is not FinishReason.FILTERED and said.text.strip()
    return said.text if said is not None and spoke else None


def _error(result: ItemResult, made: Captioned | None) -> str:
    if result.unusable:
        return str(result.unusable)
    return (made.error or (made.caption.note if made.caption else "")) if made else result.error
