"""``prism-eval audit``: what captions do beside describing."""

from __future__ import annotations

from prism_eval.cli import options as o
from prism_eval.cli.sheets import Format, say

EPILOG = """Examples:

  prism-eval audit runs/mine

  prism-eval audit runs/mine --format markdown --output audit.md
"""


def audit(run: o.Folder, *, as_format: Format = "terminal", output: o.Output = None) -> None:
    """Count captions that speak to their reader, entry by entry.

    Control tokens, answers, words to the reader, echoed questions and more: beside the scores, never a change of one.
    """
    from dataclasses import asdict

    from prism_eval.errors import UsageError
    from prism_eval.run.audit import audit as looked_at
    from prism_eval.sheets.audits import audited

    if output and as_format == "terminal":
        raise UsageError("--output writes markdown or json: name one with --format")
    entries = looked_at(run)
    say(audited(entries, str(run)), {"entries": [asdict(one) for one in entries]}, as_format, output)
