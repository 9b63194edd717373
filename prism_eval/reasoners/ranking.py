"""A reasoner that ranks the options' texts by log-likelihood, and so writes nothing that could be misread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from prism_eval.calls import Call, Calls
from prism_eval.calls.keys import prior_key
from prism_eval.engines.templates import check_template, fill
from prism_eval.errors import UsageError
from prism_eval.plugins import from_plan
from prism_eval.reasoners.prompted import PromptedReasoner
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

    rank_prompt: str = from_plan("rank_prompt")
    prior_prompt: str = from_plan("prior_prompt")
    prior: bool = True
    marker: str = from_plan("marker", default="Answer:")
    calls: Calls | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, needed in _NEEDED.items():
            check_template(name, getattr(self, name), needed)
        if not self.engine.ranks():
            raise UsageError(f"engine {self.engine.name} gives no log-probabilities: leave out by=rank")

    def bound(self, calls: Calls) -> Self:
        """The same, asking for each question's prior once, for all captions, samples and runs."""
        bound = replace(self)
        bound.calls = calls
        if self.prior:
            calls.tally("prior")
        return bound

    async def answer(self, caption: Caption, item: Item, *, sample: int) -> Answer:
        """Name the option that ranks first; of several that do the alphabet's first, wherever it stands."""
        if item.kind is not ItemKind.CHOICE:
            return await super().answer(caption, item, sample=sample)
        await self.look(caption)
        prompt = fill(self.rank_prompt, {"caption": self.shown(caption), "question": item.question})
        likely = await self._log_likelihood(prompt, item.options)
        before = await self._prior(item) if self.prior else dict.fromkeys(item.options, 0.0)
        losses = [(before[text] - value, text) for value, text in zip(likely, item.options, strict=True)]
        return Answer(f"{self.marker} {item.letters[losses.index(min(losses))]}")

    async def _log_likelihood(self, prompt: str, options: tuple[str, ...]) -> list[float]:
        return await self.engine.log_likelihood(prompt, [f" {text}" for text in options])

    async def _prior(self, item: Item) -> Mapping[str, float]:
        """The log-likelihood of each option's text without a caption."""
        # In one order whatever order they are shown in, so that one call serves them all.
        options = tuple(sorted(set(item.options)))

        async def ask() -> Generation:
            prompt = fill(self.prior_prompt, {"question": item.question})
            return Generation(json.dumps(await self._log_likelihood(prompt, options)))

        if self.calls is None:
            said = await ask()
        else:
            said = await self.calls.within(
                Call(
                    key=prior_key(self.engine.identity, self.prior_prompt, item.question, options),
                    stage="prior",
                    plugin=self.engine,
                    about=f"item {item.id} of {item.benchmark}",
                    ask=ask,
                    returns=Generation,
                )
            )
        return dict(zip(options, json.loads(said.text), strict=True))
