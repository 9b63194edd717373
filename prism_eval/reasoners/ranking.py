"""A reasoner that ranks the options' texts by log-likelihood, and so writes nothing that could be misread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from prism_eval.calls import Calls
from prism_eval.errors import PermanentError, TransientError, UsageError
from prism_eval.plugins.identity import digest_of
from prism_eval.reasoners.prompted import PromptedReasoner, check_template, fill
from prism_eval.schema import Answer, Caption, Generation, Item, ItemKind

_NEEDED = {"rank_prompt": frozenset({"caption", "question"}), "prior_prompt": frozenset({"question"})}


@dataclass(kw_only=True)
class RankingReasoner(PromptedReasoner):
    """Picks the option whose text is likeliest to follow the caption and the question.

    With a prior, an option counts by how much likelier the caption makes it: its log-likelihood less the one without
    the caption (pointwise mutual information, Holtzman et al. 2021, arXiv 2104.08315), so that common words win
    nothing. The options are never listed and have no letters, so their order changes nothing. Short-answer questions
    are generated, as `PromptedReasoner` does it.

    Attributes:
        rank_prompt: What options are measured behind, with ``{caption}`` and ``{question}``.
        prior_prompt: The same without the caption, with ``{question}``.
        prior: Whether to subtract the prior.
        marker: What the answer's line starts with.
    """

    name: ClassVar[str] = "ranking"

    rank_prompt: str
    prior_prompt: str
    prior: bool = True
    marker: str = "Answer:"
    _prior_calls: Calls | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, needed in _NEEDED.items():
            check_template(name, getattr(self, name), needed)
        if not self.engine.ranks():
            raise UsageError(f"engine {self.engine.name} gives no log-probabilities: leave out by=rank")

    def remember_priors(self, calls: Calls) -> None:
        """Ask for each question's prior once, for all captions, samples and runs."""
        self._prior_calls = calls

    async def answer(self, caption: Caption, item: Item, *, sample: int) -> Answer:
        """Name the option that ranks first; of several that do the alphabet's first, wherever it stands."""
        if item.kind is not ItemKind.CHOICE:
            return await super().answer(caption, item, sample=sample)
        shown = caption.text if caption.text.strip() else self.no_caption
        prompt = fill(self.rank_prompt, {"caption": shown, "question": item.question})
        likely = await self._log_likelihood(prompt, item.options)
        before = await self._prior(item) if self.prior else dict.fromkeys(item.options, 0.0)
        losses = [(before[text] - value, text) for value, text in zip(likely, item.options, strict=True)]
        return Answer(f"{self.marker} {item.letters[losses.index(min(losses))]}")

    async def close(self) -> None:
        """Give up the priors in flight and close the engine."""
        if self._prior_calls is not None:
            await self._prior_calls.stop()
        await super().close()

    async def _log_likelihood(self, prompt: str, options: tuple[str, ...]) -> list[float]:
        return await self.engine.log_likelihood(prompt, [f" {text}" for text in options])

    async def _prior(self, item: Item) -> Mapping[str, float]:
        """The log-likelihood of each option's text without a caption."""
        # In one order whatever order they are shown in, so that one call serves them all.
        options = tuple(sorted(set(item.options)))

        async def ask() -> Generation:
            prompt = fill(self.prior_prompt, {"question": item.question})
            return Generation(json.dumps(await self._log_likelihood(prompt, options)))

        if self._prior_calls is None:
            found = await ask()
        else:
            try:
                found = await self._prior_calls.get(self._prior_key(item, options), ask)
            except TransientError as error:
                # It was tried again already, as often as a call may be.
                raise PermanentError(f"no prior: {error}") from error
        return dict(zip(options, json.loads(found.text), strict=True))

    def _prior_key(self, item: Item, options: tuple[str, ...]) -> str:
        asked: dict[str, Any] = {"prompt": self.prior_prompt, "question": item.question, "options": list(options)}
        return digest_of({"stage": "prior", "engine": dict(self.engine.identity), **asked})
