"""The captioner contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from prism_eval.identity import identity_of
from prism_eval.schema import Caption, Image


@dataclass(kw_only=True)
class Captioner(ABC):
    """Sees images, writes a caption.

    Subclass it as a dataclass: the fields are the options a spec string can set, and, unless declared with
    `prism_eval.identity.runtime`, part of the identity under which captions are stored.

    Attributes:
        name: The plugin's name in identities; by default the class's name in lower case.
        version: Raise it when the same options would now give other captions.
        needs_question: Whether `caption` must be told the question; such captions are not shared between items.
        extra: The extra of prism-eval that installs what this plugin imports, if it needs one.
    """

    name: ClassVar[str] = ""
    version: ClassVar[str] = "1"
    needs_question: ClassVar[bool] = False
    extra: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if "name" not in cls.__dict__:
            cls.name = cls.__name__.lower()

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

    @property
    def identity(self) -> Mapping[str, Any]:
        """Everything that can change this captioner's output."""
        return identity_of(self)

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
