"""How likely a model is to go on from a prompt with each of some continuations."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from prism_eval.engines.transformers.generating import no_room
from prism_eval.engines.transformers.loading import Loaded
from prism_eval.schema import utf8

if TYPE_CHECKING:
    import torch


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
        shared = max(1, _shared(rows))
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
        logits = self._forward(ids, seen, before, own, keep=width - (shared - 1 - before)).logits
        return [_summed(scores, row[shared:]) for scores, row in zip(logits, rows, strict=True)]

    def _remembered(self, prefix: list[int]) -> Any:
        """The model's memory of a prefix; ``None`` for models whose memory cannot be cut back or multiplied."""
        import torch

        known = len(_common(self._read, prefix))
        if not known:
            self.forget()
        elif known < len(self._read):
            self._memory.crop(known - len(self._read))
        if new := prefix[known:]:
            seen = torch.ones(1, len(prefix), dtype=torch.long)
            said = self._forward(torch.tensor([new]), seen, known, self._memory, keep=1)
            self._memory = said.past_key_values
        self._read = prefix
        if not _can_be_cut(self._memory):
            self.forget()
            return None
        return self._memory

    def _forward(self, ids: Any, seen: Any, before: int, memory: Any, *, keep: int) -> Any:
        """What the model makes of tokens behind ``before`` others that it remembers; logits of the last ``keep``."""
        import torch

        device = self._loaded.device
        places = torch.arange(before, before + ids.shape[1], device=device).expand(ids.shape[0], -1)
        # Places are said, because a vision model would count on from those of the last picture it saw. Logits of a long
        # caption would take more memory than all else.
        also = {"position_ids": places, "logits_to_keep": keep}
        said = self._loaded.model(
            input_ids=ids.to(device),
            attention_mask=seen.to(device),
            past_key_values=memory,
            use_cache=True,
            **{name: value for name, value in also.items() if name in self._takes},
        )
        said.logits = said.logits[:, -keep:]
        return said


def _summed(scores: torch.Tensor, tokens: Sequence[int]) -> float:
    """The log-likelihood of tokens by logits of shape (positions, vocabulary), of which the first are theirs."""
    import torch

    wanted = torch.tensor(tokens, device=scores.device, dtype=torch.long)
    likely = scores[: len(tokens)].float().log_softmax(dim=-1).gather(1, wanted[:, None])
    return float(likely.double().sum())


def _shared(rows: Sequence[Sequence[int]]) -> int:
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False)))


def _common(one: Sequence[int], other: Sequence[int]) -> Sequence[int]:
    return one[: _shared([one, other])]


def _can_be_cut(memory: Any) -> bool:
    """Whether each layer remembers all tokens one by one: windows forget, and states know no places."""
    from transformers.cache_utils import DynamicLayer

    return all(type(layer) is DynamicLayer for layer in getattr(memory, "layers", [None]))


def _repeated(memory: Any, times: int) -> Any:
    own = copy.deepcopy(memory)
    own.batch_repeat_interleave(times)
    return own
