"""``prism-eval report``: the leaderboard of run folders, again or together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prism_eval.cli import options as o
from prism_eval.cli.screen import echo, hand_over
from prism_eval.files.folders import user_path

if TYPE_CHECKING:
    from prism_eval.leaderboard import Leaderboard
    from prism_eval.leaderboard.history import History

EPILOG = """Examples:

  prism-eval report runs/mine

  prism-eval report runs/3b runs/72b --baseline 72B --margin 1.5 --published caprl

  prism-eval report runs/mine --history runs --bundle site

  prism-eval report runs/mine --format markdown

  prism-eval report runs/mine --format latex --output table.tex
"""

Runs = Annotated[list[Path], typer.Argument(parser=user_path, metavar="RUN", help="Run folders.")]
Baseline = Annotated[str | None, typer.Option(metavar="LABEL", help=f"{o.BASELINE} [default: the largest model]")]
Reasoner = Annotated[
    str | None,
    typer.Option(
        "--reasoner",
        "-r",
        metavar="LABEL",
        help="Of several reasoners, the one whose verdicts count. [default: the first]",
    ),
]
Published = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="Rows that a paper prints, apart and as printed: caprl, prism, or a file; repeat for more."
    ),
]
Notes = Annotated[bool, typer.Option("--notes", help="Tell the notes on the scores in full.")]
Format = Annotated[
    Literal["markdown", "csv", "json", "latex", "parquet", "datasets", "inspect"] | None,
    typer.Option("--format", help="Export it in place of showing it: a text goes to standard output."),
]
Output = Annotated[
    Path | None,
    typer.Option(
        parser=user_path,
        metavar="PATH",
        help="Where --format writes; without it, the folder of the page. [default: the run's, of several this one]",
    ),
]

JudgeLosses = Annotated[
    str | None,
    typer.Option(metavar="SPEC", help="An engine that decides of lost points what rules cannot. [default: none]"),
]
Images = Annotated[
    bool | None,
    typer.Option("--images/--no-images", help="Whether images are shown. [default: yes; in --format datasets no]"),
]
Bundle = Annotated[
    Path | None,
    typer.Option(
        parser=user_path,
        metavar="DIR",
        help="Write a static site with every question in place of the page, ready for GitHub Pages.",
    ),
]

OverRuns = Annotated[
    list[Path] | None,
    typer.Option(
        parser=user_path,
        metavar="DIR",
        help="Runs over which the page shows each entry: a run folder, or one that holds them; repeat for more.",
    ),
]


def report(
    runs: Runs,
    *,
    baseline: Baseline = None,
    margin: o.Margin = None,
    reasoner: Reasoner = None,
    published: Published = None,
    notes: Notes = False,
    as_format: Format = None,
    output: Output = None,
    images: Images = None,
    bundle: Bundle = None,
    judge_losses: JudgeLosses = None,
    history: OverRuns = None,
    store: o.Store = None,
) -> None:
    """Print the leaderboard of one run or several, and its page.

    Several runs are one leaderboard, if they can be compared. With --format it is exported instead, and with --bundle
    it becomes a site.
    """
    from prism_eval.cli.arrow import slim_arrow
    from prism_eval.errors import UsageError
    from prism_eval.leaderboard import build
    from prism_eval.run.belonging import check_belonging
    from prism_eval.run.folder import RunFolder

    if bundle and (as_format or output):
        raise UsageError("--bundle writes a site in a folder of its own: leave --format and --output out")
    unseen = [name for name, given in (("--judge-losses", judge_losses), ("--history", history)) if given]
    if as_format and unseen:
        raise UsageError(f"--format {as_format} tells nothing of that: leave {unseen[0]} out")
    if bundle:
        from prism_eval.report.site import check_site

        check_site(bundle)
    slim_arrow()
    for folder in list(map(RunFolder.open, runs)):
        # Verdicts of another plan would be ranked under a protocol that is not theirs.
        check_belonging(folder, "score", manifest=True)
    board = build(
        runs,
        reasoner,
        baseline=baseline,
        margin=margin,
        published=published or (),
        judge_losses=judge_losses,
        store=store,
        # What a run folder says of itself is anybody's word, and a page is shown around.
        thoroughly=True,
    )
    if as_format:
        from prism_eval.report.exports import export

        # As bytes: a pipe gets what the file gets, whatever the screen's encoding is.
        hand_over(export(board, as_format, output, images=images))
        return
    from prism_eval.cli.screen import console
    from prism_eval.gate.history import histories
    from prism_eval.report.terminal import LeaderboardView

    # What is wrong with them is said before the first number, and not below it.
    over_runs = histories(history) if history else ()
    if judge_losses:
        # So is a judge that is not there.
        _ = board.losses
    console().print(LeaderboardView(board, notes=notes))
    if bundle:
        _say_site(bundle, board, over_runs, images=images is not False)
    else:
        # The page of several runs is none of theirs: in one of their folders it would stand for that run alone.
        home = output or (board.folders[0] if len(runs) == 1 else user_path("."))
        _say_page(home, board, over_runs, images=images is not False)


def _say_page(home: Path, board: Leaderboard, histories: Sequence[History], *, images: bool) -> None:
    from prism_eval.errors import UsageError
    from prism_eval.report.html import write_html

    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {home}: {error.strerror}; name another with --output") from error
    echo(f"Leaderboard: {write_html(home, board, histories=histories, images=images)}")


def _say_site(folder: Path, board: Leaderboard, histories: Sequence[History], *, images: bool) -> None:
    from prism_eval.report.site import PAGES_LIMIT, write_site

    site = write_site(folder, board, histories=histories, images=images)
    echo(f"Site: {site.folder / 'index.html'} ({site.files:,} files, {site.size / 1e6:,.1f} MB)")
    if site.size > PAGES_LIMIT:
        echo(f"GitHub Pages takes {PAGES_LIMIT / 1e9:.0f} GB of a site, and this is more.", err=True)
