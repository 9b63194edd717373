"""The flags that make a reward."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from prism_eval.rewards import CaptionReward

Reader = Annotated[
    str,
    typer.Option("--reasoner", "-r", metavar="SPEC", help="The reader: openai:NAME?base_url=..., as in a run."),
]
Asks = Annotated[
    int | None, typer.Option("--asks", metavar="N", help="Questions asked of a caption, drawn in turns. [default: 8]")
]
Seed = Annotated[int, typer.Option(metavar="N", help="Seed of everything drawn.")]
PresetName = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help="A published reward, caprl or caprl++. [default: our own]"),
]
Protocol = Annotated[
    str | None, typer.Option(metavar="NAME", help="Prompts and sampling of our own. [default: standard@2]")
]
LengthWeight = Annotated[
    float | None,
    typer.Option("--length-weight", metavar="W", help="Weight of the length term. [default: none, caprl++ 0.2]"),
]
Tokenizer = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The policy's, which counts the length where nobody else says it."),
]
Tolerance = Annotated[
    float, typer.Option(metavar="X", help="Share of a caption's asks that may fail before it has no value.")
]


def made(
    reasoner: str,
    *,
    asks: int | None,
    seed: int,
    preset: str | None,
    protocol: str | None,
    length_weight: float | None,
    tokenizer: str | None,
    tolerance: float,
    concurrency: int | None,
    patience: float | None,
    store: Path | None,
) -> CaptionReward:
    """The reward that the flags ask for.

    Raises:
        UsageError: A value will not do, or two of them contradict each other.
    """
    from prism_eval.errors import UsageError
    from prism_eval.plan import load_protocol
    from prism_eval.rewards import CaptionReward, LengthTerm
    from prism_eval.rewards.asking import Asking
    from prism_eval.rewards.published import preset as published
    from prism_eval.rewards.tokens import tokens_of

    if preset and protocol:
        raise UsageError("--preset brings its own prompts: leave --protocol out")
    settings: dict[str, Any] = {"seed": seed, "tolerance": tolerance, "store": store, "patience": patience}
    settings |= {"n": asks} if asks is not None else {}
    settings |= {"length": LengthTerm(weight=length_weight)} if length_weight is not None else {}
    settings |= {"tokens": tokens_of(tokenizer)} if tokenizer else {}
    settings |= {"concurrency": concurrency} if concurrency is not None else {}
    if preset:
        return published(preset).reward(reasoner, **settings)
    if protocol:
        settings["asking"] = Asking(protocol=load_protocol(protocol))
    return CaptionReward(reasoner, **settings)
