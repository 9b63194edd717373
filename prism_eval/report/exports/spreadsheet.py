"""A leaderboard as CSV, which people open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from prism_eval.leaderboard import Leaderboard
from prism_eval.report.exports.sheet import records
from prism_eval.report.text import flat

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula in Excel, LibreOffice and Google Sheets; some take the full-width forms for the plain ones."""


def spreadsheet(board: Leaderboard) -> str:
    """A head and a line each, every number in full; texts that a spreadsheet would run are quoted by ``'``."""
    table = records(board)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(harmless, dict.fromkeys(name for record in table for name in record)))
    writer.writerows(
        [harmless(value) if isinstance(value, str) else value for value in record.values()] for record in table
    )
    return stream.getvalue()


def harmless(text: str) -> str:
    """The text on one line, and never a formula."""
    line = flat(text)
    return f"'{line}" if line.startswith(_FORMULA) else line
