"""What the verbs that run stages share: running with a display, and saying how it ended."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from prism_eval.cli.screen import echo
from prism_eval.cli.values import Display

if TYPE_CHECKING:
    from prism_eval.plan.plan import Plan, Stage
    from prism_eval.run.execute import Decides
    from prism_eval.run.result import RunResult, State
    from prism_eval.run.spending import Spent

# A dead server gives one reason a thousand times; of many different ones, the commonest say what to look at first.
_REASONS_SHOWN = 3


class _Stages(TypedDict, total=False):
    """What a verb that is not a whole run says besides, as `run_plan` takes it."""

    overwrite: bool
    decides: Decides
    stages: Sequence[Stage]
    live: frozenset[Stage]


def carry_out(
    plan: Plan, *, out: Path | None, store: Path | None, progress: Display, quiet: bool, **stages: Unpack[_Stages]
) -> RunResult:
    """Run a plan with a progress display.

    Raises:
        Interrupted: Ctrl-C or a termination signal; the message says how to go on.
    """
    from prism_eval.cli.arrow import slim_arrow
    from prism_eval.cli.progress import watch
    from prism_eval.run.execute import run_plan

    def started(state: State) -> AbstractContextManager[object]:
        say_unread(state.unread)
        return watch(state, Display.NONE if quiet else progress)

    slim_arrow()
    with going_on_again():
        return run_plan(plan, out=out, store=store, watch=started, **stages)


@contextmanager
def going_on_again() -> Iterator[None]:
    """Whoever stops what is done inside is told how it goes on.

    Raises:
        Interrupted: Ctrl-C or a scheduler's signal.
    """
    from prism_eval.errors import Interrupted

    hear_schedulers()
    try:
        yield
    except Interrupted as error:
        # Quoted as a shell wants it: specs hold `?` and `&`, and pasted bare they would start a job of half a spec.
        again = shlex.join(["prism-eval", *sys.argv[1:]])
        raise Interrupted(f"{error}. To go on where it stopped, give the same command again: {again}") from None


def say_unread(unread: Mapping[str, str]) -> None:
    """Print which benchmarks are left out, before anything is paid for the others."""
    for name, reason in unread.items():
        echo(f"prism-eval: {name} is left out: {reason}", err=True)


def show_leaderboard(run: RunResult) -> int:
    """Print the leaderboard and what was written; returns the exit code. A shard has none: it is a part of one."""
    if part := run.folder.read_plan().part:
        code = say_how_it_ended(run, tuple(run.tallies))
        echo(f"This is shard {part}. When all are done: prism-eval merge SHARD... --out DIR")
        return code
    from prism_eval.cli.screen import console
    from prism_eval.report.evaluate import published
    from prism_eval.report.terminal import LeaderboardView

    result = published(run)
    console().print(LeaderboardView(result.leaderboard))
    echo(f"Leaderboard: {result.html}")
    return say_how_it_ended(result, tuple(result.tallies))


def say_how_it_ended(result: RunResult, stages: Sequence[str]) -> int:
    """Print the calls that were made and the failures there were; returns the exit code."""
    from prism_eval.leaderboard.writing import counted

    for stage in stages:
        tally = result.tallies[stage]
        calls = f"{tally.made:,} made, {tally.hits:,} taken from the store, {tally.failed:,} failed"
        images = f" ({tally.image_tokens:,} of images)" if tally.image_tokens else ""
        tokens = f"; {tally.prompt_tokens:,} tokens in{images}, {tally.completion_tokens:,} out"
        echo(f"{stage.capitalize()}s: {calls}{tokens if tally.completion_tokens else ''}.")
    echo(_effort(result))
    if (taken := result.counts.spending.all).counted and any(tally.hits for tally in result.tallies.values()):
        echo(_taken(taken))
    for label, count in result.counts.empty_captions.items():
        if count:
            echo(f"{label}: {counted(count, 'caption')} said nothing.")
    for line in _origins(result):
        echo(line)
    echo(f"Run folder: {result.folder.path}")
    for name, met in result.counts.unusable.items():
        echo(met.unusable.sentence(name, met.items), err=True)
    failed = result.counts.failures.total()
    if not failed:
        return 1 if result.failed or result.unread else 0
    items = f"{counted(failed, 'item')} failed and {'is' if failed == 1 else 'are'} in no score."
    echo(f"{items} {_what_helps(result)}", err=True)
    for reason, count in result.counts.failures.most_common(_REASONS_SHOWN):
        # A plugin's fault has three lines; they stay together.
        first, *rest = reason.splitlines()
        for line in [f"  {count} x {first}", *(f"    {other}" for other in rest)]:
            echo(line, err=True)
    return 1


def _origins(result: RunResult) -> Iterator[str]:
    """What of the store was not called by this run's own models, as far as is known."""
    from prism_eval.leaderboard.writing import counted

    # Said, since the key of a call does not name its server: the same name there may be another model.
    for one in result.elsewhere:
        yield f"{counted(one.count, one.stage)} from the store: made by {one.made_by}, not by {one.asked_now}."
    for took in result.imported:
        yield f"{counted(took.count, took.stage)} from the store: imported from {took.folder}, not called here."


def _effort(result: RunResult) -> str:
    """What it all took: time, requests, what was spared, and money where prices are given."""
    from prism_eval.leaderboard.writing import counted, duration, three_digits

    tallies = result.tallies.values()
    requests, again = (sum(getattr(tally, name) for tally in tallies) for name in ("requests", "retries"))
    effort, spared = result.effort, result.counts.captions_spared
    words = [
        f"{duration(effort.seconds)}, {duration(effort.processor_seconds)} of processor time",
        counted(requests, "request") + (f" ({again:,} tried again)" if again else ""),
    ]
    if spared:
        words.append(f"{counted(spared, 'caption')} shared with an earlier question")
    cacheable, cached = (sum(getattr(tally, f"{name}_tokens") for tally in tallies) for name in ("cacheable", "cached"))
    if cacheable:
        words.append(f"{100 * cached / cacheable:.0f} % of the prompts' tokens from a prefix cache")
    if result.cost is not None:
        words.append(f"{three_digits(result.cost)} at the prices given")
    return f"Took {'; '.join(words)}."


def _taken(spent: Spent) -> str:
    """What captions and answers took when they were made, in this run or one before: the store remembers."""
    share = f"{100 * spent.cached_tokens / spent.cacheable_tokens:.0f}" if spent.cacheable_tokens else ""
    besides = [f"{share} % from a prefix cache"] if share else []
    besides += [f"{spent.image_tokens:,} of images"] if spent.image_tokens else []
    read = f"{spent.prompt_tokens:,} tokens in" + (f" ({', '.join(besides)})" if besides else "")
    return f"With what the store had, captions and answers took {read}, {spent.completion_tokens:,} out."


def _what_helps(result: RunResult) -> str:
    if any(tally.passing for tally in result.tallies.values()):
        return "Give the same command again to retry what a server let down."
    return "The same command would end the same: see the reasons."


def hear_schedulers() -> None:
    """Take the signal that a scheduler ends a job with for Ctrl-C: what is finished is kept, the rest tidied up."""
    signal.signal(signal.SIGTERM, _as_interrupt)


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt
