"""A leaderboard in the formats of other programs: one file a format, and the table that names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from prism_eval.errors import UsageError
from prism_eval.files.whole import write_whole
from prism_eval.leaderboard import Leaderboard
from prism_eval.report.exports.document import document
from prism_eval.report.exports.hub_dataset import write_dataset
from prism_eval.report.exports.inspect_logs import write_inspect_logs
from prism_eval.report.exports.latex import latex
from prism_eval.report.exports.markdown import markdown
from prism_eval.report.exports.parquet import write_parquet
from prism_eval.report.exports.spreadsheet import spreadsheet

TEXTS: Mapping[str, Callable[[Leaderboard], str]] = {
    "markdown": markdown,
    "csv": spreadsheet,
    "json": document,
    "latex": latex,
}
"""Formats that are a text, by the name that ``--format`` knows."""

FILES: Mapping[str, Callable[[Leaderboard, Path], None]] = {
    "parquet": write_parquet,
    "datasets": write_dataset,
    "inspect": write_inspect_logs,
}
"""Formats that no pipe takes, likewise: each writes to a path."""


def export(board: Leaderboard, name: str, output: Path | None = None) -> str:
    """The leaderboard in a format, written to ``output`` if that is given.

    Args:
        board: The leaderboard.
        name: A key of `TEXTS` or `FILES`.
        output: The file or folder to write.

    Returns:
        The text; empty where it was written.

    Raises:
        UsageError: The format is no text, and there is no ``output``.
        RunError: ``output`` cannot be written.
    """
    if name in TEXTS:
        text = TEXTS[name](board)
        if output is None:
            return text
        write_whole(output, text)
    elif output is None:
        raise UsageError(f"--format {name} makes no text: name a place for it with --output")
    else:
        FILES[name](board, output)
    return ""
