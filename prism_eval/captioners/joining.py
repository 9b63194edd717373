"""The captions of an item's images as one text."""

from __future__ import annotations

from collections.abc import Sequence

from prism_eval.schema import Caption, FinishReason


def join_captions(captions: Sequence[Caption], numbers: Sequence[int] = (), heading: str | None = None) -> Caption:
    """The captions of an item's images as the one text that the reasoner reads.

    Args:
        captions: One an image.
        numbers: What the item's placeholders call the images; by default they are counted from 1.
        heading: What a protocol has right in front of each caption instead, with ``{number}``, counted from 1.
    """
    # As it is, headings and all: most items show one image, and their captions are compared byte by byte.
    if len(captions) == 1:
        return captions[0]
    if heading is None:
        above = zip(headings(captions, numbers), captions, strict=True)
        text = "\n\n".join(f"{name}\n{caption.text}" for name, caption in above)
    else:
        counted = enumerate(captions, 1)
        text = "".join(f"{heading.replace('{number}', str(number))}{caption.text}" for number, caption in counted)
    silent = not any(caption.text for caption in captions)
    cut = any(caption.finish_reason.cut for caption in captions)
    return Caption("" if silent else text, FinishReason.LENGTH if cut else FinishReason.STOP)


def headings(shown: Sequence[object], numbers: Sequence[int] = ()) -> list[str]:
    """What stands above each of several images, or above its caption: the placeholder that a question calls it by."""
    return [f"<image {number}>" for number in numbers or range(1, len(shown) + 1)]
