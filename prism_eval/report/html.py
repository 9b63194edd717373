"""One self-contained leaderboard.html from a run folder.

All text of models, data sets and users reaches the page through one door: `_finalize` makes it visible, then Jinja's
autoescape makes it text. The page's own style and script are let in by their hashes; its policy forbids all else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.files.whole import write_whole
from prism_eval.leaderboard import AnyColumn, Leaderboard, writing
from prism_eval.report import text
from prism_eval.report.explorer import explorer_of
from prism_eval.report.names import short_names
from prism_eval.run.folder import RunFolder
from prism_eval.schema import Outcome
from prism_eval.statistics import Comparison, Estimate

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

# Twenty captioners make 190 pairs, which nobody reads; all pairs of five still fit on a screen.
_MOST_PAIRS = 10
# A label of a served model is often a whole address; its title attribute has all of it.
_LABEL = 40
# Where a label may be broken: behind what parts a path, an address or the options of a spec.
_BREAKS = re.compile(r"(?<=[-/:,(&=_.])")


def write_html(folder: Path, board: Leaderboard) -> Path:
    """Write a run folder's ``leaderboard.html`` and return its path; an older one is replaced in one step.

    Raises:
        RunError: The run's tables cannot be read, or the file cannot be written.
    """
    # Rendered whole before the file is touched: a page that cannot be made leaves the old one.
    page = render(board)
    path = RunFolder(folder).html_file
    write_whole(path, page)
    return path


def render(board: Leaderboard) -> str:
    """A leaderboard's page as text.

    Raises:
        RunError: The run's tables cannot be read.
    """
    environment = _environment()
    short = short_names([row.captioner for row in board.rows], _LABEL)
    return environment.get_template("leaderboard.html").render(
        board=board,
        manifest=board.manifest,
        about={entry["name"]: entry for entry in board.manifest["benchmarks"]},
        outcomes=list(Outcome),
        longest={column.name: _largest(board, column) for column in board.columns if column.bar},
        comparisons=_shown_comparisons(board),
        explorer=explorer_of(board, short),
        short=short,
        policy=_policy(environment),
    )


def fragment(board: Leaderboard) -> str:
    """A leaderboard's table for a notebook: escaped as the page is, and without script."""
    return (
        _environment()
        .get_template("_notebook.html")
        .render(
            board=board,
            columns=(*board.shown_in("summary"), *board.scores),
            short=short_names([row.captioner for row in board.rows], _LABEL),
        )
    )


def _shown_comparisons(board: Leaderboard) -> list[Comparison]:
    """Every pair if they are few, else neighbours on the leaderboard only."""
    # Two captioners without a shared item have no difference to show.
    every = [comparison for comparison in board.comparisons if comparison.difference is not None]
    if len(every) <= _MOST_PAIRS:
        return every
    return [comparison for comparison in every if comparison.second == comparison.first + 1]


def _largest(board: Leaderboard, column: AnyColumn) -> float:
    return max((column.key(row) or 0 for row in board.rows), default=0)


def _environment() -> Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("prism_eval.report"),
        autoescape=True,
        finalize=_finalize,
        # A misspelt name is an error here, where it would be an empty cell on the page.
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        points=writing.points,
        score=writing.score,
        margin=writing.margin,
        place=writing.place,
        whole=writing.count,
        counted=writing.counted,
        signed=writing.signed,
        p_value=writing.p_value,
        breakable=_breakable,
        pretty=_pretty,
        compact=_compact,
    )
    environment.tests["estimate"] = lambda value: isinstance(value, Estimate)
    return environment


def _finalize(value: object) -> object:
    from markupsafe import Markup

    return text.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _breakable(label: str) -> Markup:
    """The label with places to break a line at; every piece is escaped as it is joined."""
    from markupsafe import Markup

    return Markup("<wbr>").join(_BREAKS.split(text.visible(label)))


def _compact(value: object) -> Markup:
    """A value as JSON for a script element: nothing in it can end the element."""
    from jinja2.utils import htmlsafe_json_dumps

    return htmlsafe_json_dumps(value, dumps=json.dumps, separators=(",", ":"), ensure_ascii=False)


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _policy(environment: Environment) -> str:
    # Hashed as the page has them: Jinja takes the last line break of a file away.
    style, script = (
        " ".join(_hash(environment.get_template(f"{name}.{kind}").render()) for name in ("leaderboard", "explorer"))
        for kind in ("css", "js")
    )
    allowed = f"style-src {style}; script-src {script}; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
