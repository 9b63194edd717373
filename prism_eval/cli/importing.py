"""``prism-eval import``: results of other evaluators as run folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli.screen import echo
from prism_eval.cli.values import folder_path
from prism_eval.cli.verbs import Verbs, help_without_a_word

NAME = "import"
"""What the verb is called: a word that Python keeps for itself, so that the file cannot be."""

app = Verbs(
    help="Make a run folder of another evaluator's results.",
    invoke_without_command=True,
    epilog="""Examples:

  prism-eval import lmms-eval logs/caprl logs/densefusion --out runs/pretraining

  prism-eval import caprl details_chartqa.json details_mmmu.json --model CapRL-3B --out runs/caprl
""",
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
    echo(f"Run folder: {folder.path}. Its leaderboard: prism-eval report {folder.path}")


@app.command(
    name="caprl",
    epilog="""Examples:

  prism-eval import caprl details_chartqa.json details_mmmu.json --model CapRL-3B --out runs/caprl

  prism-eval import caprl 'Prism_Seed2K_step_details_400_final.json?benchmark=seedbench2plus' --model CapRL-3B \
    --step 400 --out runs/caprl-400
""",
)
def caprl(
    details: Annotated[
        list[str],
        typer.Argument(
            metavar="DETAILS...",
            help="Details files, one a benchmark; FILE?benchmark=NAME where the file's name does not say which.",
        ),
    ],
    *,
    model: Annotated[str, typer.Option(metavar="NAME", help="Who wrote the captions.")],
    out: Annotated[Path, typer.Option(parser=folder_path, metavar="DIR", help="The run folder.")],
    reader: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who answered from them. [default: CapRL-Eval-3B]")
    ] = None,
    step: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="The step of its training. [default: none]")
    ] = None,
    samples: Annotated[int | None, typer.Option(min=1, metavar="N", help="Captions a question. [default: 4]")] = None,
) -> None:
    """What CapRL's evaluation wrote becomes a run, scored again.

    As its program scores; every stored score that is not ours is listed. The JSON Lines that it keeps between its
    stages hold captions alone: nothing is scored, and the run's captions.parquet can be read with -c file:.
    """
    from prism_eval.leaderboard.imports import import_caprl
    from prism_eval.leaderboard.imports.caprl import READER, SAMPLES

    made = import_caprl(details, out, model=model, reader=reader or READER, step=step, samples=samples or SAMPLES)
    path = made.folder.path
    if not made.scored:
        echo(f"Run folder: {path}. Captions alone; have them read with -c 'file:{path / 'captions.parquet'}'")
        return
    for line in made.differences:
        echo(line)
    same = made.answers - len(made.differences)
    echo(f"{same:,} of {made.answers:,} stored scores are ours.")
    echo(f"Run folder: {path}. Its leaderboard: prism-eval report {path}")
