"""One batch of prompts to their replies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prism_eval.engines.context import ran_out
from prism_eval.engines.transformers.inputs import Prompt, inputs_of
from prism_eval.engines.transformers.loading import Loaded
from prism_eval.errors import ContextExceeded
from prism_eval.schema import Completion, FinishReason

if TYPE_CHECKING:
    import torch

Reply = Completion | ContextExceeded
"""What comes of a prompt: a text, or that the model has no room for it."""


def write(loaded: Loaded, prompts: Sequence[Prompt], given_up: Callable[[int], bool]) -> list[Reply]:
    """Let the model reply to some prompts at once.

    Args:
        loaded: The model.
        prompts: Of equal rules.
        given_up: Whether nobody waits for a row any longer: it is written no further.

    Returns:
        The replies, in the prompts' order.

    Raises:
        PermanentError: One of the prompts cannot be put to the model.
    """
    inputs = inputs_of(loaded, prompts)
    lengths = [int(length) for length in inputs["attention_mask"].sum(dim=1)]
    bounds = [bound_of(loaded, length, prompt) for length, prompt in zip(lengths, prompts, strict=True)]
    if min(bounds) < 1:
        return _without_the_long(loaded, prompts, bounds, given_up)
    tokens = _generated(loaded, prompts, inputs, bounds, given_up)
    return [reply_of(loaded, *row) for row in zip(tokens, lengths, bounds, prompts, strict=True)]


def bound_of(loaded: Loaded, length: int, prompt: Prompt) -> int:
    """How many tokens may follow a prompt of some length: what was asked for, or what room the context has."""
    return prompt.max_tokens if loaded.context is None else min(prompt.max_tokens, loaded.context - length)


def no_room(loaded: Loaded) -> ContextExceeded:
    """What becomes of a prompt that fills the context."""
    return ContextExceeded(ran_out(loaded.context, whose="model"))


def reply_of(loaded: Loaded, tokens: Sequence[int], length: int, bound: int, prompt: Prompt) -> Completion:
    """The reply that a row of generated tokens is.

    Args:
        loaded: The model that wrote it.
        tokens: What it wrote, and whatever filled up the row behind it.
        length: Tokens of its prompt.
        bound: How many it might write.
        prompt: What it replied to.
    """
    end = next((place for place, token in enumerate(tokens[:bound]) if token in loaded.ends), None)
    written = tokens[: bound if end is None else end]
    text = loaded.tokenizer.decode(written, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    count = len(written) + (end is not None)
    if end is not None:
        return Completion(text, FinishReason.STOP, length, count)
    if bound < prompt.max_tokens:
        return Completion(text, FinishReason.CONTEXT, length, count, str(no_room(loaded)))
    return Completion(text, FinishReason.LENGTH, length, count)


def _without_the_long(
    loaded: Loaded, prompts: Sequence[Prompt], bounds: Sequence[int], given_up: Callable[[int], bool]
) -> list[Reply]:
    fitting = [row for row, bound in enumerate(bounds) if bound >= 1]
    replies: list[Reply] = [no_room(loaded) for _ in prompts]
    if fitting:
        rest = write(loaded, [prompts[row] for row in fitting], lambda row: given_up(fitting[row]))
        for row, reply in zip(fitting, rest, strict=True):
            replies[row] = reply
    return replies


def _generated(
    loaded: Loaded,
    prompts: Sequence[Prompt],
    inputs: Any,
    bounds: Sequence[int],
    given_up: Callable[[int], bool],
) -> list[list[int]]:
    import torch
    from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

    asked = GenerationConfig(
        do_sample=False, max_new_tokens=max(bounds), eos_token_id=sorted(loaded.ends) or None, pad_token_id=loaded.pad
    )
    before = inputs["input_ids"].shape[1]
    with torch.inference_mode():
        whole = loaded.model.generate(
            **inputs,
            generation_config=asked,
            logits_processor=LogitsProcessorList(prompts[0].rules.processors([prompt.seed for prompt in prompts])),
            stopping_criteria=StoppingCriteriaList([_Stops(bounds, before, given_up)]),
        )
    rows: list[list[int]] = whole[:, before:].tolist()
    return rows


@dataclass(frozen=True)
class _Stops:
    """Which rows have written all that they may, or are wanted no longer."""

    bounds: Sequence[int]
    before: int
    given_up: Callable[[int], bool]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:
        import torch

        written = input_ids.shape[1] - self.before
        done = [written >= bound or self.given_up(row) for row, bound in enumerate(self.bounds)]
        return torch.tensor(done, device=input_ids.device)
