"""``prism-eval benchmarks``: what can be asked, and whether the data for it is sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from prism_eval.cli import options as o
from prism_eval.cli.screen import echo, hand_over
from prism_eval.cli.table import show_table
from prism_eval.cli.verbs import Verbs
from prism_eval.files.folders import user_path

if TYPE_CHECKING:
    from prism_eval.benchmarks import Description, VerifyReport

_EPILOG = """Examples:

  prism-eval benchmarks

  prism-eval benchmarks chartqa --data ~/benchmarks

  prism-eval benchmarks verify --data ~/benchmarks

  prism-eval benchmarks download chartqa mmmu ~/benchmarks

  prism-eval benchmarks new receipts > receipts.toml
"""


class _NameIsShown(TyperGroup):
    """A first word that is no verb is a benchmark to show."""

    # Typer keeps the types of a context and of a command to itself.
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-") and not self._misspelt(args[0]):
            args = ["show", *args]
        return super().resolve_command(ctx, args)

    def _misspelt(self, word: str) -> bool:
        """Whether a verb was meant: the list of benchmarks would be no answer to ``verfy``."""
        import difflib

        from prism_eval.benchmarks import definition_names

        return bool(difflib.get_close_matches(word, self.commands, cutoff=0.7)) and word not in definition_names()


app = Verbs(
    cls=_NameIsShown,
    help="List benchmarks, show one, fetch its data, check it.",
    invoke_without_command=True,
    epilog=_EPILOG,
)


@app.callback()
def _list(context: typer.Context) -> None:
    if context.invoked_subcommand is not None:
        return
    from prism_eval.benchmarks import definition_names, load_definition

    # The shipped ones, whose data need not be here: what is at hand is what `verify` says.
    definitions = {name: load_definition(name) for name in definition_names()}
    show_table(
        ("name", "title", "rows", "licence", "official scorer"),
        [
            (name, found.title, found.source.rows or "", found.licence, found.scoring.get("official", ""))
            for name, found in definitions.items()
        ],
    )


@app.command(epilog="Example:\n\n  prism-eval benchmarks mmmu_pro:vision --data hub")
def show(name: Annotated[str, typer.Argument(metavar="NAME", help="A benchmark.")], data: o.Data = None) -> None:
    """Show a benchmark and three of its items.

    Its source, licence, citation and size, and the scorer of each edition.
    """
    from prism_eval.benchmarks import describe, open_benchmark

    for line in _describe(describe(open_benchmark(name, data or "synthetic"))):
        echo(line)


@app.command(epilog="Example:\n\n  prism-eval benchmarks verify chartqa mmmu --data ~/benchmarks")
def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="[default: all there are]")] = None,
    data: o.Data = None,
) -> int:
    """Check every row on disk, as a run does before its first call.

    Images open, options hold the gold, every edition's scorer can score it, ids are unique.
    """
    from prism_eval.benchmarks import available, open_benchmark
    from prism_eval.benchmarks import verify as check
    from prism_eval.errors import PrismError, UnknownName

    bad = misnamed = 0
    # One benchmark whose files are missing must not hide what is wrong with the others.
    for name in names or available(data or "synthetic"):
        try:
            report = check(open_benchmark(name, data or "synthetic"))
        except PrismError as error:
            echo(f"{name}: {error}")
            bad += 1
            misnamed += isinstance(error, UnknownName)
            continue
        bad += not report.ok
        for line in _report(report):
            echo(line)
    return UnknownName.exit_code if misnamed else int(bool(bad))


@app.command(epilog="Example:\n\n  prism-eval benchmarks download chartqa mmmu_pro:vision ~/benchmarks")
def download(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Benchmarks.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", parser=user_path, help="What --data is to be given.")],
) -> int:
    """Fetch benchmarks from the Hugging Face hub, once.

    Only the files that are read; each benchmark has its own folder in DIR. Needs prism-eval[hub].
    """
    from prism_eval.benchmarks import download as fetch
    from prism_eval.benchmarks import load_definition
    from prism_eval.errors import DataError
    from prism_eval.leaderboard.writing import counted

    # A name that is misspelt is told before an hour of the others.
    for name in names:
        load_definition(name)
    bad = 0
    for name in names:
        try:
            done = fetch(name, folder, say=lambda line: echo(line, err=True))
        # What is wrong with one data set must not keep the others away.
        except DataError as error:
            echo(f"prism-eval: error: {name}: {error}", err=True)
            bad += 1
            continue
        source = f"{done.definition.source.dataset} at {done.revision[:12]}"
        line = f"{name}: {counted(done.files, 'file')}, {done.size / 1e6:,.1f} MB, in {done.folder}; {source}"
        echo(f"{line}; licence: {done.definition.licence}")
    return 1 if bad else 0


@app.command(epilog="Example:\n\n  prism-eval benchmarks new receipts --out receipts.toml")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    out: Annotated[
        Path | None, typer.Option(parser=user_path, metavar="FILE", help="Where to write. [default: the screen]")
    ] = None,
) -> None:
    """Write the skeleton of a new benchmark's definition."""
    from prism_eval.benchmarks import skeleton
    from prism_eval.errors import UsageError

    text = skeleton(name)
    if out is None:
        hand_over(text)
        return
    try:
        # "x" refuses a file that exists: it may be somebody's finished definition.
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {out}: {error.strerror}") from error
    echo(f"Written: {out}. Fill it in, then: prism-eval benchmarks verify {out} --data DIR")


def _describe(found: Description) -> list[str]:
    definition = found.definition
    source = definition.source
    place = ", ".join(filter(None, (source.dataset, source.config, source.split, found.revision or source.revision)))
    lines = [
        f"{found.name}: {definition.title}",
        definition.summary,
        "",
        f"source      {place}",
        f"read from   {found.origin}",
        f"licence     {definition.licence}",
        f"homepage    {definition.homepage}",
        f"items       {found.items:,} ({', '.join(f'{count:,} {kind}' for kind, count in found.kinds.items())})",
        f"images      {found.images:,}; {found.questions_per_image:.1f} questions each, {found.most_questions} at most",
        f"scorers     {', '.join(f'{edition}: {scorer}' for edition, scorer in definition.scoring.items())}",
        "",
    ]
    if found.unusable:
        lines[-1:] = [f"unusable    {found.unusable:,} rows: `prism-eval benchmarks verify` says why", ""]
    # The gold beside the question: whether a reading is right is seen at once.
    for item in found.samples:
        lines += [f"[{item.id}] {item.question.strip()}"]
        lines += [f"    {letter}. {option}" for letter, option in item.lettered]
        lines += [f"    gold: {' | '.join(item.golds)}"]
    return [*lines, "", *definition.citation.strip().splitlines()]


def _report(report: VerifyReport) -> list[str]:
    from prism_eval.leaderboard.writing import counted

    state = "sound" if report.ok else counted(report.failed, "problem")
    items, images = counted(report.items, "item"), counted(report.images, "image")
    lines = [f"{report.name}: {state}; {items}, {images} in {report.origin}"]
    lines += [f"  {missing}" for missing in report.missing]
    lines += [f"  not checked by scorer {name!r}: {reason}" for name, reason in report.unchecked.items()]
    for reason, problem in report.problems.items():
        lines.append(f"  {reason}: {problem.count}")
        lines += [f"    {example}" for example in problem.examples]
    return lines
