"""``prism-eval reward serve``: the reward behind an address."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prism_eval.cli.reward_flags import RewardFlags
from prism_eval.cli.taking import taking
from prism_eval.cli.values import new_file

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
EPILOG = """Examples:

  prism-eval reward serve -r 'openai:NAME?base_url=http://127.0.0.1:8000/v1'

  PRISM_EVAL_REWARD_TOKEN=... prism-eval reward serve -r 'openai:NAME?base_url=http://127.0.0.1:8000/v1' --host 0.0.0.0

POST /get_reward takes CapRL's body and OpenRLHF's, POST /score our own; GET /health, GET /metrics.
What PRISM_EVAL_REWARD_TOKEN holds is asked for as a bearer token.
"""

Host = Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen: others than this machine only if asked.")]
Port = Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Its port; 0 for any.")]
Queue = Annotated[int, typer.Option(min=1, metavar="N", help="Rollouts in work at once; beyond them 503, Retry-After.")]
Log = Annotated[
    Path | None,
    typer.Option(parser=new_file, metavar="FILE", help="Write captions that earn nothing, and the longest, here."),
]


@taking(RewardFlags)
def serve(
    flags: RewardFlags,
    *,
    host: Host = "127.0.0.1",
    port: Port = 18889,
    queue: Queue = 4096,
    log: Log = None,
) -> None:
    """Serve the reward to trainers that ask by HTTP.

    CapRL's and OpenRLHF's bodies on one route, our own beside them. What cannot be found out is null or a 503, never 0.
    """
    import asyncio
    import os

    from prism_eval.cli.screen import echo
    from prism_eval.rewards.serving.admission import Admission
    from prism_eval.rewards.serving.application import Service
    from prism_eval.rewards.serving.diary import Diary
    from prism_eval.rewards.serving.running import serve as served
    from prism_eval.rewards.serving.token import TOKEN

    reward = flags.reward()
    token = os.environ.get(TOKEN, "")
    if host not in _LOOPBACK and not token:
        echo(f"note: whoever reaches {host} can ask this reader: set {TOKEN} to ask for a token", err=True)
    service = Service(reward=reward, admission=Admission(queue), token=token, diary=Diary(log))

    def ready(url: str) -> None:
        echo(f"{url}/get_reward: captions read by {reward.reader}; Ctrl-C ends it", err=True)

    asyncio.run(served(service, host, port, ready=ready))
