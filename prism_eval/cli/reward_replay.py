"""``prism-eval reward replay``: a reward looked at before it is trained by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prism_eval.cli import options as o
from prism_eval.cli.reward_flags import RewardFlags
from prism_eval.cli.sheets import Format, say
from prism_eval.cli.taking import taking
from prism_eval.cli.values import new_file
from prism_eval.files.folders import user_path

if TYPE_CHECKING:
    from prism_eval.rewards import Reward

EPILOG = """Examples:

  prism-eval reward replay rollouts.jsonl -r 'openai:NAME?base_url=http://127.0.0.1:8000/v1'

  prism-eval reward replay rollouts.jsonl -r 'openai:NAME?base_url=http://127.0.0.1:8000/v1' --preset caprl
"""

Rollouts = Annotated[
    Path, typer.Argument(parser=user_path, metavar="FILE", help="JSON Lines: caption, questions, and image if known.")
]
Rows = Annotated[
    Path | None, typer.Option(parser=new_file, metavar="FILE", help="Write each rollout's reward here, a line each.")
]
Examples = Annotated[int, typer.Option(min=0, metavar="N", help="Captions of each kind that are shown.")]


@taking(RewardFlags)
def replay(
    flags: RewardFlags,
    *,
    file: Rollouts,
    rows: Rows = None,
    examples: Examples = 3,
    as_format: Format = "terminal",
    output: o.Output = None,
) -> int:
    """Say what saved rollouts would earn.

    Histograms of the reward and its parts, its correlation with length, and the captions that do more than describe:
    self-praise, answers, echoed questions. Exits with 1 where a rollout has no value.
    """
    from dataclasses import asdict

    from prism_eval.errors import UsageError
    from prism_eval.files.jsonable import jsonable
    from prism_eval.files.whole import write_whole
    from prism_eval.rewards.replay import looked_at
    from prism_eval.rewards.saved import read_rollouts
    from prism_eval.run.interruptible import run_in_thread, stoppable
    from prism_eval.sheets.rollouts import replayed

    if output and as_format == "terminal":
        raise UsageError("--output writes markdown or json: name one with --format")
    rollouts = read_rollouts(file)
    reward = flags.reward()

    async def scored() -> list[Reward]:
        try:
            return await reward.score_all(rollouts)
        finally:
            await reward.close()

    with stoppable():
        rewards = run_in_thread(scored)
    if rows:
        lines = ({"image": one.image, **given.told()} for one, given in zip(rollouts, rewards, strict=True))
        write_whole(rows, "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))
    found = looked_at(rollouts, rewards, reward.asking, examples=examples)
    document = {"reader": reward.reader, **{name: jsonable(value) for name, value in asdict(found).items()}}
    say(replayed(found, str(file), reward.reader), document, as_format, output)
    return int(found.unscored > 0)
