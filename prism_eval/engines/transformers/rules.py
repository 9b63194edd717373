"""How the next token is picked: what a request asks for, whatever the model's ``generation_config.json`` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prism_eval.schema import Sampling

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Rules:
    """How tokens are picked, with nothing left open.

    Attributes:
        temperature: 0 for the likeliest token.
        top_p: Share of the probability mass that is sampled from.
        top_k: How many of the likeliest tokens; 0 for all.
        min_p: The least probability, as a share of the likeliest token's.
        repetition_penalty: Divides the odds of tokens that were there before.
    """

    temperature: float
    top_p: float
    top_k: int
    min_p: float
    repetition_penalty: float

    @classmethod
    def of(cls, sampling: Sampling, own: Mapping[str, Any]) -> Rules:
        """The rules of a request. What it leaves open is as the model's own file has it, as on a server."""
        said = {name: value for name, value in own.items() if value is not None}
        usual = said.get("temperature", 1.0) if said.get("do_sample") else 0.0

        def either(name: str, neutral: float) -> float:
            asked = getattr(sampling, name)
            return float(said.get(name, neutral) if asked is None else asked)

        return cls(
            temperature=float(usual if sampling.temperature is None else sampling.temperature),
            top_p=either("top_p", 1.0),
            top_k=max(0, int(either("top_k", 0))),
            min_p=either("min_p", 0.0),
            repetition_penalty=either("repetition_penalty", 1.0),
        )

    @property
    def greedy(self) -> bool:
        """Whether each token is the model's own likeliest."""
        return self.temperature == 0 and not self.alone

    @property
    def alone(self) -> bool:
        """Whether a request must not share a batch: what pads the shorter ones would count as a repetition."""
        return self.repetition_penalty != 1

    def processors(self, seeds: Sequence[int | None]) -> list[Any]:
        """What `generate` puts logits through before it takes the likeliest, with a seed for each row."""
        from transformers.generation import logits_process as known

        steps: list[Any] = []
        if self.alone:
            steps.append(known.RepetitionPenaltyLogitsProcessor(self.repetition_penalty))
        if self.temperature == 0:
            return steps
        steps.append(known.TemperatureLogitsWarper(self.temperature))
        if self.top_k:
            steps.append(known.TopKLogitsWarper(self.top_k))
        if self.top_p < 1:
            steps.append(known.TopPLogitsWarper(self.top_p))
        if self.min_p:
            steps.append(known.MinPLogitsWarper(self.min_p))
        return [*steps, Draw(seeds)]


class Draw:
    """Draws a token for each row of a batch, from a source of chance of the row's own.

    The likeliest token after Gumbel noise was added to the logits is a draw from their softmax (Gumbel 1954; Maddison
    et al. 2014, arXiv 1411.0030). `generate` itself would draw for all rows from one source: a text would then depend
    on what else is in its batch.

    Args:
        seeds: By row; ``None`` for a seed of chance.
    """

    def __init__(self, seeds: Sequence[int | None]) -> None:
        self._seeds = seeds
        self._sources: list[torch.Generator] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Add the noise to logits of shape (rows, vocabulary)."""
        import torch

        if not self._sources:
            self._sources = [_source(scores.device, seed) for seed in self._seeds]
        noise = torch.empty_like(scores, dtype=torch.float32)
        for row, source in zip(noise, self._sources, strict=True):
            row.exponential_(generator=source)
        return scores.float() - noise.log()


def _source(device: torch.device, seed: int | None) -> torch.Generator:
    import torch

    source = torch.Generator(device)
    if seed is None:
        source.seed()
    else:
        source.manual_seed(seed)
    return source
