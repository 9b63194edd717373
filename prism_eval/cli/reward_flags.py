"""The flags that make a reward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prism_eval.cli import options as o

if TYPE_CHECKING:
    from prism_eval.rewards import CaptionReward


@dataclass(frozen=True, kw_only=True)
class RewardFlags:
    """The flags that make a reward. ``None`` leaves a value to `CaptionReward`, or to the preset."""

    reasoner: Annotated[
        str,
        typer.Option("--reasoner", "-r", metavar="SPEC", help="The reader: openai:NAME?base_url=..., as in a run."),
    ]
    asks: Annotated[
        int | None,
        typer.Option("--asks", metavar="N", help="Questions asked of a caption, drawn in turns. [default: 8]"),
    ] = None
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of everything drawn.")] = 0
    preset: Annotated[
        str | None,
        typer.Option("--preset", metavar="NAME", help="A published reward, caprl or caprl++. [default: our own]"),
    ] = None
    protocol: Annotated[
        str | None, typer.Option(metavar="NAME", help="Prompts and sampling of our own. [default: standard@2]")
    ] = None
    length_weight: Annotated[
        float | None,
        typer.Option("--length-weight", metavar="W", help="Weight of the length term. [default: none, caprl++ 0.2]"),
    ] = None
    tokenizer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The policy's, which counts the length where nobody else says it."),
    ] = None
    tolerance: Annotated[
        float, typer.Option(metavar="X", help="Share of a caption's asks that may fail before it has no value.")
    ] = 0.0
    concurrency: Annotated[
        int | None, typer.Option(metavar="N", help="Calls in flight, per server address. [default: 64]")
    ] = None
    patience: o.Patience = None
    store: o.Store = None

    def reward(self) -> CaptionReward:
        """The reward that they ask for.

        Raises:
            UsageError: A value will not do, or two of them contradict each other.
        """
        from prism_eval.errors import UsageError
        from prism_eval.plan import load_protocol
        from prism_eval.rewards import CaptionReward, LengthTerm
        from prism_eval.rewards.asking import Asking
        from prism_eval.rewards.published import preset
        from prism_eval.rewards.tokens import tokens_of

        if self.preset and self.protocol:
            raise UsageError("--preset brings its own prompts: leave --protocol out")
        settings: dict[str, Any] = {"seed": self.seed, "tolerance": self.tolerance}
        given = {"n": self.asks, "concurrency": self.concurrency, "patience": self.patience, "store": self.store}
        settings |= {name: value for name, value in given.items() if value is not None}
        if self.length_weight is not None:
            settings["length"] = LengthTerm(weight=self.length_weight)
        if self.tokenizer:
            settings["tokens"] = tokens_of(self.tokenizer)
        if self.preset:
            return preset(self.preset).reward(self.reasoner, **settings)
        if self.protocol:
            settings["asking"] = Asking(protocol=load_protocol(self.protocol))
        return CaptionReward(self.reasoner, **settings)
