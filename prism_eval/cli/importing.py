"""``prism-eval import``: results of other evaluators as run folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli.values import folder_path
from prism_eval.cli.verbs import Verbs, help_without_a_word

NAME = "import"
"""What the verb is called: a word that Python keeps for itself, so that the file cannot be."""

app = Verbs(
    help="Make a run folder of another evaluator's results.",
    invoke_without_command=True,
    epilog="Example:\n\n  prism-eval import lmms-eval logs/caprl logs/densefusion --out runs/pretraining",
)
app.callback()(help_without_a_word)


@app.command(
    name="lmms-eval",
    epilog="""Examples:

  prism-eval import lmms-eval logs/caprl logs/densefusion --out runs/pretraining

  prism-eval import lmms-eval 'logs/a?label=CapRL-200k&images=200k' 'logs/b?label=CapRL-1M&images=1M' --out runs/scaling
""",
)
def lmms_eval(
    places: Annotated[
        list[str],
        typer.Argument(metavar="DIR...", help="Folders of lmms-eval's; DIR?label=NAME&images=N says what they do not."),
    ],
    *,
    out: Annotated[Path, typer.Option(parser=folder_path, metavar="DIR", help="The run folder.")],
    data: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="A folder of benchmarks or 'hub', joined for the images. [default: none]"),
    ] = None,
) -> None:
    """Models that lmms-eval evaluated become a leaderboard's entries.

    It writes what is read here where it was given --log_samples.
    """
    from prism_eval.leaderboard.imports import Place, import_lmms_eval

    folder = import_lmms_eval([Place.parse(text) for text in places], out, data=data)
    typer.echo(f"Run folder: {folder.path}. Its leaderboard: prism-eval report {folder.path}")
