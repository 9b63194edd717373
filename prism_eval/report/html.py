"""One self-contained leaderboard.html from a run folder.

All text of models, data sets and users reaches the page through one door, `environment`: it is made visible, and then
Jinja's autoescape makes it text.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from prism_eval.files.whole import write_whole
from prism_eval.leaderboard import AnyColumn, Leaderboard
from prism_eval.leaderboard.agreement import TAU
from prism_eval.leaderboard.history import METHOD, History
from prism_eval.leaderboard.losses import FEW_IMAGES, LOSSES
from prism_eval.report.environment import environment, policy
from prism_eval.report.explorer import Whys, explorer_of, explorer_of_all
from prism_eval.report.figures import SHAPES
from prism_eval.report.lost import MEANINGS, Lost, lost_of
from prism_eval.report.names import short_names
from prism_eval.report.opening import opening_of
from prism_eval.report.pairs import as_data, pairs_of
from prism_eval.report.pictures import pictures_of
from prism_eval.report.text import visible
from prism_eval.run.folder import RunFolder
from prism_eval.schema import Outcome

# A label of a served model is often a whole address; its title attribute has all of it.
_LABEL = 40


def write_html(folder: Path, board: Leaderboard, *, histories: Sequence[History] = (), images: bool = True) -> Path:
    """Write a run folder's ``leaderboard.html`` and return its path; an older one is replaced in one step.

    Args:
        folder: Where it is written.
        board: The leaderboard.
        histories: Entries over their runs, to be a section of it.
        images: Whether the runs' thumbnails are in it.

    Raises:
        RunError: The run's tables cannot be read, or the file cannot be written.
    """
    # Rendered whole before the file is touched: a page that cannot be made leaves the old one.
    page = render(board, histories=histories, images=images)
    path = RunFolder(folder).html_file
    write_whole(path, page)
    return path


def render(board: Leaderboard, *, histories: Sequence[History] = (), images: bool = True, site: bool = False) -> str:
    """A leaderboard's page as text.

    Args:
        board: The leaderboard.
        histories: Entries over their runs, to be a section of it.
        images: Whether the runs' thumbnails are in it.
        site: Whether the items are files beside it; else a sample of them is in it.

    Raises:
        RunError: The run's tables cannot be read.
    """
    made, pairs = environment(), pairs_of(board)
    short = short_names([row.captioner for row in board.everyone], _LABEL)
    titles = dict(zip(board.benchmarks, (column.title for column in board.scores), strict=True))
    explored = explorer_of_all if site else explorer_of
    lost = lost_of(board.losses, [row.captioner for row in board.rows], board.benchmarks)
    return made.get_template("leaderboard.html").render(
        board=board,
        manifest=board.manifest,
        opening=opening_of(board, short),
        contents=_contents(board, lost, histories),
        histories=histories,
        history_method=METHOD,
        short=short,
        titles=titles,
        outcomes=list(Outcome),
        asked=dict(zip((column.name for column in board.scores), board.benchmarks, strict=True)),
        longest={column.name: _largest(board, column) for column in board.columns if column.bar},
        best=_best(board),
        by_places={(one.first, one.second): one for one in board.comparisons},
        pairs={
            "names": [visible(short[row.captioner]) for row in board.ranked],
            "benchmarks": [visible(title) for title in titles.values()],
            "pairs": as_data(pairs),
        },
        pictures=pictures_of(board, pairs, short, histories),
        most_series=len(SHAPES),
        lost=lost,
        readers=board.readers,
        called={**short, **_reader_names(board)},
        tau=TAU,
        meanings=MEANINGS,
        few_images=FEW_IMAGES,
        explorer=explored(board, short, images=images, whys=Whys(LOSSES, board.losses.loss)),
        site=site,
        commands=_commands(board),
        policy=policy(made, site=site),
    )


def fragment(board: Leaderboard) -> str:
    """A leaderboard's table for a notebook: escaped as the page is, and without script."""
    return (
        environment()
        .get_template("_notebook.html")
        .render(
            board=board,
            columns=(*board.shown_in("summary"), *board.scores),
            short=short_names([row.captioner for row in board.everyone], _LABEL),
        )
    )


def _contents(board: Leaderboard, lost: Lost, histories: Sequence[History]) -> dict[str, str]:
    """The page's headings by the names of their templates; those with nothing to show are left out."""
    readers = {"readers": "Other readers"} if board.readers else {}
    causes = {"losses": "Where points are lost"} if lost.losses else {}
    over_runs = {"history": "Over the runs"} if histories else {}
    several = {"pairs": "Any two"} if len(board.ranked) > 1 else {}
    return {
        "benchmarks": "Benchmark by benchmark",
        "length": "Score against length",
        **several,
        **over_runs,
        **readers,
        **causes,
        "explorer": "Look for yourself",
        "answers": "How answers ended",
        "method": "How this was made",
    }


def _commands(board: Leaderboard) -> list[str]:
    """What makes the runs and their leaderboard again, from the plans that the page prints; none without a plan."""
    several = len(board.manifests) > 1
    runs = [f"run{number if several else ''}" for number in range(1, len(board.manifests) + 1)]
    if not all(manifest.get("plan") for manifest in board.manifests):
        return []
    baseline = ["--baseline", board.baseline] if board.baseline else []
    margins = {row.against.margin for row in board.rows if row.against}
    margin = ["--margin", f"{100 * max(margins):g}"] if margins else []
    return [
        *(f"prism-eval run --plan {run.replace('run', 'plan')}.toml --out {run}" for run in runs),
        *([shlex.join(["prism-eval", "report", *runs, *baseline, *margin])] if several or baseline else []),
    ]


def _reader_names(board: Leaderboard) -> dict[str, str]:
    return short_names([reading.reasoner for reading in board.readers.readings] if board.readers else [], _LABEL)


def _largest(board: Leaderboard, column: AnyColumn) -> float:
    return max((column.key(row) or 0 for row in board.everyone), default=0)


def _best(board: Leaderboard) -> dict[str, str]:
    """By column of scores, its best as it is written; none where all are written alike."""
    best = {}
    for column in (*board.scores, *board.shown_in("scores")):
        texts = [column.text(row) for row in sorted(board.ranked, key=lambda row: column.key(row) or 0)]
        if len({*texts}) > 1:
            best[column.name] = texts[-1]
    return best
