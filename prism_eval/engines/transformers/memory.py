"""What to do when a device's memory runs out, and how a model's is given back."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

# A CPU's allocator and Apple's have no class of their own for it.
_SAID = ("out of memory", "can't allocate memory", "not enough memory")


def lacks_memory(error: BaseException) -> bool:
    """Whether an error says that there was not enough memory."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _SAID)


def give_back(device: torch.device) -> None:
    """Hand memory that nothing holds any longer back to the device, so that others may have it."""
    import torch

    # Tensors hang in the cycles of the frames that an error passed.
    gc.collect()
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


class Room:
    """How many requests a device takes at once: half as many after each time its memory ran out, then slowly more.

    Args:
        most: The number it begins with, and never exceeds.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.now = most
        self.shortages = 0

    def short(self, tried: int) -> None:
        """So many at once were too many."""
        self.shortages += 1
        self.now = max(1, min(self.now, tried // 2))

    def enough(self, tried: int) -> None:
        """So many at once went well."""
        # One at a time: the next shortage costs a batch, and should be many batches away.
        if tried >= self.now:
            self.now = min(self.most, self.now + 1)
