"""The flags that verbs share, and the plan they make."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prism_eval.cli.values import Display, Limit, file_path, folder_path, limit, new_file
from prism_eval.files.folders import user_path

if TYPE_CHECKING:
    from prism_eval.plan.plan import Plan, Stage

HEADINGS = {
    "What is measured": ("captioners", "reasoner", "benchmarks", "data", "limit"),
    "How it is asked and scored": ("protocol", "edition", "judge", "samples", "orders", "seed"),
    "When it is enough": ("until_decided", "baseline", "margin"),
    "How calls are made": ("concurrency", "patience", "memory", "allow_missing", "shard"),
    "Files": ("file", "trust", "out", "overwrite", "store", "thumbnails"),
}
"""Where the flags of a verb that makes a plan stand in its ``--help``: first what every run has, then what few need."""

_NO_KEYS = frozenset({"file", "trust"})
"""Flags that are no keys of the plan."""

BASELINE = "The entry that the others are compared with: its label or a part of it."

# Each flag is written once, so that it reads the same in every verb's help. Defaults are told in words: the value is
# left to the plan (see `PlanFlags`).
Reasoner = Annotated[
    list[str] | None,
    typer.Option(
        "--reasoner",
        "-r",
        metavar="SPEC",
        help="The reasoner; repeat for more of them, the first is the leaderboard's. [default: lexical]",
    ),
]
Data = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="A folder of benchmarks, 'synthetic' or 'hub'. [default: synthetic]"),
]
Edition = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Scoring edition: official, caprl, prism or strict. [default: the protocol's]"),
]
Concurrency = Annotated[
    int | None, typer.Option(metavar="N", help="Calls in flight, per server address. [default: the plan's]")
]
Patience = Annotated[
    float | None,
    typer.Option(
        metavar="S", help="Seconds without progress after which a server is given up. [default: 300, never seen: 10]"
    ),
]
Margin = Annotated[
    float | None,
    typer.Option(metavar="X", help="Points that count as no difference. [default: 1, of one benchmark 3]"),
]
Known = Annotated[
    Path | None,
    typer.Option(parser=user_path, metavar="RUN", help="The run that is known to be good, or a file saved of it."),
]
Entry = Annotated[
    str | None,
    typer.Option(metavar="LABEL", help="The candidate's entry, of a run that has several. [default: the only one]"),
]
BaselineEntry = Annotated[
    str | None, typer.Option(metavar="LABEL", help="Likewise the baseline's. [default: that of the same label]")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", parser=new_file, metavar="FILE", help="Where to. [default: standard output]"),
]
Judge = Annotated[
    str | None, typer.Option(metavar="SPEC", help="An engine that judges what rules leave open. [default: none]")
]
Store = Annotated[
    Path | None,
    typer.Option(parser=file_path, metavar="PATH", help="The generation store. [default: in the user's cache folder]"),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the run of another plan in that folder.")]
Out = Annotated[
    Path | None, typer.Option(parser=folder_path, metavar="DIR", help="The run folder. [default: one under runs/]")
]
Progress = Annotated[
    Display,
    typer.Option(help="How progress is shown: a bar (lines where there is no terminal), lines, or JSON for machines."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="The same as --progress none.")]
Trust = Annotated[
    bool, typer.Option("--trust", help="Do what a plan's file asks for that was never done here: servers, keys, code.")
]
Folder = Annotated[Path, typer.Argument(parser=user_path, metavar="RUN", help="A run folder.")]


@dataclass(frozen=True, kw_only=True)
class PlanFlags:
    """The flags that make a plan.

    A field is named after the plan's key that it sets. ``None`` means that the flag was not given, so that the plan
    file's value, or the plan's own default, holds: a default written here would override the file.
    """

    captioners: Annotated[
        list[str] | None,
        typer.Option(
            "--captioner", "-c", metavar="SPEC", help="A captioner, NAME:MODEL?key=value; repeat for more rows."
        ),
    ] = None
    reasoner: Reasoner = None
    benchmarks: Annotated[
        list[str] | None,
        typer.Option(
            "--benchmark", "-b", metavar="NAME", help="Benchmarks, comma-separated or repeated. [default: all]"
        ),
    ] = None
    data: Data = None
    file: Annotated[
        Path | None,
        typer.Option("--plan", parser=file_path, metavar="FILE", help="A TOML plan; the other flags override it."),
    ] = None
    trust: Trust = False
    protocol: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Prompts, sampling and answer form; NAME?KEY=VALUE replaces one of its keys. [default: standard]",
        ),
    ] = None
    edition: Edition = None
    judge: Judge = None
    samples: Annotated[int | None, typer.Option(metavar="N", help="Captions per image. [default: the protocol's]")] = (
        None
    )
    orders: Annotated[
        int | None,
        typer.Option(metavar="K", help="Orders of its options each multiple-choice item is asked under. [default: 1]"),
    ] = None
    limit: Annotated[
        Limit | None,
        typer.Option(
            parser=limit,
            metavar="N",
            help="N items of each benchmark at most, one image at least: drawn by the seed, with all their questions. "
            "'N?first=true': the first, for debugging.",
        ),
    ] = None
    seed: Annotated[int | None, typer.Option(metavar="N", help="Seed of everything drawn. [default: 0]")] = None
    until_decided: Annotated[
        bool | None,
        typer.Option(
            "--until-decided",
            help="Look five times, and end when every entry is better or worse than --baseline, or on par.",
        ),
    ] = None
    baseline: Annotated[str | None, typer.Option(metavar="LABEL", help=BASELINE)] = None
    margin: Margin = None
    concurrency: Concurrency = None
    patience: Patience = None
    allow_missing: Annotated[
        bool | None,
        typer.Option("--allow-missing", help="Start though a captions file lacks images; their items fail."),
    ] = None
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Only the I-th of N parts, from 1: `prism-eval merge` joins them."),
    ] = None
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            help="Models in this process: there in 'turns', or 'together'. [default: turns where they need one GPU]",
        ),
    ] = None
    thumbnails: Annotated[
        bool | None,
        typer.Option("--images/--no-images", help="Keep small pictures of the images for the page. [default: yes]"),
    ] = None

    def plan(self, stages: Collection[Stage] = ("caption", "answer", "score")) -> Plan:
        """The plan of the file and of the flags that override it.

        Args:
            stages: The stages that may call their plugins.

        Raises:
            UsageError: The file cannot be read, a value will not do, or the file asks for what must be trusted first.
        """
        from prism_eval.errors import UsageError
        from prism_eval.plan.plan import benchmark_names, make_plan, read_plan
        from prism_eval.run.trust import check_trust

        values = dict(read_plan(self.file)) if self.file else {}
        # Typer gives an empty list for a flag that may be repeated and was not given.
        values |= {key: value for key, value in vars(self).items() if key not in _NO_KEYS and value not in (None, [])}
        if self.limit:
            values |= {"limit": self.limit.items, "first": self.limit.first}
            # In a file 0 stands for all, which nobody means who types it.
            if self.limit.items < 1:
                raise UsageError(f"--limit {self.limit.items} asks nothing: leave --limit out to ask everything")
        if self.benchmarks:
            values["benchmarks"] = benchmark_names(self.benchmarks, where="--benchmark ")
        plan = make_plan(values, where=str(self.file) if self.file else "the command")
        typed = [*(self.captioners or []), *(self.reasoner or []), *([self.judge] if self.judge else [])]
        # A task may be one of a data folder's own: who has typed the one has not typed the other.
        if self.benchmarks and (self.data or self.file is None):
            typed += plan.benchmarks
        check_trust(plan, typed=typed, stages=stages, trust=self.trust, where=str(self.file or "the command"))
        return plan
