"""A server of our own as a child: begun, waited for, asked, ended. Here it pretends; `test_faults` has the real one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import pytest

from prism_eval.engines.vllm.host import Host
from prism_eval.errors import FatalError
from tests.engines.transformers.conftest import asked
from tests.engines.vllm.pretended import Pretending
from tests.engines.vllm.processes import alive, descendants, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes as Linux has them")


async def test_it_is_started_with_what_the_spec_asks_for_and_asked_by_the_openai_engines_code(
    pretending: Pretending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "the-users-own")
    engine = pretending.engine(
        max_model_len=512,
        tensor_parallel_size=2,
        enable_prefix_caching=False,
        chat_template_kwargs={"enable_thinking": False},
        engine_args={"quantization": "fp8", "limit-mm-per-prompt": {"image": 1}},
    )
    said = json.loads((await engine.generate(asked("Say yes.", seed=3))).text)
    await engine.close()
    assert said["key"] is None, "the user's key is not for it"
    assert said["asked"]["chat_template_kwargs"] == {"enable_thinking": False}
    assert (said["asked"]["seed"], said["asked"]["top_k"], said["asked"]["repetition_penalty"]) == (3, -1, 1.0)
    words = pretending.log
    for flags in (
        f"--model {pretending.folder / 'tiny'}",
        "--dtype auto",
        "--max-model-len 512",
        "--tensor-parallel-size 2",
        "--no-enable-prefix-caching",
        "--quantization fp8",
        '--limit-mm-per-prompt {"image": 1}',
        "--host 127.0.0.1",
        "--enable-prompt-tokens-details",
    ):
        assert flags in words
    assert "--revision" not in words


async def test_nothing_is_left_when_it_is_closed(pretending: Pretending) -> None:
    before = descendants(os.getpid())
    engine = pretending.engine()
    assert "served by vLLM at http://127.0.0.1:" in await engine._there().ready()
    begun = descendants(os.getpid()) - before
    assert len(begun) == 3, "the leash, the server and its engine core"
    assert all(os.getsid(pid) != os.getsid(0) for pid in begun), "Ctrl-C in the terminal is not for them"
    await engine.close()
    assert not any(map(alive, begun))


async def test_engines_that_name_the_same_model_share_one_server(pretending: Pretending) -> None:
    before = descendants(os.getpid())
    one, other = pretending.engine(), pretending.engine()
    await asyncio.gather(one.generate(asked("a")), other.generate(asked("b")))
    assert len(descendants(os.getpid()) - before) == 3
    assert one.lane == other.lane
    await one.close()
    assert json.loads((await other.generate(asked("c"))).text)["asked"]
    await other.close()
    assert descendants(os.getpid()) == before
    assert not Host._all


async def test_one_that_dies_while_it_loads_shows_what_it_said(pretending: Pretending) -> None:
    engine = pretending.engine("dies")
    with pytest.raises(FatalError) as caught:
        await engine.generate(asked("a"))
    await engine.close()
    said = str(caught.value)
    assert "tiny: vLLM's server could not serve it (exit code 1): ValueError: the weights are of another" in said
    assert str(pretending.folder / "vllm-tiny.log") in said
    assert "\n" not in said


async def test_one_that_dies_later_is_fatal_and_takes_its_engine_core_along(pretending: Pretending) -> None:
    before = descendants(os.getpid())
    engine = pretending.engine("falls")
    await engine._there().ready()
    begun = descendants(os.getpid()) - before
    for _ in range(2):
        with pytest.raises(FatalError, match=r"vLLM's server died \(exit code 1\): torch.OutOfMemoryError: CUDA out"):
            await engine.generate(asked("a"))
    assert not any(map(alive, begun))
    await engine.close()


async def test_one_that_is_killed_alone_is_fatal_and_takes_its_engine_core_along(pretending: Pretending) -> None:
    before = descendants(os.getpid())
    engine = pretending.engine()
    await engine._there().ready()
    begun = descendants(os.getpid()) - before
    (keeper,) = (pid for pid in begun if begun - {pid} == descendants(pid))
    (server,) = (pid for pid in begun - {keeper} if descendants(pid))
    os.kill(server, signal.SIGKILL)
    with pytest.raises(FatalError, match=r"vLLM's server died \(exit code 137\)"):
        await engine.generate(asked("a"))
    assert wait_until(lambda: not any(map(alive, begun)), 10)
    await engine.close()


async def test_somebody_elses_server_on_the_port_is_not_taken_for_it(pretending: Pretending) -> None:
    engine = pretending.engine("another")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(engine._there().ready(), 2)
    await engine.close()


async def test_without_a_run_its_log_lies_in_a_temporary_folder_that_goes_with_it(
    pretending: Pretending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(pretending.folder))
    engine = pretending.engine(logs=None)
    await engine._there().ready()
    assert list(pretending.folder.glob("prism-eval-*/vllm-tiny.log"))
    await engine.close()
    assert not list(pretending.folder.glob("prism-eval-*"))
    engine = pretending.engine("dies", logs=None)
    with pytest.raises(FatalError) as caught:
        await engine._there().ready()
    await engine.close()
    (log,) = pretending.folder.glob("prism-eval-*/vllm-tiny.log")
    assert str(log) in str(caught.value), "it is named, and there to be read"
