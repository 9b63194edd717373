"""What a model's name means; needs no torch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from prism_eval.engines.transformers.engine import TransformersEngine
from prism_eval.engines.weights import Weights
from prism_eval.errors import UsageError
from prism_eval.plugins import Spec
from prism_eval.plugins.paths import settled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "Tiny-VL"
    made.mkdir()
    (made / "config.json").write_text(json.dumps({"model_type": "qwen2", "max_position_embeddings": 512}))
    (made / "model.safetensors").write_bytes(bytes(40 * 2**20))
    (made / "README.md").write_text("A model.")
    return made


def identity(folder: Path, **options: object) -> object:
    return TransformersEngine(model=str(folder), **options).identity


def test_a_folder_is_what_it_holds_wherever_it_lies(folder: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(folder, tmp_path / "elsewhere" / folder.name))
    assert identity(moved) == identity(folder)
    assert identity(folder)["model"] == "Tiny-VL"
    (moved / "README.md").write_text("A model, and what it is good for.")
    assert identity(moved) == identity(folder)


@pytest.mark.parametrize("place", [0, 16 * 2**20 + 5, 40 * 2**20 - 1])
def test_other_weights_are_another_model(folder: Path, tmp_path: Path, place: int) -> None:
    trained = Path(shutil.copytree(folder, tmp_path / "trained" / folder.name))
    with (trained / "model.safetensors").open("r+b") as file:
        file.seek(place)
        file.write(b"\1")
    assert identity(trained) != identity(folder)
    assert identity(trained)["revision"].startswith("sha256:")


@pytest.mark.parametrize("options", [{"device": "cuda"}, {"batch_size": 3}, {"concurrency": 2}])
def test_where_and_how_much_at_once_change_no_text(folder: Path, options: dict[str, object]) -> None:
    assert identity(folder, **options) == identity(folder)


@pytest.mark.parametrize("options", [{"dtype": "float16"}, {"max_pixels": 9}])
def test_what_it_computes_with_and_sees_does(folder: Path, options: dict[str, object]) -> None:
    assert identity(folder, **options) != identity(folder)


async def test_the_context_is_known_before_anything_is_loaded(folder: Path) -> None:
    pytest.importorskip("transformers", reason="the extra [transformers] is not installed: tox run -e engines")
    assert (await TransformersEngine(model=str(folder)).probe()).context == 512
    (folder / "config.json").write_text(
        json.dumps({"model_type": "llava", "text_config": {"max_position_embeddings": 7}, "max_position_embeddings": 9})
    )
    assert Weights.of(str(folder), None).context == 7


def test_a_repository_is_its_name_and_revision() -> None:
    assert TransformersEngine(model="Qwen/Qwen2.5-VL-3B-Instruct", revision="abc").identity["revision"] == "abc"
    assert Weights.of("gpt2", None).digest is None
    inside = Weights.of("Qwen/Qwen2.5-3B-Instruct-GGUF/q4_k_m.gguf", "main")
    assert inside.source == "Qwen/Qwen2.5-3B-Instruct-GGUF"
    assert inside.how == {"revision": "main", "gguf_file": "q4_k_m.gguf"}


def test_what_is_no_model_is_said_in_one_line(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    fake = tmp_path / "fake.gguf"
    fake.write_bytes(b"PK\3\4")
    (tmp_path / "notes.txt").write_text("no model")
    beside = tmp_path / "beside"
    beside.mkdir()
    shutil.copy(fake, beside / "real.gguf")
    nameless, broken = Path(shutil.copytree(folder, tmp_path / "n")), Path(shutil.copytree(folder, tmp_path / "b"))
    (nameless / "config.json").write_text("{}")
    (broken / "config.json").write_text("{")
    for model, words in {
        str(empty): "is no model's folder, it has no config.json",
        str(beside): f"name the file itself, as in {beside / 'real.gguf'}",
        str(tmp_path / "gone"): "no such folder or file",
        "./gone": "no such folder or file",
        "too/many/parts": "no such folder or file",
        str(fake): "is no GGUF file",
        str(tmp_path / "notes.txt"): "neither a model's folder nor a GGUF file",
        str(nameless): "names no model_type",
        str(broken): "cannot be read",
    }.items():
        with pytest.raises(UsageError, match=words) as caught:
            TransformersEngine(model=model)
        assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="leave out revision=main"):
        TransformersEngine(model=str(folder), revision="main")


@pytest.mark.parametrize("option", ["batch_size", "max_pixels", "concurrency"])
def test_numbers_are_checked(folder: Path, option: str) -> None:
    with pytest.raises(UsageError, match=f"{option} must be 1 or more, not 0"):
        TransformersEngine(model=str(folder), **{option: 0})


def test_a_plan_names_a_folder_from_the_root_and_leaves_a_repository_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    # By the class, because the extra need not be installed.
    monkeypatch.setattr("prism_eval.plugins.layers.load", lambda kind, name: TransformersEngine)
    assert settled("captioner", Spec.parse("transformers:Tiny-VL")).model == str(folder)
    assert settled("captioner", Spec.parse("transformers:Qwen/Qwen3-VL-4B")).model == "Qwen/Qwen3-VL-4B"
    assert settled("captioner", Spec.parse("transformers?model=Tiny-VL")).options == {"model": str(folder)}
