"""``prism-eval compare``: a candidate's captions against a baseline's, item by item."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli import options as o
from prism_eval.cli.sheets import Format, say
from prism_eval.files.folders import user_path

EPILOG = """Examples:

  prism-eval compare runs/main runs/mine

  prism-eval compare runs/both runs/both --baseline-entry 72B --entry 3B --margin 1.5

  prism-eval compare runs/main runs/mine --format json --output difference.json
"""

Baseline = Annotated[Path, typer.Argument(parser=user_path, metavar="BASELINE", help="A run folder, or a saved file.")]
Candidate = Annotated[Path, typer.Argument(parser=user_path, metavar="CANDIDATE", help="Another one.")]


def compare(
    baseline: Baseline,
    candidate: Candidate,
    *,
    entry: o.Entry = None,
    baseline_entry: o.BaselineEntry = None,
    margin: o.Margin = None,
    as_format: Format = "terminal",
    output: o.Output = None,
) -> None:
    """Compare two runs: what is better, worse, won and lost.

    Paired on the items that both have, clustered on images; runs that were not asked alike are refused.
    """
    from prism_eval.cli.arrow import slim_arrow
    from prism_eval.errors import UsageError
    from prism_eval.gate import Margins, read_sides
    from prism_eval.gate import compare as compared
    from prism_eval.gate.output.comparisons import sheet
    from prism_eval.gate.output.document import document

    if output and as_format == "terminal":
        raise UsageError("--output writes markdown or json: name one with --format")
    margins = Margins() if margin is None else Margins.of_points(margin)
    slim_arrow()
    comparison = compared(*read_sides((baseline, baseline_entry), (candidate, entry)), margins)
    say(sheet(comparison), document(comparison), as_format, output)
