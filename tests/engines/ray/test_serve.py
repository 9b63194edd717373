"""The recipe without the engine `ray`: Ray Serve is a server like any other."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys

import pytest

from prism_eval.engines.openai import OpenAIEngine
from prism_eval.engines.probe import trial_of
from prism_eval.errors import PermanentError, TransientError
from prism_eval.schema import Sampling
from tests.engines.ray.conftest import asked, ended, picture

pytest.importorskip("ray.serve", reason="the extra [ray] with Serve is not installed: tox run -e engines")


async def test_replicas_of_ray_serve_are_asked_as_a_server(mark: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    name, _, value = mark.partition("=")
    serving = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.engines.ray.serving", str(port)),
        env={**os.environ, name: value},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    engine = OpenAIEngine(model="served", base_url=f"http://127.0.0.1:{port}/v1")
    try:
        assert serving.stdout is not None
        line = await asyncio.wait_for(serving.stdout.readuntil(b"ready\n"), 180)
        assert line
        found = await engine.probe(trial_of(Sampling(), sees=True))
        assert (found.context, engine.root, found.images) == (4096, "weights", True)
        said = await asyncio.gather(*(engine.generate(asked(picture(number, 4000), "x")) for number in range(40)))
        assert len({one.text.split()[0] for one in said}) == 2, "both replicas write"
        assert len({one.text.split()[-1] for one in said}) == 40
        assert (said[0].prompt_tokens, said[0].completion_tokens) == (3, 5)
        with pytest.raises(PermanentError, match=r"HTTP 400: x+…"):
            await engine.generate(asked("permanent"))
        with pytest.raises(TransientError, match="HTTP 500"):
            await engine.generate(asked("value"))
    finally:
        await engine.close()
        serving.send_signal(signal.SIGTERM)
        await serving.wait()
    assert ended(mark, 20)
