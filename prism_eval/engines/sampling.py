"""The sampling options that every prompted plugin offers."""

from __future__ import annotations

from dataclasses import dataclass

from prism_eval.errors import UsageError
from prism_eval.schema import Sampling


@dataclass(kw_only=True)
class SamplingOptions:
    """How a plugin's model picks its tokens; mix it into a captioner or reasoner that asks an engine.

    Attributes:
        temperature: 0 for the likeliest token each time.
        top_p: Share of the probability mass that is sampled from, in (0, 1].
        max_tokens: Upper bound on the reply's tokens.
        seed: Seed of sample 0, ``None`` for the server's own; sample ``n`` uses ``seed + n``.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 1024
    seed: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise UsageError(f"temperature must be 0 or more, not {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top_p must be above 0 and at most 1, not {self.top_p}")
        if self.max_tokens < 1:
            raise UsageError(f"max_tokens must be 1 or more, not {self.max_tokens}")

    def sampling(self, sample: int) -> Sampling:
        """The sampling of one sample; without a temperature all samples share the seed, as they do the text."""
        shifted = self.seed is not None and self.temperature > 0
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_tokens,
            seed=self.seed + sample if shifted and self.seed is not None else self.seed,
        )
