from __future__ import annotations

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prism_eval.benchmarks import open_benchmark
from prism_eval.errors import DataError, MissingExtra

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubError(OSError):
    """Stands for the hub client's own error."""


class Stream(list[dict[str, Any]]):
    features = None


class FakeHub:
    """Stands for ``datasets`` and ``huggingface_hub``; remembers what was asked of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[dict[str, Any]] = []
        self.asked: list[tuple[Any, ...]] = []
        self.error: Exception | None = None
        self.folder = Path()
        datasets, hub, errors = (
            ModuleType("datasets"),
            ModuleType("huggingface_hub"),
            ModuleType("huggingface_hub.errors"),
        )
        vars(datasets).update(load_dataset=self.load_dataset, Image=type("Image", (), {}))
        vars(hub).update(HfApi=lambda: self, snapshot_download=self.snapshot_download)
        vars(errors).update(HfHubHTTPError=HubError)
        for module in (datasets, hub, errors):
            monkeypatch.setitem(sys.modules, module.__name__, module)

    def dataset_info(self, dataset: str) -> Any:
        self.asked.append(("info", dataset))
        if self.error:
            raise self.error
        return type("Info", (), {"sha": COMMIT})

    def load_dataset(self, dataset: str, config: str | None, *, split: str, revision: str, streaming: bool) -> Stream:
        self.asked.append(("stream", dataset, config, split, revision, streaming))
        return Stream(self.rows)

    def snapshot_download(self, dataset: str, *, repo_type: str, revision: str, allow_patterns: list[str]) -> str:
        self.asked.append(("files", dataset, repo_type, revision, *allow_patterns))
        return str(self.folder)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    # Whoever runs the tests offline, as tox does, still means a hub that answers.
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return FakeHub(monkeypatch)


def test_rows_are_streamed_at_one_commit(hub: FakeHub, png: Any) -> None:
    image = {"bytes": png(1), "path": None}
    hub.rows = [{"questionId": str(number), "question": "?", "answers": ["1"], "image": image} for number in range(3)]
    benchmark = open_benchmark("infovqa", "hub")
    assert [item.id for item in benchmark.items()] == ["0", "1", "2"]
    assert [item.images[0].data for item in benchmark.items()] == [png(1)] * 3
    assert benchmark.revision == COMMIT
    stream = ("stream", "lmms-lab/DocVQA", "InfographicVQA", "validation", COMMIT, True)
    assert hub.asked == [("info", "lmms-lab/DocVQA"), stream, stream]
    assert benchmark.size() == 2801


def test_a_folder_in_the_working_directory_is_not_taken_for_the_hub(
    hub: FakeHub, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lmms-lab" / "DocVQA").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"lmms-lab/DocVQA would be read in place of the hub's data set lmms"):
        list(open_benchmark("infovqa", "hub").items())
    assert [asked[0] for asked in hub.asked] == ["info"]


def test_a_renamed_column_names_the_data_set(hub: FakeHub, png: Any) -> None:
    hub.rows = [{"questionId": "1", "query": "?", "answers": ["1"], "image": png(1)}]
    with pytest.raises(DataError, match=r"lmms-lab/DocVQA \(InfographicVQA\) validation row 1 .*no column 'question'"):
        list(open_benchmark("infovqa", "hub").items())


def test_data_sets_of_files_are_downloaded(hub: FakeHub, jsonl_folder: Any) -> None:
    row = {"id": "1", "question": "?", "label": "A", "tag": "t", "image_path": "a.png"}
    hub.folder = jsonl_folder("visulogic", [row]) / "visulogic"
    benchmark = open_benchmark("visulogic", "hub")
    assert [item.id for item in benchmark.items()] == ["1"]
    assert benchmark.revision == COMMIT
    assert hub.asked[-1] == ("files", "VisuLogic/VisuLogic", "dataset", COMMIT, "data.jsonl", "images.zip")


@pytest.mark.parametrize(
    "error", [HubError("404\nlong story"), ConnectionError("offline"), ValueError("no such config")]
)
def test_an_unreachable_hub_is_one_line(hub: FakeHub, error: Exception) -> None:
    hub.error = error
    with pytest.raises(
        DataError, match=r"lmms-lab/ChartQA cannot be read from the hub .*go online, or name a folder"
    ) as caught:
        list(open_benchmark("chartqa", "hub").items())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("offline", ["0", "1"])
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, offline: str) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", offline)
    for module in ("huggingface_hub", "datasets"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r"pip install 'prism-eval\[hub\]'"):
        list(open_benchmark("chartqa", "hub").items())


def test_a_real_stream_keeps_the_bytes(tmp_path: Path, png: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets", reason="the hub extra is not installed")
    from prism_eval.benchmarks import Benchmark, load_definition
    from prism_eval.benchmarks.sources.hub import HubSource

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    types = {"type": "string", "question": "string", "answer": "string"}
    features = datasets.Features(
        {**{name: datasets.Value(kind) for name, kind in types.items()}, "image": datasets.Image()}
    )
    rows = {name: ["human_test"] for name in types} | {"image": [{"bytes": png(3), "path": None}]}
    (tmp_path / "set" / "data").mkdir(parents=True)
    datasets.Dataset.from_dict(rows, features=features).to_parquet(tmp_path / "set/data/test-00000-of-00001.parquet")
    definition = load_definition("chartqa")
    source = definition.source.model_copy(update={"dataset": str(tmp_path / "set"), "revision": "local"})
    benchmark = Benchmark(definition, HubSource(definition.model_copy(update={"source": source})))
    assert [item.images[0].data for item in benchmark.items()] == [png(3)]


COMMAND = """
import sys
import datasets
from prism_eval.benchmarks.sources import hub
from prism_eval.cli import program

