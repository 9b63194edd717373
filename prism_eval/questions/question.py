"""A question that is being made for an image, with all that is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from prism_eval.schema import Item, ItemKind

State = Literal["image", "open", "kept", "dropped", "undecided", "failed"]
"""``image``: it waits for its questions. ``open``: not filtered yet. ``undecided``: calls failed that would have to
decide. ``failed``: no question could be made of an image, or of a part of a reply."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Arm(_Record):
    """How one model answered one question, over all the orders of its options.

    Attributes:
        with_image: Whether it saw the image; else it was given nothing but the question.
        by: Its label.
        asked: In how many orders.
        right: How often it picked the right option.
        wrong: How often it picked another one.
        abstained: How often it said that it cannot know, or refused.
        unread: How often nothing is known: the call failed, the reply was cut, or no answer was found in it.
        right_at: By the position of the right option as it was shown, how often it was picked there.
        note: Why something is unread, of the first of them.
    """

    with_image: bool
    by: str
    asked: int = Field(ge=0)
    right: int = Field(ge=0)
    wrong: int = Field(ge=0)
    abstained: int = Field(0, ge=0)
    unread: int = Field(ge=0)
    right_at: tuple[int, ...] = ()
    note: str = ""


class Question(_Record):
    """One multiple-choice question about one image.

    Attributes:
        id: Unique within the set.
        image: The name of the image's file in the set.
        image_digest: SHA-256 of its bytes.
        image_name: What the file was called where it came from.
        question: The question's text, without its options; empty in the row of an image without questions.
        options: The options' texts, in order: the first is A.
        answer: The right one's letter.
        facts: What the image of a twin shows, a list of statements for the one image; ``None`` for real images.
        state: What has become of it.
        reasons: Why, where it was dropped, is undecided, or could not be made.
        generator: Who wrote it and how: a spec, and the digests of the call and of the prompt.
        arms: How it was answered, if it was.
    """

    id: str
    image: str
    image_digest: str
    image_name: str = ""
    question: str = ""
    options: tuple[str, ...] = ()
    answer: str = ""
    facts: tuple[tuple[str, ...], ...] | None = None
    state: State = "open"
    reasons: tuple[str, ...] = ()
    generator: Mapping[str, JsonValue] = {}
    arms: tuple[Arm, ...] = ()

    def become(self, state: State, *reasons: str, arms: tuple[Arm, ...] = ()) -> Question:
        """The same in another state."""
        return self.model_copy(update={"state": state, "reasons": reasons, "arms": arms})

    def as_item(self) -> Item:
        """The question as a run asks it, without its image."""
        return Item(
            benchmark="",
            id=self.id,
            kind=ItemKind.CHOICE,
            question=self.question,
            images=(),
            golds=(self.answer,),
            cluster=self.image_digest,
            options=self.options,
        )
