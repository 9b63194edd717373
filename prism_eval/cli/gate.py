"""``prism-eval gate``: a regression in captions stops here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prism_eval.cli.sheets import Format, say
from prism_eval.cli.values import file_path
from prism_eval.cli.verbs import Verbs
from prism_eval.files.folders import user_path

if TYPE_CHECKING:
    from prism_eval.gate import Decision

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
    as_format: Format = "terminal",
) -> None:
    """Decide whether a candidate holds up: PASS, FAIL, INCONCLUSIVE."""
    if context.invoked_subcommand is not None:
        return
    from prism_eval.errors import UsageError

    if replay is not None:
        if baseline or candidate or policy:
            raise UsageError("--replay holds a run to itself: leave --baseline, --candidate and --policy out")
        raise typer.Exit(_replay(replay, as_format))
    if baseline is None or candidate is None:
        raise UsageError("a gate needs two runs: --baseline RUN --candidate RUN, or --replay RUN")
    raise typer.Exit(_decide(baseline, candidate, (baseline_entry, entry), policy, event, as_format))


def _replay(run: Path, as_format: str) -> int:
    from prism_eval.gate.output.replays import replay_document, replayed
    from prism_eval.gate.replay import replay

    found = replay(run)
    say(replayed(found, str(run)), replay_document(found), as_format)
    return EXITS["FAIL" if found.changed else "PASS"]


def _decide(
    baseline: Path,
    candidate: Path,
    entries: tuple[str | None, str | None],
    policy: Path | None,
    event: At,
    as_format: str,
) -> int:
    from prism_eval.gate import Policy, decide, read_policy, read_side
    from prism_eval.gate.output.document import decision_document
    from prism_eval.gate.output.sheet import decided

    rules = read_policy(policy) if policy else Policy()
    second = read_side(candidate, entries[1])
    first = read_side(baseline, entries[0], like=second.label)
    decision = decide(first, second, rules, where=str(policy or "the policy"))
    say(decided(decision), decision_document(decision), as_format)
    return exit_code(decision, event)


def exit_code(decision: Decision, event: At) -> int:
    """What the shell is told: a cannot-tell is what the policy says it counts as there."""
    counts = getattr(decision.policy.inconclusive, event)
    if decision.outcome == "INCONCLUSIVE" and counts != "inconclusive":
        return EXITS["PASS" if counts == "pass" else "FAIL"]
    return EXITS[decision.outcome]
