"""``prism-eval questions``: questions for images of one's own."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from prism_eval.cli import options as o
from prism_eval.cli import question_flags as f
from prism_eval.cli.question_tables import show_answered, show_findings, show_rates, show_states
from prism_eval.cli.screen import echo
from prism_eval.cli.values import Display
from prism_eval.cli.verbs import Verbs, help_without_a_word

if TYPE_CHECKING:
    from prism_eval.questions.excluded import Excluded
    from prism_eval.questions.question_set import QuestionSet
    from prism_eval.questions.thresholds import Thresholds

_BUILD = """Example:

  prism-eval questions build photos --out mine -w 'openai:VLM?base_url=http://127.0.0.1:8000/v1'
"""
_FILTER = """Examples:

  prism-eval questions filter mine --vlm openai:VLM -r openai:READER -r openai:SECOND --rates

  prism-eval questions filter mine --vlm openai:VLM -r openai:READER -r openai:SECOND --not-in ~/benchmarks

  prism-eval questions filter caprl.parquet --out mine --vlm openai:VLM -r openai:READER
"""
_GROUP = """Examples:

  prism-eval questions build photos --out mine -w openai:VLM

  prism-eval questions lint mine

  prism-eval questions filter mine --vlm openai:VLM -r openai:READER -r openai:SECOND
"""

app = Verbs(
    help="Have questions written for images, filter and check them.",
    invoke_without_command=True,
    epilog=_GROUP,
)
app.callback()(help_without_a_word)


@app.command(epilog=_BUILD)
def build(
    images: f.Images,
    *,
    writer: f.Writer,
    out: f.Out,
    prompt: f.Prompt = None,
    name: f.Name = None,
    limit: f.Limit = None,
    not_in: f.NotIn = None,
    alike: f.Alike = False,
    seed: f.SeedOfDraws = 0,
    concurrency: o.Concurrency = None,
    patience: o.Patience = None,
    store: o.Store = None,
    progress: o.Progress = Display.AUTO,
    quiet: o.Quiet = False,
) -> int:
    """Have questions written for images.

    One call an image; what was written stands in the set, and so does each image or piece of a reply that gave no
    question, with the reason. The same command goes on where it was stopped. `questions filter` comes next.
    """
    from prism_eval.cli.running import carry_out, say_how_it_ended
    from prism_eval.questions.building import build as make
    from prism_eval.questions.building import plan_building
    from prism_eval.questions.question_set import QuestionSet
    from prism_eval.run.trust import check_trust

    building = plan_building(
        images,
        QuestionSet.create(out, name or ""),
        writer,
        prompt=prompt,
        excluded=_excluded(not_in, alike=alike),
        limit=limit or 0,
        seed=seed,
        **_calls(concurrency, patience),
    )
    check_trust(building.plan, typed=building.plan.captioners, stages=["caption"], trust=False, where="the command")
    made, result = make(building, partial(carry_out, store=store, progress=progress, quiet=quiet))
    code = say_how_it_ended(result, ["caption"]) if result else 0
    show_states(made, ("open", "failed"))
    echo(f"Questions: {building.questions.rows}")
    return code


@app.command("filter", epilog=_FILTER)
def filter_(
    questions: f.Questions,
    *,
    vlm: f.Vlm,
    reasoner: f.Reasoner,
    asks: f.Asks = 12,
    least: f.Least = None,
    most: f.Most = None,
    not_in: f.NotIn = None,
    alike: f.Alike = False,
    out: f.OutOfFile = None,
    rates: f.Rates = False,
    protocol: f.Protocol = "questions",
    seed: f.SeedOfOrders = 0,
    concurrency: o.Concurrency = None,
    patience: o.Patience = None,
    store: o.Store = None,
    progress: o.Progress = Display.AUTO,
    quiet: o.Quiet = False,
) -> int:
    """Keep the questions that need their image.

    Those are answered with it and not without it. First it prints how often its rule errs, and how many calls it makes.
    What it decides stands in the set, where the dropped ones stay; the answers are a run folder in it. The same command
    goes on where it was stopped.
    """
    from prism_eval.cli.running import carry_out, say_how_it_ended
    from prism_eval.questions.filtering import ask, decide, prepare
    from prism_eval.run.trust import check_trust

    rule = _rule(asks, least, most)
    opened = _set_of(questions, out)
    filtering = prepare(
        opened,
        seeing=vlm,
        readers=reasoner,
        thresholds=rule,
        excluded=_excluded(not_in, alike=alike),
        protocol=protocol,
        seed=seed,
        **_calls(concurrency, patience),
    )
    show_rates(filtering)
    if rates:
        return 0
    plan = filtering.plan
    check_trust(
        plan, typed=[*plan.captioners, *plan.reasoner], stages=["answer", "score"], trust=False, where="the command"
    )
    result = ask(filtering, partial(carry_out, store=store, progress=progress, quiet=quiet))
    decided = decide(filtering)
    code = say_how_it_ended(result, ["answer"]) if result else 0
    show_answered(decided)
    show_states(decided, ("kept", "dropped", "undecided", "failed"))
    echo(f"Questions: {filtering.questions.rows}")
    echo(f"Kept ones as CapRL-QA: {filtering.questions.kept}")
    echo(
        f"To ask them: prism-eval run --benchmark {filtering.questions.definition} --data {opened.folder} -c CAPTIONER"
    )
    return code


def _calls(concurrency: int | None, patience: float | None) -> dict[str, Any]:
    """How calls are made, as far as it was said."""
    said = {"concurrency": concurrency, "patience": patience}
    return {name: value for name, value in said.items() if value is not None}


def _excluded(folders: list[str] | None, *, alike: bool) -> Excluded | None:
    """The images of benchmarks that are left out."""
    from prism_eval.questions.excluded import images_of_benchmarks

    if alike and not folders:
        raise typer.BadParameter("--alike is about the images of benchmarks: name their folder with --not-in")
    return images_of_benchmarks(folders, alike=alike) if folders else None


def _set_of(questions: Path, out: Path | None) -> QuestionSet:
    """The set in a folder, or one made of a file in CapRL's layout."""
    from prism_eval.errors import UsageError
    from prism_eval.questions.caprl_reading import import_caprl
    from prism_eval.questions.question_set import QuestionSet

    if questions.suffix != ".parquet":
        if out is not None:
            raise UsageError("--out is the set that a Parquet file becomes: a folder of questions is filtered in place")
        return QuestionSet.open(questions)
    if out is None:
        raise UsageError(f"{questions} is a file: say with --out which folder shall hold the set")
    made = QuestionSet.create(out)
    import_caprl(questions, made)
    return made


