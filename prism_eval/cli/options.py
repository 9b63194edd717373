"""The flags that verbs share, and the plan they make."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from prism_eval.plan.plan import Plan

Captioners = Annotated[
    list[str] | None,
    typer.Option("--captioner", "-c", metavar="SPEC", help="A captioner, NAME:MODEL?key=value; repeat for more rows."),
]
Reasoner = Annotated[
    str | None, typer.Option("--reasoner", "-r", metavar="SPEC", help="The one reasoner. [default: lexical]")
]
Benchmarks = Annotated[
    list[str] | None,
    typer.Option("--benchmark", "-b", metavar="NAME", help="Benchmarks, comma-separated or repeated. [default: all]"),
]
Data = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="A folder of benchmarks, 'synthetic' or 'hub'. [default: synthetic]"),
]
PlanFile = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", help="A TOML plan; the other flags override it.")
]
Protocol = Annotated[
    str | None, typer.Option(metavar="NAME", help="Prompts, sampling and answer form. [default: standard]")
]
Edition = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Scoring edition: official, caprl or strict. [default: the protocol's]"),
]
Samples = Annotated[int | None, typer.Option(metavar="N", help="Captions per image. [default: the protocol's]")]
Orders = Annotated[
    int | None, typer.Option(metavar="K", help="Orders of its options each multiple-choice item is asked under.")
]
Limit = Annotated[int | None, typer.Option(metavar="N", help="Only the first N items of each benchmark.")]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Seed of everything drawn. [default: 0]")]
Concurrency = Annotated[int | None, typer.Option(metavar="N", help="Calls in flight, per plugin. [default: 16]")]
Store = Annotated[
    Path | None, typer.Option(metavar="PATH", help="The generation store. [default: in the user's cache folder]")
]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="The run folder. [default: one under runs/]")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")]
Folder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]


def plan_from(file: Path | None, flags: Mapping[str, Any]) -> Plan:
    """The plan of a file and the flags that override it; a flag that was not given is ``None`` or empty."""
    from prism_eval.plan.plan import make_plan, read_plan
    from prism_eval.plugins.specs import split_specs

    values = dict(read_plan(file)) if file else {}
    if flags.get("benchmarks"):
        flags = {**flags, "benchmarks": [name for text in flags["benchmarks"] for name in split_specs(text)]}
    values |= {key: value for key, value in flags.items() if value not in (None, [])}
    if isinstance(values.get("data"), str) and values["data"] not in ("synthetic", "hub"):
        values["data"] = str(Path(values["data"]).absolute())
    return make_plan(values, where=str(file) if file else "the command")
