"""What a request holds, and what the engine does where a server takes less than that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from prism_eval.captioners import CAPTIONER
from prism_eval.engines.advice import option_against, takes_no_images
from prism_eval.engines.openai import OpenAIEngine
from prism_eval.errors import FatalError, PermanentError, RateLimited, UsageError
from prism_eval.plan import load_protocol
from prism_eval.plugins import Spec, build
from prism_eval.reasoners import REASONER
from prism_eval.schema import NEUTRAL, Image, Message, Request, Sampling
from tests.server.threaded import ThreadedServer

Serve = Callable[..., ThreadedServer]
ASK = Request(messages=(Message("user", ("How many bars?",)),), sampling=Sampling(max_tokens=99, **NEUTRAL))
SHOW = Request(messages=(Message("user", (Image(b"\x89PNG x"), "Describe.")),), sampling=ASK.sampling)
STANDARD = load_protocol("standard")


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., OpenAIEngine]]:
    made: list[OpenAIEngine] = []

    def engine(server: ThreadedServer, **options: Any) -> OpenAIEngine:
        made.append(OpenAIEngine(model="model", base_url=server.url, **options))
        return made[-1]

    yield engine
    for one in made:
        await one.close()


def spec_of(server: ThreadedServer, options: str) -> str:
    return f"openai:model?base_url={server.url}&{options}"


@pytest.mark.parametrize(
    ("options", "lacking"),
    [
        ("temperature=none", {"temperature"}),
        ("temperature=None&top_p=none&seed=none", {"temperature", "top_p", "seed"}),
        ("repetition_penalty=none&top_k=none&min_p=none", set(NEUTRAL)),
        ("limit_name=none", {"max_tokens"}),
        ("", set()),
    ],
)
async def test_none_leaves_out_what_the_protocol_says(options: str, lacking: set[str], serve: Serve) -> None:
    server = serve()
    captioner = build(CAPTIONER, Spec.parse(spec_of(server, options)), STANDARD.captioner_settings(7))
    await captioner.caption([Image(b"\x89PNG x")], sample=0)
    await captioner.close()
    (body,) = server.server.bodies
    every = {"temperature": 0, "top_p": 1, "seed": 7, "max_tokens": 2048, **NEUTRAL}
    sent = {key: body[key] for key in body.keys() - {"model", "messages"}}
    assert sent == {key: value for key, value in every.items() if key not in lacking}
    plain = build(CAPTIONER, Spec.parse(spec_of(server, "")), STANDARD.captioner_settings(7))
    assert (captioner.identity == plain.identity) == (not lacking)


async def test_what_is_added_is_sent_and_changes_the_identity(serve: Serve) -> None:
    server = serve()
    text = (
        '{"top_k": 20, "chat_template_kwargs": {"enable_thinking": false, "a": null}, "x": {"url": null}, "y": [1.5]}'
    )
    settings = STANDARD.captioner_settings(7)
    captioner = build(CAPTIONER, Spec.parse(spec_of(server, f"extra_body={text}")), settings)
    await captioner.caption([Image(b"\x89PNG x")], sample=0)
    await captioner.close()
    (body,) = server.server.bodies
    assert {key: body[key] for key in json.loads(text)} == json.loads(text)
    turned = json.dumps(dict(reversed(json.loads(text).items())))
    others = [build(CAPTIONER, Spec.parse(spec_of(server, f"extra_body={one}")), settings) for one in (turned, "{}")]
    assert [one.identity_digest == captioner.identity_digest for one in others] == [True, False]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('{"model": "x"}', "may not hold 'model'"),
        ('{"messages": []}', "may not hold 'messages'"),
        ('{"stream": true}', "may not hold 'stream'"),
        ('{"n": 2}', "may not hold 'n'"),
        ('{"temperature": 1}', "write temperature=... in its place"),
        ('{"max_completion_tokens": 1}', "write limit_name=... and max_tokens=..."),
        ("{'a': False}", "is not JSON"),
        ('{"a": tru}', "is not JSON"),
        ('{"a": NaN}', "NaN is no JSON"),
        ("[1]", "valid dictionary|valid mapping"),
        ("7", "valid dictionary|valid mapping"),
        ("thinking", "is not JSON"),
        ('{"a":' * 5000, "is not JSON"),
    ],
)
def test_what_cannot_be_added_is_said_in_one_line(value: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        build(CAPTIONER, Spec.parse(f"openai:m?base_url=http://a/v1&extra_body={value}"), {"prompt": "p"})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [7, {"a": float("nan")}, {"a": object()}, {"stream": True}])
def test_nor_in_python(value: Any) -> None:
    with pytest.raises(UsageError, match="extra_body"):
        OpenAIEngine(model="m", extra_body=value)


@pytest.mark.parametrize("known", [(), ("top_k",), ("repetition_penalty", "min_p")])
@pytest.mark.parametrize("names_it", [True, False])
async def test_a_server_that_takes_fewer_fields_is_found_out_once(
    known: tuple[str, ...], names_it: bool, serve: Serve, make
) -> None:
    server = serve(fields=("temperature", "top_p", "seed", "max_tokens", *known), names_fields=names_it)
    asking = make(server)
    said = await asyncio.gather(*(asking.generate(ASK) for _ in range(5)))
    assert all(one.text.startswith("Answer: ") for one in said)
    left = [name for name in NEUTRAL if name in known] if names_it else []
    assert [name for name in NEUTRAL if name in server.server.bodies[-1]] == left
    (remark,) = asking.remarks
    assert remark.startswith(f"{server.url} does not take ")
    assert all((name in remark) != (name in left) for name in NEUTRAL)
    before = len(server.server.bodies)
    assert 0 < len(server.server.probes) <= 1 + len(NEUTRAL)
    server.behaviour.refuses = "bars"
    with pytest.raises(PermanentError):
        await asking.generate(ASK)
    await asking.generate(SHOW)
    assert len(server.server.bodies) == before + 2, "what is known is not asked again"


@pytest.mark.parametrize("status", [422, 500, 501])
async def test_with_whatever_status_it_says_so(status: int, serve: Serve, make) -> None:
    server = serve(fields=("temperature", "top_p", "max_tokens"), field_status=status)
    asking = make(server)
    await asking.generate(ASK)
    assert all(name in asking.remarks[0] for name in NEUTRAL)


async def test_what_is_refused_besides_such_fields_is_what_the_message_names(serve: Serve, make) -> None:
    server = serve(fields=("temperature", "top_p"))
    with pytest.raises(FatalError, match="unknown field: max_tokens; add limit_name=max_completion_tokens to the spec"):
        await make(server).generate(ASK)


async def test_a_server_that_takes_everything_is_asked_nothing_more(serve: Serve, make) -> None:
    server = serve()
    asking = make(server)
    await asking.generate(ASK)
    assert len(server.server.bodies) == 1
    assert asking.remarks == ()


async def test_a_refusal_of_one_request_costs_one_probe_and_no_field(serve: Serve, make) -> None:
    server = serve(refuses="bars")
    asking = make(server)
    for _ in range(3):
        with pytest.raises(PermanentError, match="this request is not valid"):
            await asking.generate(ASK)
    assert (len(server.server.probes), len(server.server.bodies)) == (1, 3)
    await asking.generate(SHOW)
    assert {name: server.server.bodies[-1][name] for name in NEUTRAL} == NEUTRAL
    assert asking.remarks == ()


@pytest.mark.parametrize(
    ("message", "option"),
    [
        ("Unsupported parameter: 'temperature' is not supported with this model.", "temperature=none"),
        ("'temperature' does not support 0 with this model. Only the default (1) is supported.", "temperature=none"),
        ("invalid temperature: only 1 is allowed for this model", "temperature=none"),
        ("`temperature` may only be set to 1 when thinking is enabled.", "temperature=none"),
        ("`temperature` and `top_p` cannot both be specified for this model.", "top_p=none"),
        ("Unrecognized request argument supplied: seed", "seed=none"),
        ("Input validation error: `temperature` must be strictly positive", "temperature=none"),
        ("`temperature` has to be a strictly positive float, but is 0", "temperature=none"),
        ("Input validation error: `top_p` must be > 0.0 and < 1.0", "top_p=none"),
        ("Range of top_p should be (0.0, 1.0)", "top_p=none"),
        ("Invalid value for 'seed': it is out of range", "seed=none"),
        (
            '[{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]',
            "seed=none",
        ),
        ('Invalid JSON payload received. Unknown name "seed": Cannot find field.', "seed=none"),
        (
            "Unsupported parameter: 'max_tokens' is not supported here. Use 'max_completion_tokens' instead.",
            "limit_name=max_completion_tokens",
        ),
    ],
)
async def test_a_parameter_that_is_refused_names_the_option_that_mends_it(
    message: str, option: str, serve: Serve, make
) -> None:
    server = serve(fail=1.0, modes=("400",), refusal=message)
    asking = make(server)
    with pytest.raises(FatalError) as caught:
        await asking.generate(ASK)
    assert str(caught.value).endswith(f"; add {option} to the spec")
    server.behaviour.fail = 0.0
    await asking.generate(ASK)
    server.behaviour.fail = 1.0
    with pytest.raises(PermanentError):  # what passed before is no fault of the options
        await asking.generate(ASK)


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens=9000 cannot be greater than max_model_len=4096.",
        "This model's maximum context length is 4096 tokens.",
        "Unsupported image format: image/webp",
        "max_tokens must be less than or equal to 8192, the maximum value for max_tokens",
        "Your max_completion_tokens is not supported",
    ],
)
def test_other_refusals_are_not_the_options_fault(message: str) -> None:
    assert option_against(message, limit_name="max_tokens") == ""


TEXT_MODELS = [
    "/models/qwen is not a multimodal model",
    "At most 0 image(s) may be provided in one prompt.",
    "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
    "Invalid content type. image_url is only supported by certain models.",
    "No endpoints found that support image input",
    "Failed to deserialize the JSON body: messages[0]: unknown variant `image_url`, expected `text`",
    "'messages.0.content' must be a string",
    "Model does not support images. Please use a model that does.",
    "This model doesn't support image inputs",
    "Image input is not enabled for this model",
    "gpt-3.5-turbo does not support image_url content",
    "the model cannot process images",
]


@pytest.mark.parametrize("message", TEXT_MODELS)
@pytest.mark.parametrize("mode", ["400", "404", "422", "500"])
async def test_a_model_without_eyes_ends_the_run_at_its_first_image(
    mode: str, message: str, serve: Serve, make
) -> None:
    server = serve(fail=1.0, modes=(mode,), refusal=message)
    with pytest.raises(FatalError, match="the model 'model' takes no images: ") as caught:
        await make(server).generate(SHOW)
    assert "\n" not in str(caught.value)


async def test_a_model_that_saw_one_image_is_not_blind(serve: Serve, make) -> None:
    server = serve()
    asking = make(server)
    await asking.generate(SHOW)
    server.behaviour.fail, server.behaviour.modes, server.behaviour.refusal = 1.0, ("400",), TEXT_MODELS[0]
    with pytest.raises(PermanentError):
        await asking.generate(SHOW)


@pytest.mark.parametrize(
    "message",
    [
        "This server does not support images of type image/webp",
        "Failed to load image: cannot identify image file",
        "image does not support image format tiff",
        "We do not accept images larger than 20 MB",
        "Unsupported image type",
        "At most 10 image(s) may be provided in one prompt.",
        "Image input is too large",
    ],
)
def test_an_image_that_is_refused_is_not_a_model_without_eyes(message: str) -> None:
    assert not takes_no_images(message)


async def test_a_reasoner_of_text_needs_no_eyes(serve: Serve) -> None:
    server = serve()
    reasoner = build(REASONER, Spec.parse(spec_of(server, "temperature=none")), STANDARD.reasoner_settings(0))
    assert reasoner.sampling.temperature is None
    await reasoner.close()


async def test_a_rate_limit_that_is_called_a_bad_request_is_no_field_s_fault(serve: Serve, make) -> None:
    server = serve(fail=1.0, modes=("400",), refusal="Rate limit reached for model, try again later")
    asking = make(server)
    with pytest.raises(RateLimited):
        await asking.generate(ASK)
    assert len(server.server.bodies) == 1
    assert asking.remarks == ()
