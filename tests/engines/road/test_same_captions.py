"""The same weights write the same greedy captions through every engine."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import io
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from prism_eval.captioners import CAPTIONER
from prism_eval.plan import load_protocol
from prism_eval.plugins import Spec, build
from prism_eval.schema import Image
from tests.engines.road.pictures import asked_about
from tests.engines.road.training import PROMPT
from tests.engines.transformers import tiny
from tests.engines.vllm.conftest import SPEC

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(1800),
    # What Ray and vLLM have to say of themselves.
    pytest.mark.filterwarnings("ignore"),
]
TOKENS = 24


@pytest.fixture(scope="module", params=["random", "trained"])
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's folder. Random weights babble: whatever is computed otherwise tips a token. Trained ones mean it."""
    pytest.importorskip("transformers", reason="the extra [transformers] is not installed: tox run -e engines")
    if request.param == "trained":
        folder: Path = request.getfixturevalue("captioners")["strong"]
        return folder
    return tiny.llava_model(tmp_path_factory.mktemp("random"))


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    """Pictures that nobody was trained on, of the size that needs no scaling: engines scale each in their own way."""
    rng, files = random.Random(1), [io.BytesIO() for _ in asked_about()]
    for scene, file in zip(asked_about(), files, strict=True):
        scene.drawn(rng).save(file, "PNG")
    return [Image(file.getvalue(), f"{number}.png") for number, file in enumerate(files)]


async def captions(spec: str, pictures: list[Image], *, together: bool = True) -> list[str]:
    """What a captioner says of pictures when it is asked as the protocol `standard` asks."""
    asked = {**load_protocol("standard").captioner_settings(0), "prompt": PROMPT}
    captioner = build(CAPTIONER, Spec.parse(f"{spec}&max_tokens={TOKENS}"), asked)
    try:
        calls = [captioner.caption([picture], sample=0) for picture in pictures]
        said = await asyncio.gather(*calls) if together else [await call for call in calls]
    finally:
        await captioner.close()
    # vLLM leaves out the part of a character that a text of random weights may end in.
    return [one.text.rstrip("\N{REPLACEMENT CHARACTER}") for one in said]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alone(weights: Path, pictures: list[Image]) -> list[str]:
    """What the model writes in this process, one caption after the other."""
    texts = await captions(f"transformers:{weights}?device=cpu", pictures, together=False)
    assert len(set(texts)) > len(texts) / 2, "a model that says one thing proves nothing"
    return texts


def needs(package: str, environment: str) -> None:
    """Skip where an engine is not installed."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed: tox run -e {environment}")


async def test_in_batches(weights: Path, pictures: list[Image], alone: list[str]) -> None:
    assert await captions(f"transformers:{weights}?device=cpu&batch_size=8", pictures) == alone


async def test_served_by_transformers(weights: Path, pictures: list[Image], alone: list[str]) -> None:
    needs("uvicorn", "engines")
    if importlib.util.find_spec("vllm"):
        pytest.skip("the torchvision beside vLLM decodes no images, which its server needs: tox run -e engines")
    with serving(weights) as address:
        # It takes no repetition_penalty, and has the one of the model's file unless it is told a frequency_penalty.
        own = 'extra_body={"frequency_penalty": 0.0}'
        assert await captions(f"openai:{weights}?base_url={address}&{own}", pictures) == alone


async def test_in_a_cluster_of_ray(weights: Path, pictures: list[Image], alone: list[str]) -> None:
    needs("ray", "engines")
    assert await captions(f"ray:transformers:{weights}?device=cpu&replicas=2", pictures) == alone


async def test_by_llama_cpp_with_a_projector(
    weights: Path, pictures: list[Image], alone: list[str], tmp_path: Path
) -> None:
    needs("xllamacpp", "engines")
    needs("gguf", "engines")
    if "picture" not in alone[0]:
        pytest.skip("llama.cpp rounds what it has read to half precision, which tips near ties of random weights")
    model, eye = tiny.gguf_llava(weights, tmp_path)
    texts = await captions(f"llamacpp:{model}?mmproj={eye}&threads=1&max_context=512", pictures)
    assert texts == alone


@pytest.mark.parametrize("serve", ["false", "true"])
async def test_by_vllm(serve: str, weights: Path, pictures: list[Image], alone: list[str], tmp_path: Path) -> None:
    needs("vllm", "engines-vllm")
    assert await captions(f"vllm:{weights}?serve={serve}&logs={tmp_path}&{SPEC}", pictures) == alone


@contextlib.contextmanager
def serving(weights: Path) -> Iterator[str]:
    """The address of `transformers serve` with a model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = shutil.which("transformers", path=str(Path(sys.executable).parent))
    assert command, "it is installed with transformers"
    how = ["--device", "cpu", "--dtype", "float32", "--host", "127.0.0.1", "--port", str(port)]
    usual = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen([command, "serve", str(weights), *how], env={**os.environ, **usual}) as server:
        try:
            until = time.monotonic() + 600
            while not _answers(f"http://127.0.0.1:{port}/health"):
                assert server.poll() is None, "it has ended before it was up"
                assert time.monotonic() < until, "it does not come up"
                time.sleep(0.5)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def _answers(address: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
        return True
    return False
