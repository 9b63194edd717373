"""`blind` says nothing: what the reasoner knows without any picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from prism_eval.captioners.base import Captioner
from prism_eval.schema import Caption, Image


@dataclass(kw_only=True)
class Blind(Captioner):
    """The empty caption, for the control that shows what questions give away by themselves."""

    silent: ClassVar[bool] = True

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """The empty text, of which the store remembers one."""
        return Caption("")

    def seen(self, images: Sequence[Image]) -> Sequence[object]:
        """No image at all."""
        # So all images share one key: a whole run makes one call, and the store holds one empty text.
        return ()
