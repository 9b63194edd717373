"""The captioner contract."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

from prism_eval.calls import Call, Calls
from prism_eval.calls.keys import caption_key
from prism_eval.captioners.spoken import spoken
from prism_eval.errors import UsageError
from prism_eval.plugins import Plugin
from prism_eval.schema import Caption, Image


@dataclass(kw_only=True)
class Captioner(Plugin, ABC):
    """Sees images, writes a caption.

    Subclass it as a dataclass: the fields are the options a spec string can set, and, unless declared with
    `prism_eval.runtime`, part of the identity under which captions are stored.

    Attributes:
        needs_question: Whether `caption` must be told the question; such captions are not shared between items.
        silent: Whether it says nothing on purpose: nobody need be told that its captions are empty.
        answers: Whether it answers the questions itself, and writes no captions: `direct` alone does.
    """

    needs_question: ClassVar[bool] = False
    silent: ClassVar[bool] = False
    answers: ClassVar[bool] = False

    @abstractmethod
    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """Describe the images in one caption.

        Args:
            images: One image as a rule; several only where an item's images must be seen together.
            sample: Index of the caption among those asked for the same images, from 0.
            question: The question's text, for captioners that declare `needs_question`.

        Raises:
            TransientError: Worth another try.
            PermanentError: These images cannot be captioned.
            RequestFiltered: A filter would not let them through: what is asked about them counts as refused.
            ContextExceeded: There is no room for them: what is asked about them counts as truncated.
            FatalError: Nothing further can be captioned.
        """

    def seen(self, images: Sequence[Image]) -> Sequence[object]:
        """What of the images a caption depends on, as JSON values: their bytes, unless a captioner reads more or less.

        It is part of the caption's key: a captioner that looks at a name or at facts beside the bytes says so here.
        """
        return [image.digest for image in images]

    def call(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Call[Caption]:
        """One caption as a call of a run: its key, and how to ask for it."""
        # Told only whom it concerns, for it is in the key: else each question would pay for a caption of its own.
        told = question if self.needs_question else None
        return Call(
            key=caption_key(self.identity_digest, self.seen(images), sample=sample, question=told),
            stage="caption",
            plugin=self,
            about=f"image {', '.join(image.label for image in images)}",
            ask=lambda: self.caption(images, sample=sample, question=told),
            returns=Caption,
            shares=" ".join(image.digest for image in images),
        )

    def bound(self, calls: Calls) -> Self:
        """The captioner as a run uses it: one that is made of others asks them through the run's calls."""
        return self

    def lookups(self) -> Iterator[Lookup]:
        """Where it finds captions that it cannot make; nowhere, for a captioner that looks at the image."""
        yield from ()

    async def close(self) -> None:
        """Give back connections, threads and memory."""


class Lookup(Protocol):
    """Captions that exist already, so that it can be told beforehand which are missing."""

    @property
    def needs_bytes(self) -> bool:
        """Whether an image is found by its bytes, and not by its name alone."""
        ...

    def has(self, image: Image, sample: int) -> bool:
        """Whether there is a caption for an image."""
        ...


@dataclass(kw_only=True)
class Combinator(Captioner):
    """A captioner made of captioners: ``NAME(PART, PART)`` in a spec string."""

    parts: tuple[Captioner, ...]

    def __post_init__(self) -> None:
        """Refuse parts that write no captions; a subclass with checks of its own calls this one."""
        if answering := [part.name for part in self.parts if part.answers]:
            raise UsageError(f"{self.name}: {answering[0]} writes no captions; name it by itself, as a row of its own")

    @classmethod
    def settings_of_parts(cls, settings: Mapping[str, object]) -> Mapping[str, object]:
        """What the parts are offered of the plan, where the combinator itself is offered ``settings``."""
        return settings

    @property
    def part(self) -> Captioner:
        """The only part, for combinators that take one."""
        (part,) = self.parts
        return part

    @property
    # A class says it once for all its objects; a combinator knows only when it has its parts.
    def needs_question(self) -> bool:  # type: ignore[override]
        """Whether a part needs it."""
        return any(part.needs_question for part in self.parts)

    @property
    def silent(self) -> bool:  # type: ignore[override]
        """Whether every part is."""
        return all(part.silent for part in self.parts)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Whatever there is to be said of the parts."""
        return tuple(remark for part in self.parts for remark in part.remarks)

    @property
    def lane(self) -> Hashable | None:
        """None: it only asks its parts. Holding a place while they wait for theirs could leave none for them."""
        return None

    def seen(self, images: Sequence[Image]) -> Sequence[object]:
        """Whatever the parts see."""
        return [list(part.seen(images)) for part in self.parts]

    def bound(self, calls: Calls) -> Self:
        """The same of parts whose captions are calls of the run like any other."""
        return dataclasses.replace(
            self, parts=tuple(_Part(inner=part.bound(calls), calls=calls) for part in self.parts)
        )

    def lookups(self) -> Iterator[Lookup]:
        """Those of its parts."""
        for part in self.parts:
            yield from part.lookups()

    async def close(self) -> None:
        """Close the parts: a run knows only the captioners that its plan names."""
        for part in self.parts:
            await part.close()


@dataclass(kw_only=True)
class _Part(Captioner):
    """A part as its combinator asks it in a run: an entry of its own beside the combinator shares its captions."""

    inner: Captioner
    calls: Calls

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        # For combinators of strangers, which do not think of it.
        return spoken(await self.calls.within(self.inner.call(images, sample=sample, question=question)))

    # What keys are made of is the inner one's: a combinator that is bound to a run keeps the key it had.
    @property
    def identity(self) -> Mapping[str, object]:
        return self.inner.identity

    @property
    def needs_question(self) -> bool:  # type: ignore[override]
        return self.inner.needs_question

    @property
    def silent(self) -> bool:  # type: ignore[override]
        return self.inner.silent

    @property
    def remarks(self) -> tuple[str, ...]:
        return self.inner.remarks

    def seen(self, images: Sequence[Image]) -> Sequence[object]:
        return self.inner.seen(images)

    def lookups(self) -> Iterator[Lookup]:
        return self.inner.lookups()

    async def close(self) -> None:
        await self.inner.close()
