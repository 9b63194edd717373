"""A test's server as a process of its own, which prints its port on the first line:

    python -m tests.server.alone fault --log calls.jsonl --fail 0.2 --latency 0.05 --seed 1
    python -m tests.server.alone paced --slots 64 --decode 0.004

Every field of its behaviour is an option; several values stand between commas.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from tests.server.fault_server import Behaviour, FaultServer, start
from tests.server.paced import Pace, PacedServer

KINDS: Mapping[str, tuple[type[Behaviour], type[FaultServer]]] = {
    "fault": (Behaviour, FaultServer),
    "paced": (Pace, PacedServer),
}


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for name, (behaviour, _) in KINDS.items():
        kind = kinds.add_parser(name)
        kind.add_argument("--port", type=int, default=0)
        kind.add_argument("--log", type=Path)
        for field, value in vars(behaviour()).items():
            if isinstance(value, tuple):
                kind.add_argument(f"--{field}", type=_several, default=value)
            elif isinstance(value, str | int | float):
                kind.add_argument(f"--{field}", type=_truth if isinstance(value, bool) else type(value), default=value)
    return parser.parse_args(argv)


def _several(words: str) -> tuple[str, ...]:
    return tuple(word for word in words.split(",") if word)


def _truth(word: str) -> bool:
    return {"True": True, "False": False}[word]


async def _serve(args: argparse.Namespace) -> None:
    kind, server = KINDS[args.kind]
    behaviour = kind(**{field.name: getattr(args, field.name) for field in fields(kind) if hasattr(args, field.name)})
    runner, _, port = await start(behaviour, port=args.port, server=server(behaviour, log=args.log))
    print(port, flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    try:
        asyncio.run(_serve(_arguments(sys.argv[1:])))
    except KeyboardInterrupt:
        sys.exit(0)
