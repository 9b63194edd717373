"""What an engine finds out about itself, by a server's own words and by a few short requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from prism_eval.engines import Engine, Probe
from prism_eval.engines.openai import OpenAIEngine
from prism_eval.engines.probe import trial_of
from prism_eval.errors import CallError, FatalError, PermanentError, TransientError
from prism_eval.schema import NEUTRAL, Completion, Request, Sampling

SAMPLING = Sampling(seed=1, repetition_penalty=1.0, top_k=-1, min_p=0.0)
SHOWN, TOLD = trial_of(SAMPLING, sees=True), trial_of(SAMPLING, sees=False)


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., OpenAIEngine]]:
    made = []

    def engine(server: Any, **options: Any) -> OpenAIEngine:
        made.append(OpenAIEngine(**{"model": "model", "base_url": server.url, "timeout": 5.0, **options}))
        return made[-1]

    yield engine
    for one in made:
        await one.close()


async def test_a_server_says_most_of_it_and_two_short_requests_the_rest(serve, make) -> None:
    server = serve(root="/data/qwen", context=4096, version="0.32.0")
    probe = await make(server).probe(SHOWN)
    assert (probe.root, probe.context, probe.version) == ("/data/qwen", 4096, "0.32.0")
    assert (probe.images, probe.log_probabilities, probe.several) == (True, True, True)
    assert (set(probe.takes) >= set(NEUTRAL), probe.refuses) == (True, ())
    assert (len(server.server.probes), server.server.bodies) == (2, [])
    assert all(words in str(probe) for words in ("/data/qwen", "0.32.0", "4096", "takes images", "log-probabilities"))
    assert {"note", "refuses", "why_no_images"}.isdisjoint(probe.facts()), (
        "what is not known, or was only in the way, is no fact"
    )


async def test_without_a_trial_no_model_is_asked(serve, make) -> None:
    server = serve(context=4096)
    probe = await make(server).probe()
    assert (probe.context, probe.images, probe.several) == (4096, None, None)
    assert server.server.probes == []
    assert (await make(server, limit_name=None).probe()).context is None, "a reply without a bound takes what is left"


@pytest.mark.parametrize(
    ("behaviour", "trial", "found"),
    [
        ({"blind": True}, SHOWN, {"images": False, "several": True}),
        ({"blind": True, "several": False}, SHOWN, {"images": False, "several": False}),
        ({"several": False}, TOLD, {"images": None, "several": False}),
        ({"echo": "none"}, TOLD, {"log_probabilities": False}),
        ({"fields": ("temperature", "top_p", "max_tokens", "seed", "n")}, TOLD, {"refuses": tuple(NEUTRAL)}),
        ({"fields": ("temperature", "top_p", "max_tokens", "seed", "n")}, SHOWN, {"images": True, "several": True}),
        (
            {"fields": ("temperature", "top_p", "max_tokens", "seed", *NEUTRAL)},
            SHOWN,
            {"several": False, "refuses": ()},
        ),
        ({"models": ()}, SHOWN, {"images": True}),
    ],
)
async def test_what_it_does_not_take_is_found_out(behaviour, trial, found, serve, make) -> None:
    server = serve(**behaviour)
    probe = await make(server).probe(trial)
    assert {name: getattr(probe, name) for name in found} == found
    assert len(server.server.probes) <= (7 if "fields" in behaviour else 4)


@pytest.mark.parametrize("mode", ["429", "500", "503", "reset", "cut", "malformed", "html", "hang"])
async def test_a_server_that_is_slow_busy_or_broken_is_not_judged(mode: str, serve, make) -> None:
    server = serve(fail=1.0, modes=(mode,))
    with pytest.raises(CallError) as caught:
        await make(server, timeout=0.3).probe(SHOWN)
    assert not isinstance(caught.value, FatalError | PermanentError)


async def test_an_image_that_is_refused_without_a_reason_proves_nothing(serve, make) -> None:
    server = serve(fail=1.0, modes=("400",))
    with pytest.raises(PermanentError):
        await make(server).probe(TOLD)
    server.behaviour.refuses, server.behaviour.fail = "image_url", 0.0
    assert (await make(server).probe(SHOWN)).images is not False


async def test_an_echo_that_stumbles_says_nothing_of_log_probabilities() -> None:
    class Ranks(Stranger):
        async def log_likelihood(self, prompt: str, continuations: Any) -> list[float]:
            raise TransientError("later")

    assert (await Ranks().probe(TOLD)).log_probabilities is None


async def test_the_trials_image_is_sent_as_the_others_are(serve, make) -> None:
    server = serve()
    await make(server, image_format="jpeg").probe(SHOWN)
    assert "data:image/jpeg" in str(server.server.probes[0])


async def test_a_model_that_is_not_there_is_fatal(serve, make) -> None:
    with pytest.raises(FatalError, match="does not list"):
        await make(serve(models=("other",))).probe(SHOWN)


@dataclass(kw_only=True)
class Stranger(Engine):
    """Takes no images, and says so in its own words."""

    model: str = "m"
    asked: list[Request] = field(default_factory=list, compare=False)

    async def generate(self, request: Request) -> Completion:
        self.asked.append(request)
        if request.images:
            raise PermanentError("text, please")
        return Completion("yes")


async def test_a_strangers_engine_inherits_one() -> None:
    engine = Stranger()
    assert await engine.probe() == Probe(model="m", log_probabilities=False)
    assert engine.asked == []
    probe = await engine.probe(SHOWN)
    assert (probe.images, probe.why_no_images, probe.log_probabilities) == (False, "text, please", False)
    assert len(engine.asked) == 2


async def test_and_is_not_judged_while_it_is_busy() -> None:
    class Busy(Stranger):
        async def generate(self, request: Request) -> Completion:
            raise TransientError("later")

    with pytest.raises(TransientError):
        await Busy().probe(SHOWN)
