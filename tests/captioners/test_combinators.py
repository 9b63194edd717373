"""Captioners made of captioners, and the one that says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.captioners.base import Captioner
from prism_eval.captioners.blind import Blind
from prism_eval.captioners.budget import Budget
from prism_eval.captioners.merge import Merge
from prism_eval.captioners.mismatched import Mismatched
from prism_eval.captioners.spoken import spoken
from prism_eval.captioners.suffix import Suffix
from prism_eval.errors import PermanentError, UsageError
from prism_eval.schema import Caption, FinishReason, Image


@dataclass(kw_only=True)
class Says(Captioner):
    """Says its text, or the image's name."""

    text: str = ""
    ends: FinishReason = FinishReason.STOP
    tokens: int | None = None
    closed: bool = False

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        text = self.text or " ".join(image.name for image in images)
        return Caption(text, self.ends, self.tokens, self.tokens)

    async def close(self) -> None:
        self.closed = True


LEFT = Image(b"left", "left", other=Image(b"right", "right"))
ALONE = Image(b"alone", "alone")


async def test_blind_says_nothing_and_sees_nothing() -> None:
    assert (await Blind().caption([LEFT], sample=0)).text == ""
    assert list(Blind().seen([LEFT])) == []


async def test_merge_joins_texts_tokens_and_ends() -> None:
    parts = (Says(text="One.", tokens=3), Says(text=""), Says(text="Two.", ends=FinishReason.LENGTH, tokens=4))
    caption = await Merge(parts=(parts[0], Blind(), parts[2])).caption([LEFT], sample=0)
    assert (caption.text, caption.finish_reason, caption.completion_tokens) == (
        "One.\n\nTwo.",
        FinishReason.LENGTH,
        None,
    )
    both = await Merge(parts=(parts[0], parts[2])).caption([LEFT], sample=0)
    assert both.completion_tokens == 7


async def test_merge_in_prism_s_order_has_the_last_part_first_and_nothing_between() -> None:
    parts = (Says(text="One."), Says(text="Two."), Blind(), Says(text="Three."))
    caption = await Merge(parts=parts, order="prism").caption([LEFT], sample=0)
    assert caption.text == "Three.Two.One."
    usual = Merge(parts=parts)
    assert set(usual.identity) == {"plugin", "version", "parts"}
    assert Merge(parts=parts, order="prism").identity == {**usual.identity, "order": "prism"}


async def test_merge_goes_without_a_filtered_part_and_says_that_something_is_lacking() -> None:
    parts = (Says(text="One."), Says(text="I cannot.", ends=FinishReason.FILTERED))
    caption = await Merge(parts=parts).caption([LEFT], sample=0)
    assert (caption.text, caption.finish_reason) == ("One.", FinishReason.LENGTH)
    caption = await Merge(parts=parts[1:] * 2).caption([LEFT], sample=0)
    assert caption.finish_reason is FinishReason.FILTERED


async def test_combinators_neither_see_nor_keep_thoughts() -> None:
    thinking = Says(text="<think>Is it one, or two?</think>Two bars.")
    assert (await Budget(parts=(thinking,), words=1).caption([LEFT], sample=0)).text == "Two"
    assert (await Merge(parts=(thinking, thinking)).caption([LEFT], sample=0)).text == "Two bars.\n\nTwo bars."


async def test_a_budget_hides_no_filter_and_no_context() -> None:
    for end in (FinishReason.FILTERED, FinishReason.CONTEXT, FinishReason.LENGTH):
        caption = await Budget(parts=(Says(text="Two bars.", ends=end),), words=1).caption([LEFT], sample=0)
        assert caption.finish_reason is end


async def test_who_says_nothing_on_purpose_is_silent() -> None:
    speaks, blind = Says(text="One."), Blind()
    assert [Merge(parts=parts).silent for parts in ((blind, blind), (blind, speaks))] == [True, False]
    assert [Budget(parts=(speaks,), words=words).silent for words in (0, 1)] == [True, False]
    nothing = await Budget(parts=(speaks,), words=0).caption([LEFT], sample=0)
    assert (nothing.text, nothing.finish_reason) == ("", FinishReason.STOP)


async def test_merge_closes_all() -> None:
    parts = (Says(text="One."), Says(text="Two."))
    await Merge(parts=parts).close()
    assert all(part.closed for part in parts)


async def test_budget_cuts_at_whole_words_and_keeps_lines() -> None:
    captioner = Budget(parts=(Says(text="Title here\n2014: 28.49 people"),), words=3)
    caption = await captioner.caption([LEFT], sample=0)
    assert (caption.text, caption.finish_reason) == ("Title here\n2014:", FinishReason.LENGTH)


# Without marks of a chat template, which are no words of a caption.
@given(st.text(max_size=60).filter(lambda text: text and spoken(Caption(text)).text == text), st.integers(0, 12))
async def test_budget_never_says_more_and_leaves_short_captions_alone(text: str, words: int) -> None:
    caption = await Budget(parts=(Says(text=text),), words=words).caption([LEFT], sample=0)
    assert caption.words == min(words, len(text.split()))
    assert text.startswith(caption.text)
    assert (caption.text == text and caption.finish_reason is FinishReason.STOP) or len(text.split()) > words


async def test_mismatched_describes_the_other_image() -> None:
    captioner = Mismatched(parts=(Says(),))
    assert (await captioner.caption([LEFT], sample=0)).text == "right"
    assert captioner.seen([LEFT]) == [LEFT.other.digest]


async def test_mismatched_needs_another_image() -> None:
    with pytest.raises(PermanentError, match="image alone is the only one"):
        await Mismatched(parts=(Says(),)).caption([ALONE], sample=0)


def test_parts_and_options_are_checked() -> None:
    with pytest.raises(UsageError, match="at least two"):
        Merge(parts=(Blind(),))
    with pytest.raises(UsageError, match="words=-1"):
        Budget(parts=(Blind(),), words=-1)
    with pytest.raises(UsageError, match="budget takes one captioner, got 2"):
        Budget(parts=(Blind(), Blind()), words=5)
    with pytest.raises(UsageError, match="mismatched takes one captioner, got 2"):
        Mismatched(parts=(Blind(), Blind()))


def test_identity_holds_the_parts() -> None:
    one, two = (Budget(parts=(Says(text=text),), words=5) for text in ("a", "b"))
    assert one.identity != two.identity
    assert one.identity["parts"] == [Says(text="a").identity]


async def test_a_suffix_stands_on_a_line_of_its_own_below_the_caption() -> None:
    said = await Suffix(parts=(Says(text="A chart.", tokens=3),), text="Answer: A").caption([LEFT], sample=0)
    assert (said.text, said.completion_tokens) == ("A chart.\nAnswer: A", 3)
    alone = Suffix(parts=(Blind(),), text="Answer: A")
    assert (await alone.caption([LEFT], sample=0)).text == "Answer: A"
    assert not alone.silent


@pytest.mark.parametrize(("parts", "text"), [((Blind(),), " "), ((), "x"), ((Blind(), Blind()), "x")])
def test_a_suffix_needs_a_text_and_one_captioner(parts: tuple[Captioner, ...], text: str) -> None:
    with pytest.raises(UsageError, match=r"suffix.*write suffix\(ocr\)\?text="):
        Suffix(parts=parts, text=text)
