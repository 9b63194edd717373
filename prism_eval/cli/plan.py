"""``prism-eval plan``: what a run would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from prism_eval.cli import options as o
from prism_eval.cli.running import say_unread
from prism_eval.cli.screen import echo, hand_over
from prism_eval.cli.table import show_table
from prism_eval.cli.taking import taking

if TYPE_CHECKING:
    from prism_eval.run.forecast import Forecast
    from prism_eval.run.foresight import ModelForecast

EPILOG = """Examples:

  prism-eval plan -c ocr -b chartqa --data ~/benchmarks

  prism-eval plan --plan plan.toml --limit 100 --probe

  prism-eval plan --plan plan.toml --json
"""


# Neither the scoring edition nor what is done about failures changes how many calls there are.
@taking(o.PlanFlags, without=("edition", "patience", "allow_missing", "thumbnails"))
def plan(
    flags: o.PlanFlags,
    *,
    probe: Annotated[
        bool, typer.Option("--probe", help="Try the models, and time the captions and answers of one item.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON, for machines.")] = False,
    store: o.Store = None,
) -> int:
    """Say what a run would do, without calling any model.

    Items and images, the calls to make and those the store holds, estimates of tokens, time, GPU hours and money, what
    the models are, and what will not fit.
    """
    import asyncio

    from prism_eval.files.jsonable import as_json as text_of
    from prism_eval.plan import STAGES
    from prism_eval.run.forecast import document, forecast

    asked = flags.plan(STAGES if probe else ())
    result = asyncio.run(forecast(asked, store, probe=probe))
    say_unread(result.unread)
    if as_json:
        hand_over(text_of(document(result)))
    else:
        _show(result, until_decided=asked.until_decided)
    for line in result.unfit:
        echo(f"prism-eval: does not fit: {line}", err=True)
    return 1 if result.unfit else 0


def _show(result: Forecast, *, until_decided: bool) -> None:
    show_table(
        ("benchmark", "items", "images"),
        [(name, items, result.images[name]) for name, items in result.items.items()],
    )
    echo()
    show_table(
        ("captioner", "captions", "stored", "answers", "stored"),
        [(one.label, one.captions, one.captions_stored, one.answers, one.answers_stored) for one in result.entries],
    )
    echo()
    _show_models(result)
    if until_decided:
        echo("These are the most: the run ends at the first look that decides.")
    probes = (f"{source}: {probe}" for source, probe in result.probes)
    for line in (*probes, *(f"Note: {note}." for note in result.notes)):
        echo(line)


def _show_models(result: Forecast) -> None:
    from prism_eval.leaderboard.writing import counted, three_digits
    from prism_eval.run.forecast import total

    told = any(one.gpu_hours is not None for one in result.models)
    headings = ("asked", "for", "calls", "stored", "tokens in", "out", "time", "cost", *(["GPU h"] if told else []))
    show_table(headings, [(*_row(one), *([_hours(one)] if told else [])) for one in result.models])
    calls = sum(one.calls for one in result.models)
    bound = "At most " if any(one.at_most for one in result.models) else ""
    echo()
    echo(f"{bound}{counted(calls, 'call')} to make. Tokens are estimates: of replies as many as there may")
    echo("be, as reply_tokens says, or as those have that the store holds, whose time it")
    echo("is too (--probe asks).")
    if (cost := total(result.models, "cost")) is not None:
        echo(f"Cost, at the prices of the specs: {cost:.2f}.")
    if (hours := total(result.models, "gpu_hours")) is not None:
        unbounded = any(map(_is_bound, result.models))
        echo(f"GPU hours: {'at most ' if unbounded else ''}{three_digits(hours)}{_without(result.models)}.")


def _is_bound(one: ModelForecast) -> bool:
    """Whether its GPU hours are those of the longest replies that may be."""
    return bool(one.gpu_hours and one.most_out and one.tokens_out is None)


def _hours(one: ModelForecast) -> str:
    from prism_eval.leaderboard.writing import three_digits

    if one.gpu_hours is None:
        return "-"
    return f"{'≤ ' if _is_bound(one) else ''}{three_digits(one.gpu_hours)}"


def _without(models: Sequence[ModelForecast]) -> str:
    """Who is left out of the sum, since a sum over some of the models would pass for what the run takes."""
    unknown = dict.fromkeys(one.source for one in models if one.gpu_hours is None and one.calls and one.most_out)
    return f", without {', '.join(unknown)}" if unknown else ""


def _row(one: ModelForecast) -> tuple[str | int, ...]:
    most = f"≤ {one.most_out:,}" if one.most_out else "-"
    return (
        one.source,
        one.stage,
        one.calls,
        one.stored,
        one.tokens_in,
        most if one.tokens_out is None else one.tokens_out,
        "-" if one.seconds is None else _duration(one.seconds),
        "-" if one.cost is None else f"{one.cost:.2f}",
    )


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 1 else "< 1 s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"
