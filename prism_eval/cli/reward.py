"""``prism-eval reward``: the same reader as a training signal."""

from __future__ import annotations

from typing import Annotated

import typer

from prism_eval.cli import options as o
from prism_eval.cli import reward_replay, reward_serve
from prism_eval.cli.screen import hand_over
from prism_eval.cli.verbs import Verbs, help_without_a_word

app = Verbs(
    help="Train captioners against the reader that scores them.",
    invoke_without_command=True,
    epilog="""Examples:

  prism-eval reward init trl -o reward.py

  prism-eval reward replay rollouts.jsonl -r 'openai:NAME?base_url=http://127.0.0.1:8000/v1'

  prism-eval reward serve -r 'openai:NAME?base_url=http://127.0.0.1:8000/v1'
""",
)
app.callback()(help_without_a_word)
app.command(name="serve", epilog=reward_serve.EPILOG)(reward_serve.serve)
app.command(name="replay", epilog=reward_replay.EPILOG)(reward_replay.replay)

Trainer = Annotated[str, typer.Argument(metavar="TRAINER", help="trl, verl, swift, easyr1 or openrlhf.")]
Reader = Annotated[
    str | None,
    typer.Option("--reasoner", "-r", metavar="SPEC", help="The reader. [default: Qwen2.5-3B-Instruct, port 8000]"),
]


@app.command(epilog="Example:\n\n  prism-eval reward init trl -o reward.py")
def init(trainer: Trainer, *, reasoner: Reader = None, output: o.Output = None) -> None:
    """Write the file that a trainer is pointed at.

    Python, with a comment on every setting; its first lines say how the trainer is told of it.
    """
    from prism_eval.errors import UsageError
    from prism_eval.files.whole import write_whole
    from prism_eval.plugins import Spec
    from prism_eval.rewards.trainers.init import READER, trainer_file

    # A slip is told now, and not by a trainer that has loaded its model.
    Spec.parse(reasoner or READER)
    text = trainer_file(trainer, reasoner or READER)
    if output and output.exists():
        raise UsageError(f"{output} is there already: name another file, or move it away")
    if output:
        write_whole(output, text)
    else:
        hand_over(text)
