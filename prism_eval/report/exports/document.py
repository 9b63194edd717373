"""A leaderboard as JSON, for programs; docs/exports.md describes every key."""

from __future__ import annotations

import json
from collections.abc import Sequence

from prism_eval._version import __version__
from prism_eval.files.jsonable import jsonable
from prism_eval.leaderboard import Leaderboard, Row
from prism_eval.report.exports.sheet import records
from prism_eval.schema import utf8
from prism_eval.statistics import Comparison

FORMAT = 1
"""Raised when a key is renamed, leaves or changes its meaning; a new key or column raises nothing."""

_OF_RUNS = ("version", "created", "plan_digest")
_OF_BENCHMARKS = ("name", "title", "items", "images", "fingerprint", "scorer", "revision", "licence")


def document(board: Leaderboard) -> str:
    """The whole leaderboard. The text is ASCII: whatever a name holds, a terminal that shows it obeys nothing."""
    # Halves of characters are replaced while they are characters: escaped they would be no JSON to a strict reader.
    plain = json.loads(utf8(json.dumps(jsonable(_content(board)), ensure_ascii=False)))
    return json.dumps(plain, indent=2) + "\n"


def _content(board: Leaderboard) -> dict[str, object]:
    return {
        "format": FORMAT,
        "version": __version__,
        "answer": board.answer,
        "baseline": board.baseline,
        "measured": board.measured,
        "failed": board.failed,
        "unscored": board.unscored,
        "caveats": board.warnings,
        "protocol": board.manifest.get("protocol"),
        # Who it is, not where its server stands: a document is passed on.
        "reasoner": {key: (board.manifest.get("reasoner") or {}).get(key) for key in ("label", "identity")},
        "benchmarks": [{key: entry.get(key) for key in _OF_BENCHMARKS} for entry in board.manifest["benchmarks"]],
        "columns": [{"name": column.name, "title": column.title} for column in (*board.scores, *board.columns)],
        "rows": records(board),
        "comparisons": [_compared(comparison, board.rows) for comparison in board.comparisons],
        "runs": [{key: manifest.get(key) for key in _OF_RUNS} for manifest in board.manifests],
    }


def _compared(comparison: Comparison, rows: Sequence[Row]) -> dict[str, object]:
    found = comparison.difference
    return {
        "first": rows[comparison.first].captioner,
        "second": rows[comparison.second].captioner,
        **{end: getattr(found, end) if found else None for end in ("value", "low", "high")},
        "p": comparison.p,
        "family_p": comparison.family_p,
    }
