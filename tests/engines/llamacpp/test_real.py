"""Real models through llama.cpp: tiny ones of random weights, and the small language model that a package carries."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from prism_eval.engines.llamacpp.engine import LlamaCppEngine
from prism_eval.engines.transformers.engine import TransformersEngine
from prism_eval.errors import ContextExceeded, FatalError
from prism_eval.schema import FinishReason, Message, Request, Sampling
from tests.engines.llamacpp.conftest import needs_smollm2
from tests.engines.transformers.conftest import asked, models, several  # noqa: F401 - a fixture

pytest.importorskip("xllamacpp", reason="the extra [llamacpp] is not installed: tox run -e engines")
Make = Callable[..., LlamaCppEngine]


@pytest.fixture
def tiny(models: Callable[[str], Path]) -> str:  # noqa: F811
    pytest.importorskip("gguf", reason="the extra [transformers] is not installed: tox run -e engines")
    return str(models("gguf"))


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[LlamaCppEngine] = []

    def engine(model: str, **options: Any) -> LlamaCppEngine:
        made.append(LlamaCppEngine(model=model, **{"threads": 1, "max_context": 512} | options))
        return made[-1]

    yield engine
    for one in made:
        await one.close()


def plain(text: str) -> str:
    """A text less what the two spell differently: bytes that are no character, and blanks at the ends."""
    return re.sub("\N{REPLACEMENT CHARACTER}+", "\N{REPLACEMENT CHARACTER}", text).strip(" \N{REPLACEMENT CHARACTER}")


async def test_a_stored_prompt_and_a_reply_that_has_begun_are_gone_on_with(make: Make) -> None:
    needs_smollm2()
    engine, sampling = make("smollm2"), Sampling(max_tokens=8, temperature=0.0)
    begun = Message("assistant", ("The largest city of Germany is",))
    question = Message("user", ("What is the largest city of Germany?",))
    stored = await engine.generate(Request(messages=(), raw=begun.parts[0], sampling=sampling))
    said = await engine.generate(Request(messages=(question, begun), sampling=sampling))
    assert stored.text.startswith(" Berlin")
    assert said.text.startswith(" Berlin")


async def test_the_models_own_control_tokens_are_told_from_text(make: Make) -> None:
    needs_smollm2()
    found = await make("smollm2").control_tokens("A <repo_name> of <|im_end|>, [WORD], <nobody> and 3 < 4.")
    assert found == {"<repo_name>", "<|im_end|>"}


async def test_greedy_texts_are_those_of_transformers(tiny: str, make: Make) -> None:
    requests = several(8, eyes=False)
    reference = TransformersEngine(model=tiny, device="cpu", dtype="float32")
    texts = await asyncio.gather(*map(make(tiny).generate, requests))
    expected = await asyncio.gather(*map(reference.generate, requests))
    await reference.close()
    same = [plain(one.text) == plain(other.text) for one, other in zip(texts, expected, strict=True)]
    # Random weights have near ties, and other kernels round otherwise: one text of eight may tip in its middle.
    assert sum(same) >= len(same) - 1
    assert all(plain(one.text)[:6] == plain(other.text)[:6] for one, other in zip(texts, expected, strict=True))
    assert [one.prompt_tokens for one in texts] == [one.prompt_tokens for one in expected]
    assert len({one.text for one in texts}) > 4


async def test_options_rank_as_with_transformers(tiny: str, make: Make) -> None:
    prompt, options = (
        "The chart shows four bars; the tallest is",
        [" blue", " red and white", " 2021", "", " ünï 😀", " 中"],
    )
    other = TransformersEngine(model=tiny, device="cpu", dtype="float32")
    expected = await other.log_likelihood(prompt, options)
    await other.close()
    assert await make(tiny).log_likelihood(prompt, options) == pytest.approx(expected, abs=0.05)


async def test_seeds_and_only_seeds_decide_a_sampled_text(tiny: str, make: Make) -> None:
    engine = make(tiny)
    seeds = [1, 1, 2, 3]
    texts = [
        one.text
        for one in await asyncio.gather(*(engine.generate(asked("Hi", temperature=1.0, seed=s)) for s in seeds))
    ]
    assert texts[0] == texts[1]
    assert len(set(texts)) == 3


async def test_what_is_not_said_is_off(tiny: str, make: Make) -> None:
    engine = make(tiny)
    said = asked("Hi", temperature=1.0, top_p=1.0, seed=5)
    unsaid = asked("Hi", temperature=None, top_p=None, top_k=None, min_p=None, repetition_penalty=None, seed=5)
    assert (await engine.generate(said)).text == (await engine.generate(unsaid)).text
    narrow = asked("Hi", temperature=1.0, top_k=1, seed=5)
    assert (await engine.generate(narrow)).text == (await engine.generate(asked("Hi", temperature=0.0))).text


async def test_a_context_that_runs_out_is_truncated(tiny: str, make: Make) -> None:
    engine = make(tiny, max_context=256)
    with pytest.raises(ContextExceeded, match="the model's context of 256 tokens"):
        await engine.generate(asked("word " * 400))
    with pytest.raises(ContextExceeded):
        await engine.log_likelihood("word " * 400, [" a", " b"])
    short = await engine.generate(asked("x" * 180, max_tokens=200))
    assert short.finish_reason in (FinishReason.CONTEXT, FinishReason.STOP)
    with pytest.raises(FatalError, match="replies may have 256 tokens"):
        await engine.generate(asked("Hi", max_tokens=256))


@pytest.fixture
def cut(tiny: str, tmp_path: Path) -> str:
    """A file that lacks its end."""
    data = Path(tiny).read_bytes()
    (tmp_path / "cut.gguf").write_bytes(data[: len(data) - 4096])
    return str(tmp_path / "cut.gguf")


async def test_a_file_that_cannot_be_loaded_says_why(cut: str, make: Make) -> None:
    with pytest.raises(FatalError, match=r"llama\.cpp cannot load it: .*not within the file bounds") as caught:
        await make(cut).generate(asked("Hi"))
    assert "\n" not in str(caught.value)


async def test_engines_of_one_model_share_it_and_the_last_frees_it(tiny: str) -> None:
    first, second = (LlamaCppEngine(model=tiny, threads=1, max_context=256) for _ in range(2))
    await asyncio.gather(first.generate(asked("Hi")), second.generate(asked("You")))
    assert first._resident is second._resident
    loaded = await second._resident.ready()
    assert first.lane == second.lane
    await first.close()
    assert (await second.generate(asked("Hi"))).text
    await second.close()
    gc.collect()
    assert loaded.server is None


async def test_a_caption_is_read_once_for_all_its_questions(make: Make) -> None:
    needs_smollm2()
    engine = make("smollm2", max_context=1024)
    said: list[dict[str, Any]] = []
    post = engine._post

    async def kept(*words: Any) -> bytes:
        body = await post(*words)
        said.append(json.loads(body))
        return body

    engine._post = kept
    caption = "A bar chart of rainfall. Oslo 763 mm, Paris 637 mm, Cairo 18 mm. " * 6
    await asyncio.gather(*(engine.generate(asked(f"{caption}Question {n}?", max_tokens=4)) for n in range(4)))
    usage = [one["usage"] for one in said]
    read = sum(one["prompt_tokens"] for one in usage)
    cached = sum(one["prompt_tokens_details"]["cached_tokens"] for one in usage)
    # Three of four find all but the question read.
    assert cached > 0.6 * read


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "prism_eval", "run", *words]


def test_a_real_language_model_reads_captions(tmp_path: Path) -> None:
    needs_smollm2()
    out = tmp_path / "run"
    words = ["-c", "oracle", "-c", "blind", "-r", "llamacpp:smollm2?by=rank&max_tokens=256", "-b", "mmstar"]
    words += ["--data", "synthetic", "--limit", "12", "--out", str(out), "--store", str(tmp_path / "s")]
    done = subprocess.run(command(*words), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    rows = pq.read_table(out / "verdicts.parquet").to_pylist()
    right = {name: sum(row["score"] for row in rows if row["captioner"] == name) for name in ("oracle", "blind")}
    assert right["oracle"] >= 8
    assert right["blind"] <= 6


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_in_the_middle_of_a_text_ends_at_once(tmp_path: Path) -> None:
    needs_smollm2()
    words = ["-c", "oracle", "-r", "llamacpp:smollm2?max_tokens=2000", "-b", "chartqa,infovqa,mmstar"]
    words += ["--data", "synthetic", "--out", str(tmp_path / "run"), "--store", str(tmp_path / "s")]
    with subprocess.Popen(command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        time.sleep(12)
        assert running.poll() is None, "there is more to do than that"
        begun = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert time.monotonic() - begun < 10
    assert running.returncode == 130, said
    assert "Traceback" not in said
