"""``prism-eval verify``: whether a run folder agrees with itself."""

from __future__ import annotations

from pathlib import Path

from prism_eval.cli import options as o
from prism_eval.cli.sheets import Format, say

EPILOG = """Examples:

  prism-eval verify runs/mine

  prism-eval verify submissions/theirs --format json
"""


def verify(run: o.Folder, *, as_format: Format = "terminal", output: o.Output = None) -> int:
    """Hold a run against itself: tables, counts, verdicts and calls.

    Every answer is scored again. Exits with 1 where something does not agree; no model is called.
    """
    from dataclasses import asdict

    from prism_eval.cli.arrow import slim_arrow
    from prism_eval.errors import UsageError
    from prism_eval.run.verification import verify as held
    from prism_eval.sheets.verifications import verified

    if output and as_format == "terminal":
        raise UsageError("--output writes markdown or json: name one with --format")
    slim_arrow()
    found = held(Path(run))
    say(verified(found, str(run)), asdict(found), as_format, output)
    return int(bool(found.findings))
