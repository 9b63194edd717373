"""How long a caption is to the policy that wrote it."""

from __future__ import annotations

from collections.abc import Callable

from prism_eval.errors import MissingExtra, UsageError


def tokens_of(tokenizer: str) -> Callable[[str], int]:
    """Counts the tokens of texts, for length terms where the trainer does not say.

    Args:
        tokenizer: The policy's folder, or its name on the hub.

    Raises:
        MissingExtra: `transformers` is not installed.
        UsageError: There is no tokenizer of that name.
    """
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise MissingExtra("counting a policy's tokens", "transformers") from None
    try:
        made = AutoTokenizer.from_pretrained(tokenizer)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"{tokenizer!r} has no tokenizer that can be read: {reason}") from error
    return lambda text: len(made.encode(text, add_special_tokens=False))
