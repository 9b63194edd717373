"""The captioner contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from prism_eval.plugins.identity import Plugin
from prism_eval.schema import Caption, Image


@dataclass(kw_only=True)
class Captioner(Plugin, ABC):
    """Sees images, writes a caption.

    Subclass it as a dataclass: the fields are the options a spec string can set, and, unless declared with
    `prism_eval.plugins.identity.runtime`, part of the identity under which captions are stored.

    Attributes:
        needs_question: Whether `caption` must be told the question; such captions are not shared between items.
    """

    needs_question: ClassVar[bool] = False

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
            FatalError: Nothing further can be captioned.
        """

    def sees(self, images: Sequence[Image]) -> tuple[Image, ...]:
        """The images a caption of ``images`` really depends on."""
        return tuple(images)

    async def close(self) -> None:
        """Give back connections, threads and memory."""


@dataclass(kw_only=True)
class Combinator(Captioner):
    """A captioner made of captioners: ``NAME(PART, PART)`` in a spec string."""

    parts: tuple[Captioner, ...]

    @property
    def part(self) -> Captioner:
        """The only part, for combinators that take one."""
        (part,) = self.parts
        return part

    @property
    def needs_question(self) -> bool:  # type: ignore[override]
        """Whether a part needs it."""
        return any(part.needs_question for part in self.parts)

    def sees(self, images: Sequence[Image]) -> tuple[Image, ...]:
        """Whatever the parts see."""
        return tuple(image for part in self.parts for image in part.sees(images))

    async def close(self) -> None:
        """Close the parts."""
        for part in self.parts:
            await part.close()