def _rule(asks: int, least: int | None, most: int | None) -> Thresholds:
    from prism_eval.questions.thresholds import Thresholds

    # Three quarters, rounded up, and a third, rounded down: 9 and 4 of 12.
    return Thresholds(asks, -(-3 * asks // 4) if least is None else least, asks // 3 if most is None else most)


@app.command(
    "lint", epilog="Examples:\n\n  prism-eval questions lint mine\n\n  prism-eval questions lint mine --format json"
)
def lint(
    questions: f.Set,
    *,
    as_format: Annotated[Literal["terminal", "json"], typer.Option("--format", help="How it is said.")] = "terminal",
) -> int:
    """Look for what is wrong with questions, without a model.

    Options that cannot be asked, duplicates, answers told elsewhere, lengths and letters that pay, other languages.
    Exits with 1 where it finds something. What was dropped is not looked at.
    """
    from prism_eval.questions.lint import lint as look
    from prism_eval.questions.lint.languages import knows_languages
    from prism_eval.questions.question_set import QuestionSet

    rows = QuestionSet.open(questions).read()
    findings = look(rows)
    if as_format == "json":
        from dataclasses import asdict

        from prism_eval.cli.screen import hand_over
        from prism_eval.files.jsonable import as_json, jsonable

        hand_over(as_json({"findings": [jsonable(asdict(one)) for one in findings]}))
    else:
        show_findings(findings)
        if not knows_languages():
            echo("Languages of one script were not told apart: pip install 'prism-eval[language]'", err=True)
    return 1 if findings else 0
