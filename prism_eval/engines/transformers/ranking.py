"""How likely a model is to go on from a prompt with each of some continuations."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prism_eval.engines.beginnings import shared_length
from prism_eval.engines.transformers.generating import no_room
from prism_eval.engines.transformers.loading import Loaded
from prism_eval.schema import utf8

if TYPE_CHECKING:
    import torch

_MEMORY = frozenset({"cache", "past_key_values"})
"""What a model calls what it remembers: the second is what versions before 5.24 say."""


@dataclass(frozen=True)
class Options:
    """What is ranked: continuations of one prompt, in plain text."""

    prompt: str
    continuations: tuple[str, ...]


class Ranker:
    """Ranks continuations, and remembers the prompt it read last: the next one often begins with the same caption.

    What all texts begin with is read once, and all that follows it at once. Tokens are compared rather than cut at a
    character: where the last character of the prompt and the first of a continuation are one token, it differs between
    the texts and is counted.
    """

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._takes = inspect.signature(loaded.model.forward).parameters
        self.forget()

    def forget(self) -> None:
        """Let the prompt that was read last go, and its memory."""
        self._read: list[int] = []
        self._memory: Any = None

    def log_likelihoods(self, options: Options, most: int) -> list[float]:
        """The log-likelihood of each text, less that of the tokens which all of them begin with.

        Args:
            options: What is ranked.
            most: How many are read at once.

        Raises:
            ContextExceeded: The model has no room for one of the texts.
        """
        import torch

        texts = [utf8(options.prompt + continuation) for continuation in options.continuations]
        rows: list[list[int]] = [self._loaded.tokenizer.encode(text) for text in texts]
        if self._loaded.context is not None and max(map(len, rows)) > self._loaded.context:
            raise no_room(self._loaded)
        # Nothing stands before the first token, so it has no likelihood.
        shared = max(1, shared_length(rows))
        likely: list[float] = []
        with torch.inference_mode():
            for start in range(0, len(rows), most):
                likely += self._behind(rows[start : start + most], shared)
        return likely

    def _behind(self, rows: Sequence[Sequence[int]], shared: int) -> list[float]:
        """The log-likelihood of what follows the shared tokens of each row."""
        import torch

        # The last shared token is read with each row: what comes next is read off it.
        prefix = list(rows[0][: shared - 1])
        memory = self._remembered(prefix) if prefix else None
        before = 0 if memory is None else len(prefix)
        tails = [list(row[before:-1]) for row in rows]
        # A text that the others begin with has nothing of its own behind what is shared.
        width = max(1, *map(len, tails))
        ids = torch.tensor([tail + [self._loaded.pad] * (width - len(tail)) for tail in tails])
        seen = torch.tensor([[1] * (before + len(tail)) + [0] * (width - len(tail)) for tail in tails])
        own = None if memory is None else _repeated(memory, len(rows))
        logits = self._forward(ids, seen, before, own, keep=width - (shared - 1 - before))
        return [_summed(scores, row[shared:]) for scores, row in zip(logits, rows, strict=True)]

    def _remembered(self, prefix: list[int]) -> Any:
        """The model's memory of a prefix; ``None`` for models whose memory cannot be cut back or multiplied."""
        import torch

        known = shared_length([self._read, prefix])
        if known and known < len(self._read):
            self._memory.crop(known - len(self._read))
        elif not known:
            self._memory = self._empty()
        if self._memory is None:
            return None
        if new := prefix[known:]:
            seen = torch.ones(1, len(prefix), dtype=torch.long)
            self._forward(torch.tensor([new]), seen, known, self._memory, keep=1)
        self._read = prefix
        return self._memory

    def _empty(self) -> Any:
        from transformers import DynamicCache
        from transformers.cache_utils import DynamicLayer

        empty = DynamicCache(config=self._loaded.model.config.get_text_config(decoder=True))
        # Windows forget, and states know no places.
        whole = all(type(layer) is DynamicLayer for layer in empty.layers)
        return empty if whole and _MEMORY & self._takes.keys() else None

    def _forward(self, ids: Any, seen: Any, before: int, memory: Any, *, keep: int) -> Any:
        """The logits of the last ``keep`` of some tokens, which stand behind ``before`` others that are remembered."""
        import torch

        device = self._loaded.device
        places = torch.arange(before, before + ids.shape[1], device=device).expand(ids.shape[0], -1)
        # Places are said, because a vision model would count on from those of the last picture it saw. Logits of a long
        # caption would take more memory than all else.
        also = {"position_ids": places, "logits_to_keep": keep, "use_cache": memory is not None}
        also |= dict.fromkeys(_MEMORY, memory)
        said = self._loaded.model(
            input_ids=ids.to(device),
            attention_mask=seen.to(device),
            **{name: value for name, value in also.items() if name in self._takes},
        )
        return said.logits[:, -keep:]


def _summed(scores: torch.Tensor, tokens: Sequence[int]) -> float:
    """The log-likelihood of tokens by logits of shape (positions, vocabulary), of which the first are theirs."""
    import torch

    wanted = torch.tensor(tokens, device=scores.device, dtype=torch.long)
    likely = scores[: len(tokens)].float().log_softmax(dim=-1).gather(1, wanted[:, None])
    # Apple's chips know no numbers of 64 bits.
    return math.fsum(likely.flatten().tolist())


def _repeated(memory: Any, times: int) -> Any:
    own = copy.deepcopy(memory)
    own.batch_repeat_interleave(times)
    return own
