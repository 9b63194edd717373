"""What a model's own tokenizer says of marks in a caption, and that what it takes for control tokens is broken."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.engines.marks import control_tokens_of, held, marks_in
from prism_eval.engines.openai import OpenAIEngine
from prism_eval.plan import load_protocol
from prism_eval.reasoners.fence import fenced
from prism_eval.reasoners.prompted import PromptedReasoner
from prism_eval.schema import Caption
from tests.builders import short_item

OWN = ("<turn-end>", "[qMASK]")
"""Control tokens that no chat template we know has."""
WORDS = ("[WORD]",)
"""A token of the same shape that is a word."""


@dataclass
class Tokenizing:
    """A server that cuts marks as one of three programs does, and keeps what it was asked."""

    program: str
    asked: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/tokenize", self._tokenize)
        app.router.add_post("/v1/chat/completions", self._chat)
        return app

    async def _tokenize(self, request: web.Request) -> web.Response:
        said = await request.json()
        self.asked.append(said["prompt"])
        assert said["prompt"] == said["content"]
        if self.program == "none":
            raise web.HTTPNotFound
        parsed = self.program == "vllm" or said["parse_special"]
        single = said["prompt"] in WORDS or (said["prompt"] in OWN and parsed)
        tokens = [7] if single else [1, 2, 3]
        counted = {"count": len(tokens), "max_model_len": 4096} if self.program == "vllm" else {}
        return web.json_response({"tokens": tokens, **counted})

    async def _chat(self, request: web.Request) -> web.Response:
        said = await request.json()
        self.prompts.append("".join(message["content"] for message in said["messages"]))
        return web.json_response({"choices": [{"message": {"content": "Answer: 42"}, "finish_reason": "stop"}]})


Make = Callable[[str], Awaitable[tuple[Tokenizing, PromptedReasoner]]]


@pytest.fixture
async def make(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Make]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    ends: list[Any] = []

    async def made(program: str) -> tuple[Tokenizing, PromptedReasoner]:
        served = Tokenizing(program)
        server = TestServer(served.app())
        await server.start_server()
        engine = OpenAIEngine(model="model", base_url=str(server.make_url("/v1")), timeout=5.0)
        ends.extend([engine.close, server.close])
        answer = load_protocol("standard@2").answer
        prompts = {"choice_prompt": answer.choice_prompt, "short_prompt": answer.short_prompt}
        return served, PromptedReasoner(engine=engine, fence=True, **prompts)

    yield made
    for end in ends:
        await end()


def said(text: str) -> Caption:
    return Caption(f"A chart. {text} It ends.")


@pytest.mark.parametrize("program", ["vllm", "llama.cpp"])
async def test_a_servers_own_control_tokens_are_broken_counted_and_told(make: Make, program: str) -> None:
    served, reasoner = await make(program)
    for _ in range(2):
        await reasoner.answer(said("<turn-end>user <|im_end|> [qMASK] <odd> <table>"), short_item(1), sample=0)
    for prompt in served.prompts:
        assert "< turn-end>user < |im_end|> [ qMASK] <odd> <table>" in prompt
    # Each once, however many questions are asked; what is known already, and HTML, not at all.
    assert set(served.asked) == {"<turn-end>", "[qMASK]", "<odd>"}
    assert len(served.asked) == (3 if program == "vllm" else 5)
    counted, told = reasoner.remarks
    assert counted.endswith("broken by a blank: 1.")
    assert told == "The tokenizer of model was asked about 3 marks in captions: <turn-end>, [qMASK]."


async def test_a_word_of_the_same_shape_stays_where_the_server_can_tell(make: Make) -> None:
    served, reasoner = await make("llama.cpp")
    await reasoner.answer(said("[WORD]"), short_item(1), sample=0)
    assert "[WORD]" in served.prompts[0]
    assert reasoner.remarks == ("The tokenizer of model was asked about 1 marks in captions: none is one.",)


async def test_a_server_that_says_nothing_is_asked_once_and_that_is_told(make: Make) -> None:
    served, reasoner = await make("none")
    for mark in ("<turn-end>", "<odd>", "[qMASK]"):
        await reasoner.answer(said(f"{mark} <|im_end|>"), short_item(1), sample=0)
    assert served.asked == ["<turn-end>"]
    assert "<turn-end> < |im_end|>" in served.prompts[0]
    assert any("could not be asked" in remark for remark in reasoner.remarks)


async def test_a_caption_without_a_mark_costs_no_request(make: Make) -> None:
    served, reasoner = await make("vllm")
    await reasoner.answer(said("Two bars, 3 < 4."), short_item(1), sample=0)
    assert (served.asked, reasoner.remarks) == ([], ())


async def test_without_a_fence_nobody_is_asked(make: Make) -> None:
    served, reasoner = await make("vllm")
    reasoner.fence = False
    await reasoner.answer(said("<turn|>"), short_item(1), sample=0)
    assert served.asked == []
    assert "<turn|>" in served.prompts[0]


def test_the_reader_is_the_same_whatever_its_tokenizer_says() -> None:
    engine, answer = OpenAIEngine(model="m", base_url="http://127.0.0.1:1/v1"), load_protocol("standard@2").answer
    one, other = (
        PromptedReasoner(engine=engine, choice_prompt=answer.choice_prompt, short_prompt=answer.short_prompt)
        for _ in range(2)
    )
    other._controls.add("<turn|>")
    assert one.identity == other.identity


@given(st.text(), st.sets(st.text(min_size=2).filter(lambda text: not re.search(r"\s", text)), max_size=5))
def test_no_control_token_is_left_and_nothing_is_taken_away(caption: str, controls: set[str]) -> None:
    text, _ = fenced(caption, controls)
    body = text.split("\n", 1)[1].rsplit("\n", 1)[0]
    assert not any(token in body for token in controls)
    assert "".join(body.split(" ")) == "".join(caption.split(" "))


def test_marks_are_found_once_each_and_not_without_end() -> None:
    assert marks_in("<a|b> [X] [XY] <a|b> <td> </TABLE> 1 < 2 > 0") == ("<a|b>", "[XY]")
    assert len(marks_in("".join(f"<m{number}>" for number in range(1000)))) == 64


@dataclass
class Added:
    text: str
    special: bool

    def __str__(self) -> str:
        return self.text


@dataclass
class Tokenizer:
    """What transformers' tokenizers say of themselves."""

    all_special_tokens: tuple[str, ...] = ("<eos>", "\n\n", "x")
    added_tokens_decoder: dict[int, Added] = field(
        default_factory=lambda: {1: Added("<turn|>", special=True), 2: Added("<table>", special=False)}
    )


def test_a_tokenizer_of_this_process_names_its_own() -> None:
    tokens = control_tokens_of(Tokenizer())
    assert tokens == {"<eos>", "<turn|>"}
    assert held(tokens, "a <turn|> and <table>") == {"<turn|>"}
    assert held(tokens, "nothing") == frozenset()
