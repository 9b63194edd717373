"""``prism-eval gate init``: a policy to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli import options as o
from prism_eval.cli.screen import hand_over
from prism_eval.files.folders import user_path

EPILOG = """Examples:

  prism-eval gate init

  prism-eval gate init --baseline runs/main -o gate.toml
"""

Earlier = Annotated[
    Path | None, typer.Option(parser=user_path, metavar="RUN", help="An earlier candidate, to measure by.")
]


def init(
    *,
    baseline: o.Known = None,
    candidate: Earlier = None,
    output: o.Output = None,
) -> None:
    """Write a policy to begin with.

    Every key with what it means, and the smallest loss that the data at hand would show.
    """
    from prism_eval.errors import UsageError
    from prism_eval.files.whole import write_whole
    from prism_eval.gate import Policy, read_side
    from prism_eval.gate.output.plans import policy_file
    from prism_eval.gate.planning import outlook

    if baseline is None and candidate is not None:
        raise UsageError("--candidate is an earlier one to go by: name the --baseline too")
    if output and output.exists():
        raise UsageError(f"{output} is there already: name another file, or move it away")
    like = read_side(candidate) if candidate else None
    first = read_side(baseline, like=like.label if like else None) if baseline else None
    text = policy_file(Policy(), outlook(first, Policy(), like=like) if first else ())
    if output:
        write_whole(output, text)
    else:
        hand_over(text)
