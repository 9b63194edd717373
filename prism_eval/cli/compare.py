"""``prism-eval compare``: a candidate's captions against a baseline's, item by item."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli import options as o
from prism_eval.cli.sheets import Format, say
from prism_eval.cli.values import file_path
from prism_eval.files.folders import user_path

EPILOG = """Examples:

  prism-eval compare runs/main runs/mine

  prism-eval compare runs/both runs/both --baseline-entry 72B --entry 3B --margin 1.5

  prism-eval compare runs/main runs/mine --format json --output difference.json
"""

Baseline = Annotated[Path, typer.Argument(parser=user_path, metavar="BASELINE", help="A run folder, or a saved file.")]
Candidate = Annotated[Path, typer.Argument(parser=user_path, metavar="CANDIDATE", help="Another one.")]
Entry = Annotated[
    str | None,
    typer.Option(metavar="LABEL", help="The candidate's entry, of a run that has several. [default: the only one]"),
]
BaselineEntry = Annotated[
    str | None, typer.Option(metavar="LABEL", help="Likewise the baseline's. [default: that of the same label]")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", parser=file_path, metavar="FILE", help="Where to. [default: standard output]"),
]


def compare(
    baseline: Baseline,
    candidate: Candidate,
    *,
    entry: Entry = None,
    baseline_entry: BaselineEntry = None,
    margin: o.Margin = None,
    as_format: Format = "terminal",
    output: Output = None,
) -> None:
    """Compare two runs: what is better, worse, won and lost.

    Paired on the items that both have, clustered on images; runs that were not asked alike are refused.
    """
    from prism_eval.errors import UsageError
    from prism_eval.gate import Margins, read_side
    from prism_eval.gate import compare as compared
    from prism_eval.gate.output.document import document
    from prism_eval.gate.output.sheet import sheet

    if output and as_format == "terminal":
        raise UsageError("--output writes markdown or json: name one with --format")
    margins = Margins() if margin is None else Margins.of_points(margin)
    second = read_side(candidate, entry)
    comparison = compared(read_side(baseline, baseline_entry, like=second.label), second, margins)
    say(sheet(comparison), document(comparison), as_format, output)
