"""A leaderboard in the formats of other programs: one file a format, and the table that names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

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

FILES: Mapping[str, Callable[[Leaderboard, Path], None]] = {"parquet": write_parquet}
"""Formats that are a file no terminal shows, likewise."""


class FolderFormat(Protocol):
    """A format that is a folder, and can show images."""

    def __call__(self, board: Leaderboard, path: Path, *, images: bool = ...) -> None:
        """Write the folder."""


FOLDERS: Mapping[str, FolderFormat] = {"datasets": write_dataset, "inspect": write_inspect_logs}
"""Formats that are a folder, likewise. Whether they show images where nobody says so is their own affair."""


def export(board: Leaderboard, name: str, output: Path | None = None, *, images: bool | None = None) -> str:
    """The leaderboard in a format, written to ``output`` if that is given.

    Args:
        board: The leaderboard.
        name: A key of `TEXTS`, `FILES` or `FOLDERS`.
        output: The file or folder to write.
        images: Whether a folder shows images; by default as its format has it.

    Returns:
        The text; empty where it was written.

    Raises:
        UsageError: The format is no text, and there is no ``output``; or it has no place for images.
        RunError: ``output`` cannot be written.
    """
    if images is not None and name not in FOLDERS:
        raise UsageError(f"--format {name} shows no images: leave --images and --no-images out")
    if name in TEXTS:
        text = TEXTS[name](board)
        if output is None:
            return text
        write_whole(output, text)
    elif output is None:
        raise UsageError(f"--format {name} makes no text: name a place for it with --output")
    elif name in FILES:
        FILES[name](board, output)
    else:
        FOLDERS[name](board, output, **({} if images is None else {"images": images}))
    return ""
