"""``prism-eval gate``: a regression in captions stops here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prism_eval.cli import options as o
from prism_eval.cli.values import Display, file_path
from prism_eval.cli.verbs import Verbs
from prism_eval.files.folders import user_path
from prism_eval.gate.words import Event

if TYPE_CHECKING:
    from prism_eval.gate.output.told import Told

app = Verbs(
    help="Decide whether a candidate holds up: PASS, FAIL, INCONCLUSIVE.",
    invoke_without_command=True,
    epilog="""Examples:

  prism-eval gate --baseline runs/main --candidate runs/mine

  prism-eval gate --baseline runs/main --candidate runs/mine --policy gate.toml --event release

  prism-eval gate --plan --baseline runs/main

  prism-eval gate --baseline baseline.parquet --candidate runs/mine --until-decided mine.toml

  prism-eval gate --replay runs/main

Exit codes: 0 PASS, 1 FAIL, 3 INCONCLUSIVE, 2 for a wrong command or runs that cannot be compared.
""",
)

EXITS = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3}

Run = Annotated[Path | None, typer.Option(parser=user_path, metavar="RUN", help="The run that is held up to it.")]
Known = Annotated[
    Path | None,
    typer.Option(parser=user_path, metavar="RUN", help="The run that is known to be good, or a file saved of it."),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option(
        parser=file_path, metavar="FILE", help="The rules, as gate init writes them. [default: 1 point of the suite]"
    ),
]
Replayed = Annotated[
    Path | None,
    typer.Option(
        parser=user_path,
        metavar="RUN",
        help="Score the answers of a run again, without a model: every verdict must be as it was.",
    ),
]
Planned = Annotated[
    bool,
    typer.Option("--plan", help="Say what --baseline's data can decide, before any call; --candidate measures it."),
]
Earlier = Annotated[
    Path | None, typer.Option(parser=user_path, metavar="RUN", help="An earlier candidate, to measure by.")
]
Format = Annotated[
    Literal["auto", "terminal", "markdown", "json", "junit", "github"],
    typer.Option("--format", help="How it is said: auto is github in a GitHub action, else terminal."),
]
JUnit = Annotated[
    Path | None,
    typer.Option("--junit", parser=file_path, metavar="FILE", help="Write it as JUnit XML too, for lists of tests."),
]
Looked = Annotated[
    Path | None,
    typer.Option(
        "--until-decided",
        parser=file_path,
        metavar="PLAN",
        help="Run the candidate of this plan into --candidate, in five looks, and end when it is decided.",
    ),
]
Before = Annotated[
    Event,
    typer.Option(help="What the gate stands before: the policy says what a cannot-tell counts as there."),
]


@app.callback(invoke_without_command=True)
def gate(
    context: typer.Context,
    *,
    baseline: Known = None,
    candidate: Run = None,
    entry: o.Entry = None,
    baseline_entry: o.BaselineEntry = None,
    policy: PolicyFile = None,
    event: Before = "pull_request",
    until_decided: Looked = None,
    store: o.Store = None,
    replay: Replayed = None,
    plan: Planned = False,
    as_format: Format = "auto",
    junit: JUnit = None,
) -> None:
    """Decide whether a candidate holds up: PASS, FAIL, INCONCLUSIVE."""
    if context.invoked_subcommand is not None:
        return
    from prism_eval.cli.ci import tell, told_in_junit
    from prism_eval.errors import UsageError

    with told_in_junit(junit):
        if replay is not None:
            if baseline or candidate or policy:
                raise UsageError("--replay holds a run to itself: leave --baseline, --candidate and --policy out")
            told, code = _replay(replay)
        elif plan:
            if baseline is None:
                raise UsageError("--plan says what can be decided on a baseline's data: name it with --baseline")
            told, code = _plan((baseline, baseline_entry), (candidate, entry), policy), 0
        elif baseline is None or candidate is None:
            raise UsageError("a gate needs two runs: --baseline RUN --candidate RUN, or --replay RUN")
        else:
            if until_decided is not None:
                _look((baseline, baseline_entry), candidate, policy, until_decided, store)
            told, code = _decide((baseline, baseline_entry), (candidate, entry), policy, event)
    tell(told, as_format, junit, place=str(policy or ""))
    raise typer.Exit(code)


@app.command(
    epilog="""Examples:

  prism-eval gate init

  prism-eval gate init --baseline runs/main -o gate.toml
"""
)
def init(
    *,
    baseline: Known = None,
    candidate: Earlier = None,
    output: o.Output = None,
) -> None:
    """Write a policy to begin with.

    Every key with what it means, and the smallest loss that the data at hand would show.
    """
    from prism_eval.errors import UsageError
    from prism_eval.files.whole import write_whole
    from prism_eval.gate import Policy, read_side
    from prism_eval.gate.output.plans import policy_file
    from prism_eval.gate.planning import outlook

    if baseline is None and candidate is not None:
        raise UsageError("--candidate is an earlier one to go by: name the --baseline too")
    if output and output.exists():
        raise UsageError(f"{output} is there already: name another file, or move it away")
    like = read_side(candidate) if candidate else None
    first = read_side(baseline, like=like.label if like else None) if baseline else None
    text = policy_file(Policy(), outlook(first, Policy(), like=like) if first else ())
    if output:
        write_whole(output, text)
    else:
        typer.echo(text.encode("utf-8", "replace"), nl=False)


def _plan(baseline: tuple[Path, str | None], candidate: tuple[Path | None, str | None], policy: Path | None) -> Told:
    from prism_eval.gate import read_policy, read_side
    from prism_eval.gate.output.plans import told
    from prism_eval.gate.planning import outlook

    rules = read_policy(policy)
    path, entry = candidate
    like = read_side(path, entry) if path else None
    first = read_side(*baseline, like=like.label if like else entry)
    return told(outlook(first, rules, like=like), measured=like is not None)


def _look(baseline: tuple[Path, str | None], out: Path, policy: Path | None, plan: Path, store: Path | None) -> None:
    """Run the candidate until the gate is decided."""
    from prism_eval.cli.running import carry_out
    from prism_eval.gate import read_policy, read_side
    from prism_eval.gate.looking import decided_by, plan_of_candidate

    decides = decided_by(read_side(*baseline), read_policy(policy), where=str(policy or "the policy"))
    asked = plan_of_candidate(plan)
    carry_out(asked, out=out, store=store, progress=Display.AUTO, quiet=False, decides=decides)


def _replay(run: Path) -> tuple[Told, int]:
    from prism_eval.gate.output.replays import told
    from prism_eval.gate.replay import replay

    found = replay(run)
    return told(found, str(run)), EXITS["FAIL" if found.changed else "PASS"]


def _decide(
    baseline: tuple[Path, str | None], candidate: tuple[Path, str | None], policy: Path | None, event: Event
) -> tuple[Told, int]:
    from prism_eval.gate import decide, read_policy, read_sides
    from prism_eval.gate.decision import counted_as
    from prism_eval.gate.output.decisions import told

    rules = read_policy(policy)
    decision = decide(*read_sides(baseline, candidate), rules, where=str(policy or "the policy"))
    return told(decision, event), EXITS[counted_as(decision.outcome, rules, event)]
