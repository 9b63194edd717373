"""``prism-eval baseline``: what a run scored, as a small file that lives in git."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli.screen import echo
from prism_eval.cli.values import new_file
from prism_eval.cli.verbs import Verbs, help_without_a_word
from prism_eval.files.folders import user_path

app = Verbs(
    help="Keep what a run scored as a small file, for gates.",
    invoke_without_command=True,
    epilog="""Examples:

  prism-eval baseline save runs/main -o baseline.parquet

  prism-eval gate --baseline baseline.parquet --candidate runs/mine
""",
)
app.callback()(help_without_a_word)

File = Annotated[Path, typer.Argument(parser=user_path, metavar="FILE", help="A baseline's file.")]


@app.command(epilog="Example:\n\n  prism-eval baseline save runs/main --entry 3B -o baseline.parquet")
def save(
    run: Annotated[Path, typer.Argument(parser=user_path, metavar="RUN", help="A run folder.")],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", parser=new_file, metavar="FILE", help="Where to: a .parquet file.")
    ],
    entry: Annotated[
        str | None, typer.Option(metavar="LABEL", help="Its entry, of a run that has several. [default: the only one]")
    ] = None,
    captions: Annotated[
        bool, typer.Option("--captions", help="Keep each item's caption too, which makes the file many times larger.")
    ] = False,
) -> None:
    """Write what an entry scored: the same bytes each time.

    Ids, digests of images, scores, outcomes and lengths; no image, no question, and no caption unless asked for.
    """
    from prism_eval.cli.arrow import slim_arrow
    from prism_eval.gate import read_side
    from prism_eval.gate.baseline import save as written

    slim_arrow()
    side = read_side(run, entry, captions=captions)
    written(side, output)
    echo(f"{output}: {side.label}, {side.items.num_rows:,} items, {output.stat().st_size / 1000:,.0f} kB")


@app.command(epilog="Example:\n\n  prism-eval baseline show baseline.parquet")
def show(file: File) -> None:
    """Say what a baseline holds, and what that depends on."""
    from prism_eval.cli.sheets import show_sheet
    from prism_eval.gate.baseline import read_baseline
    from prism_eval.gate.output.baselines import shown

    show_sheet(shown(read_baseline(file)))


@app.command(epilog="Example:\n\n  prism-eval baseline diff baseline.parquet new.parquet")
def diff(
    old: File,
    new: Annotated[Path, typer.Argument(parser=user_path, metavar="OTHER", help="Another one.")],
) -> int:
    """Say how two baselines differ.

    In what they depend on, or else in their scores.

    Exit code 0 where they say the same, 1 where they differ.
    """
    from prism_eval.cli.sheets import show_sheet
    from prism_eval.gate.baseline import read_baseline
    from prism_eval.gate.output.baselines import changed

    found = changed(read_baseline(old), read_baseline(new))
    if found is None:
        echo("The same.")
        return 0
    show_sheet(found)
    return 1
