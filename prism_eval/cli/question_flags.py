"""The flags of the verbs of ``prism-eval questions``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli.values import file_path, folder_path
from prism_eval.files.folders import user_path

NotIn = Annotated[
    list[str] | None,
    typer.Option("--not-in", metavar="DIR", help="A folder of benchmarks whose images are left out; repeat."),
]
Alike = Annotated[
    bool, typer.Option("--alike", help="Leave out what looks like one of those images, too; needs the extra [phash].")
]
Set = Annotated[Path, typer.Argument(parser=user_path, metavar="SET", help="A folder of questions.")]
Questions = Annotated[
    Path, typer.Argument(parser=user_path, metavar="SET", help="A folder of questions, or a Parquet file of CapRL's.")
]
Images = Annotated[
    str, typer.Argument(metavar="IMAGES", help="A folder of images, tars or Parquet files, or hub:OWNER/NAME.")
]
Writer = Annotated[
    str, typer.Option("--writer", "-w", metavar="SPEC", help="A model that sees an image and writes its questions.")
]
Out = Annotated[Path, typer.Option("--out", "-o", parser=folder_path, metavar="SET", help="The folder of the set.")]
Prompt = Annotated[
    Path | None,
    typer.Option(parser=file_path, metavar="FILE", help="What it is asked. [default: for CapRL's layout]"),
]
Name = Annotated[str | None, typer.Option(metavar="NAME", help="The benchmark's name. [default: the folder's]")]
Limit = Annotated[int | None, typer.Option(metavar="N", min=1, help="Images at most. [default: all]")]
Vlm = Annotated[
    list[str],
    typer.Option("--vlm", metavar="SPEC", help="A model that must answer with the image; repeat for more."),
]
Reasoner = Annotated[
    list[str],
    typer.Option(
        "--reasoner", "-r", metavar="SPEC", help="A reader that must not answer without; repeat: who scores, first."
    ),
]
Asks = Annotated[int, typer.Option(metavar="K", help="Orders of its options that a question is asked in, at most.")]
Least = Annotated[
    int | None, typer.Option(metavar="N", help="Of K with the image, right at least. [default: three quarters]")
]
Most = Annotated[
    int | None, typer.Option(metavar="N", help="Of K without the image, right at most. [default: a third]")
]
OutOfFile = Annotated[
    Path | None,
    typer.Option("--out", "-o", parser=folder_path, metavar="SET", help="Of a Parquet file, the folder of the set."),
]
Rates = Annotated[bool, typer.Option("--rates", help="Print the error rates and the calls, and stop.")]
Protocol = Annotated[str, typer.Option(metavar="NAME", help="How it is asked.")]
SeedOfDraws = Annotated[int, typer.Option(metavar="N", help="Seed of the model's draws.")]
SeedOfOrders = Annotated[int, typer.Option(metavar="N", help="Seed of the orders.")]