folder, *words = sys.argv[1:]
stream = datasets.load_dataset
datasets.load_dataset = lambda name, config, *, revision, **how: stream(folder, **how)
hub.resolve_revision = lambda source: '0' * 40
sys.argv = ["prism-eval", *words]
program()
"""
"""The command line, with a folder for whatever data set it streams."""


def test_a_command_that_has_seen_enough_of_a_stream_ends(tmp_path: Path) -> None:
    """One in six did not, or aborted: it looks at a hundred rows, and what reads ahead met the end of Python."""
    pytest.importorskip("datasets", reason="the hub extra is not installed")
    images = [io.BytesIO() for _ in range(2000)]
    for number, image in enumerate(images):
        PIL.Image.frombytes("RGB", (120, 120), Random(number).randbytes(3 * 120**2)).save(image, "PNG")
    rows = {
        "type": ["human_test"] * len(images),
        "question": [f"{row}?" for row in range(len(images))],
        "answer": ["1"] * len(images),
        "image": [{"bytes": image.getvalue(), "path": None} for image in images],
    }
    (tmp_path / "set" / "data").mkdir(parents=True)
    file = tmp_path / "set" / "data" / "test-00000-of-00001.parquet"
    pq.write_table(pa.table(rows), file, row_group_size=50)
    (tmp_path / "captions.jsonl").write_text('{"image": "none.png", "caption": "a bar"}\n')
    told = ["run", "--captioner", f"file:{tmp_path}/captions.jsonl", "--benchmark", "chartqa", "--data", "hub"]
    words = [sys.executable, "-c", COMMAND, str(tmp_path / "set"), *told]
    environ = os.environ | {"HF_DATASETS_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"}
    with ThreadPoolExecutor(2) as both:
        started = [
            both.submit(subprocess.run, words, capture_output=True, text=True, env=environ, timeout=60)
            for _ in range(12)
        ]
        for one in started:
            assert one.result().returncode == 2, one.result().stderr
            assert "0 of 100 images have captions" in one.result().stderr
