"""A captioner in two halves: what it asks, and what comes of it, are those of the captioner in one."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image as Pillow

from prism_eval.benchmarks import RowError
from prism_eval.data_sets.batches import BatchCaptioner
from prism_eval.data_sets.offline import OfflineVLLM
from prism_eval.data_sets.picture import Picture
from prism_eval.data_sets.rows import Row, Told
from prism_eval.engines.vllm.engine import VLLMEngine
from prism_eval.engines.vllm.host import Host
from prism_eval.engines.vllm.wording import message_of
from prism_eval.errors import CallError, ContextExceeded, FatalError, PermanentError, UsageError
from prism_eval.schema import Completion, FinishReason, Request
from tests.builders import png

TOLD = Told("k", "a.png", "digest", "", kept=False)
END = 7


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model's folder, as far as it is looked at before anything is loaded; vLLM need not be installed for that."""
    monkeypatch.setattr(VLLMEngine, "extra", "")
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"model_type": "qwen2_5_vl", "vision_config": {}, "max_position_embeddings": 1000}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [END, 8], "temperature": 0.7}))
    return folder


class Recording:
    """What holds a model, as far as a request needs it."""

    def __init__(self, said: Completion | CallError) -> None:
        self.asked: list[Request] = []
        self.said = said

    async def ready(self) -> str:
        return "there"

    async def generate(self, request: Request) -> Completion:
        self.asked.append(request)
        if isinstance(self.said, CallError):
            raise self.said
        return self.said

    async def leave(self) -> None:
        pass


def in_one(
    spec: str, picture: Picture, said: Completion | CallError, monkeypatch: pytest.MonkeyPatch, store: Path
) -> tuple[Request | None, Row, str]:
    """What the captioner asks about a picture, and its row, where a model says this."""
    host = Recording(said)
    monkeypatch.setattr(Host, "shared", lambda wanted: host)
    with BatchCaptioner(spec, store=store, attempts=1) as captions:
        # Behind what is asked to find out about the model.
        (row,) = captions([picture])
        return (host.asked[-1] if host.asked else None), row, captions.identity


@pytest.mark.parametrize("options", ["max_tokens=100", "max_tokens=100&max_pixels=30&temperature=0.5&seed=3"])
def test_what_is_asked_is_what_the_captioner_asks(
    options: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, shown = f"vllm:{model}?{options}", Picture("k", "a.png", png(3))
    asked, _, identity = in_one(spec, shown, Completion("a caption"), monkeypatch, tmp_path / "store")
    assert asked is not None
    offline = OfflineVLLM(spec)
    told = offline.asked(shown)
    assert told["messages"] == [message_of(message) for message in asked.messages]
    rules = told["sampling_params"]
    assert isinstance(rules, Mapping)
    assert rules == {name: getattr(asked.sampling, name) for name in rules}
    assert {"temperature", "top_p", "top_k", "min_p", "repetition_penalty", "max_tokens", "seed"} == rules.keys()
    assert offline.identity == identity
    assert offline.arguments["model"] == str(model)
    if "max_pixels" in options:
        assert asked.images[0].data != shown.data
    other = OfflineVLLM(f"{spec}&min_p=0.1").identity
    assert other != identity


@pytest.mark.parametrize(
    ("text", "read", "tokens", "finish"),
    [
        ("It shows", 50, [1] * 99, FinishReason.STOP),
        ("It shows", 50, [1] * 100, FinishReason.LENGTH),
        ("It shows", 50, [1] * 99 + [END], FinishReason.STOP),
        ("It shows", 950, [1] * 50, FinishReason.CONTEXT),
        ("<think>so it goes on", 50, [1] * 20, FinishReason.STOP),
        (" ", 50, [END], FinishReason.STOP),
    ],
)
def test_what_was_written_becomes_the_row_that_it_is_elsewhere(
    text: str,
    read: int,
    tokens: list[int],
    finish: FinishReason,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = f"vllm:{model}?max_tokens=100"
    offline = OfflineVLLM(spec)
    written = offline.written(text, read=read, tokens=tokens)
    assert (written.finish_reason, written.prompt_tokens, written.completion_tokens) == (finish, read, len(tokens))
    note = "the model's context of 1000 tokens" if finish is FinishReason.CONTEXT else ""
    assert written.note == note
    _, row, _ = in_one(spec, Picture("k", "a.png", png(3)), written, monkeypatch, tmp_path / "store")
    assert offline.row(Told("k", "a.png", row.sha256, "", kept=False), written) == row


def test_failures_become_the_rows_that_they_are_elsewhere(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = f"vllm:{model}?max_tokens=100"
    offline = OfflineVLLM(spec)
    for number, data in enumerate((b"", b"no picture", png(3)[:40])):
        shown = Picture("k", "a.png", data, problem="" if data else "no picture")
        _, row, _ = in_one(spec, shown, Completion("unasked"), monkeypatch, tmp_path / str(number))
        with pytest.raises(RowError) as unusable:
            offline.asked(shown)
        assert offline.row(Told("k", "a.png", row.sha256, "", kept=False), unusable.value) == row
        assert row.status == "unreadable"
    long = offline.trouble("The decoder prompt (length 1010) is longer than the maximum model length of 1000.")
    assert isinstance(long, ContextExceeded)
    for number, error in enumerate((long, offline.trouble("ValueError: odd"))):
        _, row, _ = in_one(spec, Picture("k", "a.png", png(3)), error, monkeypatch, tmp_path / f"e{number}")
        assert offline.row(Told("k", "a.png", row.sha256, "", kept=False), error) == row
        assert row.status == ("failed" if number else "truncated")


def test_a_picture_that_breaks_off_inside_is_told_before_a_stage_dies_of_it(model: Path) -> None:
    file = io.BytesIO()
    Pillow.effect_noise((64, 64), 50).save(file, "PNG")
    data = bytearray(file.getvalue())
    data[100:140] = bytes(40)
    with pytest.raises(PermanentError, match=r"a\.png cannot be decoded"):
        OfflineVLLM(f"vllm:{model}?max_tokens=100").asked(Picture("k", "a.png", bytes(data)))


@pytest.mark.parametrize(
    ("spec", "settings", "says"),
    [
        ("openai:m?base_url=http://127.0.0.1:1/v1", {}, "name it as vllm:MODEL"),
        ("vllm:{model}?max_tokens=100", {"samples": 2}, "one caption of each picture"),
        ("vllm:{model}?max_tokens=100&top_k=none", {}, "leaves top_k to the model's own file"),
    ],
)
def test_what_only_a_run_can_do_is_refused(spec: str, settings: dict[str, object], says: str, model: Path) -> None:
    with pytest.raises(UsageError, match=says):
        OfflineVLLM(spec.format(model=model), **settings)


def test_what_nobody_knows_of_a_model_is_asked_for(model: Path) -> None:
    (model / "config.json").write_text('{"model_type": "qwen2_5_vl"}')
    with pytest.raises(UsageError, match="add max_model_len"):
        OfflineVLLM(f"vllm:{model}?max_tokens=100")
    (model / "generation_config.json").unlink()
    offline = OfflineVLLM(f"vllm:{model}?max_tokens=100&max_model_len=500")
    # Nor which token ends its texts: one that is as long as it may be counts as cut.
    assert offline.written("It", read=50, tokens=[1] * 99 + [END]).finish_reason is FinishReason.LENGTH


def test_replies_that_leave_no_room_are_refused_before_anything_is_loaded(model: Path) -> None:
    with pytest.raises(FatalError, match="give a smaller max_tokens"):
        OfflineVLLM(f"vllm:{model}?max_tokens=1000")
