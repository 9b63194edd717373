"""A reward's length term: what keeps a policy from writing until it is cut."""

from __future__ import annotations

from dataclasses import dataclass

from prism_eval.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthTerm:
    """CapRL++'s length term (arXiv 2606.09393): full up to a length, then falling linearly to nothing.

    It is earned only by a caption from which something was answered. Without that a policy is paid for silence: in
    CapRL's own code an empty caption earns the whole weight.

    Attributes:
        weight: What a short enough caption earns beside its accuracy.
        full: Tokens of the policy's own tokenizer up to which it is earned whole.
        zero: Tokens from which nothing is earned.
        gated: Whether it has to be earned by an answer.

    Raises:
        UsageError: The weight is negative, or ``zero`` is not above ``full``.
    """

    weight: float = 0.2
    full: int = 2048
    zero: int = 3072
    gated: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.weight < float("inf"):
            raise UsageError(f"a length term's weight must be 0 or more, not {self.weight}")
        if not 0 <= self.full < self.zero:
            raise UsageError(
                f"a length term is full up to {self.full} tokens and zero at {self.zero}: the first must be less"
            )

    def of(self, tokens: int, accuracy: float) -> float:
        """The term, in [0, 1], before its weight.

        Args:
            tokens: The caption's length.
            accuracy: The share of questions that it answered.
        """
        if self.gated and accuracy <= 0:
            return 0.0
        return min(1.0, max(0.0, (self.zero - tokens) / (self.zero - self.full)))
