"""What every verb and every group of them does before its own work: it refuses what cannot have been meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from prism_eval.cli.options import HEADINGS

F = TypeVar("F", bound=Callable[..., Any])


class Verb(TyperCommand):
    """A command that refuses an option or a name given twice, and a value that is empty."""

    # Typer keeps the types of a context, of a parser and of what it parsed to itself.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Look at the words as they were given, before defaults hide which of them were."""
        _refuse_slips(self, ctx, args)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """List the options; those of a verb that makes a plan under headings, in one column all the same."""
        told = {option.name: record for option in self.get_params(ctx) if (record := option.get_help_record(ctx))}
        if "captioners" not in told:
            super().format_options(ctx, formatter)
            return
        width = max(len(flag) for flag, _ in told.values())
        for heading, names in [*HEADINGS.items(), ("Others", list(told))]:
            if placed := [told.pop(name) for name in names if name in told]:
                with formatter.section(heading):
                    formatter.write_dl([(flag.ljust(width), text) for flag, text in placed])


class Group(TyperGroup):
    """A command with commands of its own, that refuses what a `Verb` does."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Look at the words before the verb as they were given."""
        _refuse_slips(self, ctx, args)
        return super().parse_args(ctx, args)


class Verbs(typer.Typer):
    """A group of verbs, each of them a `Verb`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"cls": Group, **settings})

    def command(self, *names: str, **settings: Any) -> Callable[[F], F]:  # type: ignore[override]
        """Add a verb, as `typer.Typer.command` does."""
        return super().command(*names, **{"cls": Verb, **settings})


def given_to(context: typer.Context) -> set[str]:
    """The names of the options that were given, and not left to their defaults."""
    # By name: typer keeps the type to itself.
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


def help_without_a_word(context: typer.Context) -> None:
    """Print the help of a group that no verb was named to: nothing was asked, so nothing went wrong."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _refuse_slips(command: Any, ctx: Any, args: list[str]) -> None:
    """Refuse a single option or a name that is given twice, and a value that is empty."""
    values, _, order = command.make_parser(ctx).parse_args(args=list(args))
    for given in order:
        single = not getattr(given, "multiple", True) and not given.is_eager
        # The last one would win in silence: whoever edits a long command finds the first one changed for nothing.
        if single and order.count(given) > 1:
            ctx.fail(f"{_called(given)} is given twice.")
        value: Any = values.get(given.name)
        # What a shell makes of a variable that is not set.
        if any(isinstance(one, str) and not one.strip() for one in (value if _several(value) else [value])):
            ctx.fail(f"{_called(given)} is given nothing: its value is empty.")
        # Options that may be repeated are looked at with the plan they belong to.
        words = value if given.param_type_name == "argument" and _several(value) else []
        if repeated := next((word for word in words if words.count(word) > 1), None):
            ctx.fail(f"{_called(given).rstrip('.')} {repeated!r} is given twice.")


def _several(value: object) -> bool:
    return isinstance(value, list | tuple)


def _called(given: Any) -> str:
    # As the help calls it: an option by the longer of its names, an argument by the word in capitals.
    return str(max(given.opts, key=len) if given.param_type_name == "option" else given.metavar or given.name)
