"""What comes of an item, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prism_eval.benchmarks import RowError
from prism_eval.captioners.spoken import spoken
from prism_eval.errors import Cause
from prism_eval.files.lookalikes import plain
from prism_eval.schema import Answer, Caption, FinishReason, Item, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Captioned:
    """An image's caption, or why there is none."""

    image: str
    image_name: str
    key: str
    caption: Caption | None
    error: str = ""
    cause: Cause | None = None


@dataclass(slots=True)
class ItemResult:
    """What came of an item, for one entry, reasoner, sample and order; without its images.

    Its trial fills it in, stage by stage; whoever is handed it only reads.

    Attributes:
        item: The item, its options in their own order; its images are dropped.
        images: The images' digests.
        entry: The entry's label.
        sample: Which of the captions.
        captions: One per image; none where the item cannot be scored.
        read: What the reasoner read: the captions as one; ``None`` if one of them failed or was filtered.
        answer_key: The store's key of the answer; empty if none was asked for.
        answer: The reasoner's answer, or ``None``.
        verdict: The scorer's verdict, its letter as in the item's own order; ``None`` if an earlier stage is the last.
        error: Why there is no answer or no verdict.
        order: Which of the item's orders its options were shown in; 0 for their own.
        chosen_position: The position of the option that was picked, as shown, from 0.
        gold_position: The position of the right option, likewise; ``None`` where it is none, or not the only one.
        reasoner: The label of who read the captions.
        unusable: Why the item's row cannot be used; ``None`` if it was asked.
        cause: Whose doing the error is; ``None`` without one.
    """

    item: Item
    images: tuple[str, ...]
    entry: str
    sample: int
    captions: tuple[Captioned, ...] = ()
    read: Caption | None = None
    answer_key: str = ""
    answer: Answer | None = None
    verdict: Verdict | None = None
    error: str = ""
    order: int = 0
    chosen_position: int | None = None
    gold_position: int | None = None
    reasoner: str = ""
    unusable: RowError | None = None
    cause: Cause | None = None


def is_empty(caption: Caption | None) -> bool:
    """Whether a captioner had its say, and said nothing."""
    said = spoken(caption) if caption else None
    return said is not None and said.finish_reason is FinishReason.STOP and not plain(said.text)[0].strip()


def unreadable(captions: Sequence[Caption]) -> Verdict | None:
    """The verdict on an item of whose captions, as they are read, one was filtered or cut before its first word.

    It is the captioner's doing, and counts as such. ``None`` where there is something to read, be it an empty caption.
    """
    for caption in captions:
        if caption.finish_reason is FinishReason.FILTERED:
            return Verdict(Outcome.REFUSED, 0.0, note=_of_the_caption(caption))
        if caption.finish_reason.cut and not caption.text.strip():
            return Verdict(Outcome.TRUNCATED, 0.0, note=_of_the_caption(caption))
    return None


def _of_the_caption(caption: Caption) -> str:
    return f"caption: {caption.note or 'it ended before its first word'}"
