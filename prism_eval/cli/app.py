"""The verbs, put together."""

from __future__ import annotations

from types import ModuleType
from typing import Annotated

import typer

from prism_eval._version import __version__
from prism_eval.cli import (
    answer,
    audit,
    baseline,
    benchmarks,
    caption,
    compare,
    doctor,
    gate,
    history,
    importing,
    merge,
    plan,
    plugins,
    questions,
    report,
    reward,
    run,
    score,
    store,
    verify,
)
from prism_eval.cli.verbs import Verbs, help_without_a_word

app = Verbs(
    name="prism-eval",
    help="Measure image captions by what a reader who never saw the image can answer from them.",
    epilog="Start with: prism-eval run -c ocr -c blind --data synthetic",
    invoke_without_command=True,
    add_completion=False,
    # Set in rich, `prism-eval --help` takes 0.17 s; plain, 0.08 s.
    rich_markup_mode=None,
    # An error nobody expected is to be reported: the plain traceback holds no values of variables, which may be keys.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"prism-eval {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    _wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    help_without_a_word(context)


def _add(module: ModuleType) -> None:
    """Add a verb: the function that is named as its file, or a group of verbs of their own."""
    name = getattr(module, "NAME", module.__name__.rpartition(".")[2])
    if hasattr(module, "app"):
        app.add_typer(module.app, name=name)
    else:
        app.command(name=name, epilog=module.EPILOG)(getattr(module, name))


# As --help lists them: what everybody starts with, its stages one by one, then what looks after things.
for verb in (
    run,
    caption,
    answer,
    score,
    merge,
    report,
    compare,
    gate,
    baseline,
    history,
    importing,
    verify,
    audit,
    reward,
    plan,
    benchmarks,
    questions,
    plugins,
    store,
    doctor,
):
    _add(verb)
