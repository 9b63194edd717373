"""``prism-eval gate``: a regression in captions stops here."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prism_eval.cli import gate_init
from prism_eval.cli import options as o
from prism_eval.cli.values import Display, file_path, new_file
from prism_eval.cli.verbs import Verbs, given_to
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
app.command(name="init", epilog=gate_init.EPILOG)(gate_init.init)

_OF_A_REPLAY = frozenset({"replay", "event", "as_format", "junit"})
"""The options that say something to a replay."""
_OF_A_LOOK = frozenset({"until_decided", "store", "trust"})
"""The options that say something to a run that ends when it is decided."""
EXITS = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3}

Run = Annotated[Path | None, typer.Option(parser=user_path, metavar="RUN", help="The run that is held up to it.")]
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
Format = Annotated[
    Literal["auto", "terminal", "markdown", "json", "junit", "github"],
    typer.Option("--format", help="How it is said: auto is github in a GitHub action, else terminal."),
]
JUnit = Annotated[
    Path | None,
    typer.Option("--junit", parser=new_file, metavar="FILE", help="Write it as JUnit XML too, for lists of tests."),
]
Site = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Where the candidate's report --bundle is published: a step's summary links to it and shows its pictures.",
        show_default=False,
    ),
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
    baseline: o.Known = None,
    candidate: Run = None,
    entry: o.Entry = None,
    baseline_entry: o.BaselineEntry = None,
    policy: PolicyFile = None,
    event: Before = "pull_request",
    until_decided: Looked = None,
    store: o.Store = None,
    trust: o.Trust = False,
    replay: Replayed = None,
    plan: Planned = False,
    as_format: Format = "auto",
    junit: JUnit = None,
    site: Site = "",
) -> None:
    """Decide whether a candidate holds up: PASS, FAIL, INCONCLUSIVE."""
    from prism_eval.cli.ci import deciding, tell

    given = given_to(context)
    if context.invoked_subcommand is not None:
        _refuse(given, f"says nothing to what comes behind it: gate {context.invoked_subcommand} has its own words")
        return
    first, second = (baseline, baseline_entry), (candidate, entry)
    if plan:
        # A list of tests without a test is taken for one that passed: not even what is wrong is told in one.
        _refuse({"format"} if as_format == "junit" else (), "junit is left out where --plan decides nothing")
        _refuse(given & (_OF_A_LOOK | {"junit", "site"}), "is left out where --plan decides nothing")
    with deciding(as_format, junit):
        if replay is not None:
            _refuse(given - _OF_A_REPLAY, "is left out where --replay holds a run to itself")
            told, code = _replay(replay)
        elif plan:
            if candidate is None:
                _refuse(given & {"entry"}, "is an entry of --candidate: name that too")
            told, code = _plan(first, second, policy), 0
        else:
            if until_decided is not None:
                _look(first, candidate, policy, until_decided, store, trust=trust)
            else:
                _refuse(
                    given & (_OF_A_LOOK - {"until_decided"}), "is for the calls of --until-decided: name its plan too"
                )
            told, code = _decide(first, second, policy, event, site)
        # Who closes a pipe early, as `head` does, has seen enough: the decision stands.
        with suppress(BrokenPipeError):
            tell(told, as_format, junit, place=str(policy or ""))
    raise typer.Exit(code)


def _refuse(given: Collection[str], why: str) -> None:
    """Make sure that no word was given in vain: its author would think that it counts."""
    from prism_eval.errors import UsageError

    if given:
        raise UsageError(f"--{min(given).replace('_', '-')} {why}")


def _plan(
    baseline: tuple[Path | None, str | None], candidate: tuple[Path | None, str | None], policy: Path | None
) -> Told:
    from prism_eval.cli.arrow import slim_arrow
    from prism_eval.errors import UsageError
    from prism_eval.gate import read_policy, read_side
    from prism_eval.gate.output.plans import told
    from prism_eval.gate.planning import outlook

    (path, entry), (earlier, its_entry) = baseline, candidate
    if path is None:
        raise UsageError("--plan says what can be decided on a baseline's data: name it with --baseline")
    rules = read_policy(policy)
    slim_arrow()
    like = read_side(earlier, its_entry) if earlier else None
    known = read_side(path, entry, like=like.label if like else None)
    return told(outlook(known, rules, like=like), measured=like is not None)


def _look(
    baseline: tuple[Path | None, str | None],
    out: Path | None,
    policy: Path | None,
    plan: Path,
    store: Path | None,
    *,
    trust: bool,
) -> None:
    """Run the candidate until the gate is decided."""
    from prism_eval.errors import UsageError

    (path, entry) = baseline
    if path is None or out is None:
        raise UsageError(
            "--until-decided runs a plan into --candidate RUN and holds it up to --baseline RUN: name both"
        )
    from prism_eval.cli.running import carry_out
    from prism_eval.gate import read_policy, read_side
    from prism_eval.gate.looking import decided_by, plan_of_candidate
    from prism_eval.plan import STAGES
    from prism_eval.run.trust import check_trust

    decides = decided_by(read_side(path, entry), read_policy(policy), where=str(policy or "the policy"))
    asked = plan_of_candidate(plan)
    check_trust(asked, typed=(), stages=STAGES, trust=trust, where=str(plan))
    carry_out(asked, out=out, store=store, progress=Display.AUTO, quiet=False, decides=decides)


def _replay(run: Path) -> tuple[Told, int]:
    from prism_eval.gate.output.replays import told
    from prism_eval.run.rescoring import rescore

    found = rescore(run)
    return told(found, str(run)), EXITS["FAIL" if found.changed else "PASS"]


def _decide(
    baseline: tuple[Path | None, str | None],
    candidate: tuple[Path | None, str | None],
    policy: Path | None,
    event: Event,
    site: str,
) -> tuple[Told, int]:
    from prism_eval.cli.arrow import slim_arrow
    from prism_eval.errors import UsageError
    from prism_eval.gate import decide, read_policy, read_sides
    from prism_eval.gate.decision import counted_as
    from prism_eval.gate.output.decisions import told

    (known, its_entry), (path, entry) = baseline, candidate
    if known is None or path is None:
        raise UsageError("a gate needs two runs: --baseline RUN --candidate RUN, or --replay RUN")
    rules = read_policy(policy)
    slim_arrow()
    decision = decide(*read_sides((known, its_entry), (path, entry)), rules, where=str(policy or "the policy"))
    return told(decision, event, site=site), EXITS[counted_as(decision.outcome, rules, event)]
