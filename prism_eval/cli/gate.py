"""``prism-eval gate``: a regression in captions stops here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prism_eval.cli.values import file_path
from prism_eval.cli.verbs import Verbs
from prism_eval.files.folders import user_path

if TYPE_CHECKING:
    from prism_eval.gate.output.told import Told

app = Verbs(
    help="Decide whether a candidate holds up: PASS, FAIL, INCONCLUSIVE.",
    invoke_without_command=True,
    epilog="""Examples:

  prism-eval gate --baseline runs/main --candidate runs/mine

  prism-eval gate --baseline runs/main --candidate runs/mine --policy gate.toml --event release

  prism-eval gate --replay runs/main

Exit codes: 0 PASS, 1 FAIL, 3 INCONCLUSIVE, 2 for a wrong command or runs that cannot be compared.
""",
)

At = Literal["pull_request", "release"]
EXITS = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3}

Run = Annotated[Path | None, typer.Option(parser=user_path, metavar="RUN", help="The run that is held up to it.")]
Known = Annotated[
    Path | None,
    typer.Option(parser=user_path, metavar="RUN", help="The run that is known to be good, or a file saved of it."),
]
Entry = Annotated[
    str | None,
    typer.Option(metavar="LABEL", help="The candidate's entry, of a run that has several. [default: the only one]"),
]
BaselineEntry = Annotated[
    str | None, typer.Option(metavar="LABEL", help="Likewise the baseline's. [default: that of the same label]")
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
Format = Annotated[
    Literal["auto", "terminal", "markdown", "json", "junit", "github"],
    typer.Option("--format", help="How it is said: auto is github in a GitHub action, else terminal."),
]
JUnit = Annotated[
    Path | None,
    typer.Option("--junit", parser=file_path, metavar="FILE", help="Write it as JUnit XML too, for lists of tests."),
]
Event = Annotated[
    At,
    typer.Option(help="What the gate stands before: the policy says what a cannot-tell counts as there."),
]


@app.callback(invoke_without_command=True)
def gate(
    context: typer.Context,
    *,
    baseline: Known = None,
    candidate: Run = None,
    entry: Entry = None,
    baseline_entry: BaselineEntry = None,
    policy: PolicyFile = None,
    event: Event = "pull_request",
    replay: Replayed = None,
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
        elif baseline is None or candidate is None:
            raise UsageError("a gate needs two runs: --baseline RUN --candidate RUN, or --replay RUN")
        else:
            told, code = _decide((baseline, baseline_entry), (candidate, entry), policy, event)
    tell(told, as_format, junit, place=str(policy or ""))
    raise typer.Exit(code)


def _replay(run: Path) -> tuple[Told, int]:
    from prism_eval.gate.output.replays import told
    from prism_eval.gate.replay import replay

    found = replay(run)
    return told(found, str(run)), EXITS["FAIL" if found.changed else "PASS"]


def _decide(
    baseline: tuple[Path, str | None], candidate: tuple[Path, str | None], policy: Path | None, event: At
) -> tuple[Told, int]:
    from prism_eval.gate import Policy, decide, read_policy, read_side
    from prism_eval.gate.decision import counted_as
    from prism_eval.gate.output.decisions import told

    rules = read_policy(policy) if policy else Policy()
    second = read_side(*candidate)
    decision = decide(read_side(*baseline, like=second.label), second, rules, where=str(policy or "the policy"))
    return told(decision, event), EXITS[counted_as(decision.outcome, rules, event)]
