"""``benchmarks download``: the files of the split, once, at one commit; and what is said when that fails."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from prism_eval.benchmarks import download, open_benchmark, open_readable
from prism_eval.errors import DataError, MissingExtra
from tests.benchmarks.hub_server import COMMIT, hub_server

FILES = {
    "lmms-lab/ChartQA": ["README.md", "data/test-00000-of-00002.parquet", "data/test-00001-of-00002.parquet", "x.zip"],
    "MMMU/MMMU_Pro": ["standard (10 options)/test-00000-of-00001.parquet", "vision/test-00000-of-00001.parquet"],
    "MathLLMs/MathVision": ["data/test-00000-of-00001.parquet", "data/testmini-00000-of-00001.parquet"],
    "VisuLogic/VisuLogic": ["README.md", "data.jsonl", "images.zip"],
    "internlm/CapRL-Evaluation-Files": ["json_file/lmm_eval_chartqa.json", "bench_image_folder.zip"],
    "lmms-lab/MMMU": ["data/dev-00000-of-00001.parquet"],
    "We-Math/We-Math": ["testmini.jsonl", "test.jsonl", "pictures.zip"],
}


class Gated(OSError):
    """Stands for the hub client's own error of that name."""


Gated.__name__ = "GatedRepoError"


class FakeHub:
    """Stands for ``huggingface_hub``: fetching a file writes its name, and the note that its library would leave."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.error: Exception | None = None

    def dataset_info(self, dataset: str, *, revision: str | None, files_metadata: bool) -> Any:
        if self.error or dataset not in FILES:
            raise self.error or OSError("404: no such repository\nlong story")
        assert files_metadata
        siblings = [type("File", (), {"rfilename": name, "size": len(name)}) for name in FILES[dataset]]
        return type("Info", (), {"sha": revision or COMMIT, "siblings": siblings})

    def hf_hub_download(self, dataset: str, name: str, *, repo_type: str, revision: str, local_dir: Path) -> str:
        path, note = local_dir / name, local_dir / ".cache" / "huggingface" / "download" / f"{name}.metadata"
        assert repo_type == "dataset"
        if not path.exists():
            self.fetched.append(name)
            for made in (path, note):
                made.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
            note.write_text(f"{revision}\netag\n0\n")
        return str(path)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    fake = FakeHub()
    library, errors = ModuleType("huggingface_hub"), ModuleType("huggingface_hub.errors")
    vars(library).update(HfApi=lambda: fake, hf_hub_download=fake.hf_hub_download)
    vars(errors).update(HfHubHTTPError=type("HfHubHTTPError", (OSError,), {}))
    for module in (library, errors):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return fake


@pytest.mark.parametrize(
    ("name", "folder", "fetched"),
    [
        ("chartqa", "chartqa", FILES["lmms-lab/ChartQA"][:3]),
        ("mmmu_pro", "mmmu_pro", ["standard (10 options)/test-00000-of-00001.parquet"]),
        ("mmmu_pro:vision", "mmmu_pro", ["vision/test-00000-of-00001.parquet"]),
        ("mathvision:testmini", "mathvision", ["data/testmini-00000-of-00001.parquet"]),
        ("visulogic", "visulogic", ["README.md", "data.jsonl", "images.zip"]),
        ("chartqa:caprl", "caprl", ["json_file/lmm_eval_chartqa.json", "bench_image_folder.zip"]),
        ("wemath", "wemath", ["testmini.jsonl", "pictures.zip"]),
    ],
)
def test_only_what_is_read_is_fetched_and_once(
    hub: FakeHub, tmp_path: Path, name: str, folder: str, fetched: list[str]
) -> None:
    said: list[str] = []
    done = download(name, tmp_path, say=said.append)
    assert hub.fetched == fetched
    assert (done.folder, done.revision, done.files) == (tmp_path / folder, COMMIT, len(said))
    assert download(name, tmp_path, say=said.append) == done
    assert hub.fetched == fetched
    assert all("is there already" in line for line in said[done.files :])
    # What is gone is fetched again, and nothing else.
    (tmp_path / folder / fetched[-1]).unlink()
    download(name, tmp_path, say=said.append)
    assert hub.fetched == [*fetched, fetched[-1]]


def test_the_commit_is_known_afterwards(hub: FakeHub, tmp_path: Path) -> None:
    download("chartqa", tmp_path, say=print)
    assert open_benchmark("chartqa", tmp_path).revision == COMMIT
    note = tmp_path / "chartqa/.cache/huggingface/download/data/test-00000-of-00002.parquet.metadata"
    note.write_text(f"{COMMIT[::-1]}\netag\n0\n")
    # Files of two commits are nobody's data set.
    assert open_benchmark("chartqa", tmp_path).revision is None


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            ConnectionError("offline\nlong story"),
            r"cannot be read .* \(ConnectionError: offline\); go online",
        ),
        (
            Gated("403"),
            r"gated: accept its terms at https://huggingface.co/datasets/lmms-lab/ChartQA, and set HF_TOKEN",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "/data"), "cannot be written to /data: Permission denied"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "ChartQA cannot be written: No space left on device; what is there is kept",
        ),
    ],
)
def test_a_download_that_fails_is_one_line(hub: FakeHub, tmp_path: Path, error: Exception, says: str) -> None:
    hub.error = error
    with pytest.raises(DataError, match=says) as caught:
        download("chartqa", tmp_path, say=print)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mmmu", "data set lmms-lab/MMMU holds no Parquet file of split 'validation'"),
        ("infovqa", "lmms-lab/DocVQA.*404"),
    ],
)
def test_a_data_set_that_is_not_what_it_was(hub: FakeHub, tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        download(name, tmp_path, say=print)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtra, match=r"pip install 'prism-eval\[hub\]'"):
        download("chartqa", tmp_path / "data", say=print)
    assert not (tmp_path / "data").exists()


def test_a_folder_without_the_benchmark_says_what_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"`prism-eval benchmarks download chartqa {tmp_path}` fetches it"):
        open_benchmark("chartqa", tmp_path)


class Offline:
    """Stands for what the hub's libraries have kept on this machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        self.rows: list[dict[str, Any]] = []
        self.folder = cache / "datasets--lmms-lab--ChartQA"
        library, constants, errors, datasets = (
            ModuleType(name)
            for name in ("huggingface_hub", "huggingface_hub.constants", "huggingface_hub.errors", "datasets")
        )
        vars(constants).update(HF_HUB_CACHE=str(cache))
        vars(errors).update(HfHubHTTPError=type("HfHubHTTPError", (OSError,), {}))
        vars(datasets).update(load_dataset=self.load_dataset, Image=type("Image", (), {}))
        for module in (library, constants, errors, datasets):
            monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def load_dataset(self, *_: object, streaming: bool, revision: None, **__: object) -> Any:
        assert not streaming
        if not self.rows:
            raise ConnectionError("Couldn't reach 'lmms-lab/ChartQA' on the Hub")
        return type("Rows", (list,), {"features": None})(self.rows)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Offline:
    return Offline(monkeypatch, tmp_path / "hub")


def test_offline_the_hubs_own_cache_is_read(offline: Offline, parquet_folder: Any, png: Any) -> None:
    rows = [{"image": png(1), "question": "?", "answer": "7", "type": "human_test"}]
    data = parquet_folder("set", rows, "data/test-00000-of-00001.parquet")
    parquet_folder("set", rows * 3, "data/train-00000-of-00001.parquet")
    for commit in (COMMIT, COMMIT[::-1]):
        (offline.folder / "snapshots" / commit).mkdir(parents=True)
    (data / "set" / "data").rename(offline.folder / "snapshots" / COMMIT / "data")
    (offline.folder / "refs").mkdir()
    (offline.folder / "refs" / "main").write_text(COMMIT)
    benchmark = open_benchmark("chartqa", "hub")
    assert ([item.id for item in benchmark.items()], benchmark.revision) == (["0"], COMMIT)
    (offline.folder / "refs" / "main").unlink()
    with pytest.raises(DataError, match=r"holds the snapshots .*, and not which is meant"):
        open_benchmark("chartqa", "hub")


def test_offline_what_datasets_has_kept_is_read(offline: Offline, png: Any) -> None:
    offline.rows = [{"image": png(1), "question": "?", "answer": "7", "type": "human_test"}]
    benchmark = open_benchmark("chartqa", "hub")
    assert [item.golds for item in benchmark.items()] == [("7",)]
    assert (benchmark.revision, benchmark.source.origin) == (None, "hub lmms-lab/ChartQA, as kept on this machine")


def test_offline_with_nothing_kept(offline: Offline) -> None:
    with pytest.raises(DataError, match=r"HF_HUB_OFFLINE is set, and it is not kept on this machine"):
        open_readable(["chartqa"], "hub")


def test_the_hubs_own_client_downloads(tmp_path: Path, parquet_folder: Any, png: Any) -> None:
    pytest.importorskip("huggingface_hub", reason="the hub extra is not installed")
    row = {"image": png(1), "question": "?", "answer": "7", "type": "human_test"}
    made = parquet_folder("made", [row]) / "made" / "data.parquet"
    names = FILES["lmms-lab/ChartQA"]
    sets = {"lmms-lab/ChartQA": {name: made.read_bytes() for name in names}, "Lin-Chen/MMStar": {"mmstar.parquet": b""}}
    with hub_server(sets, gated=frozenset({"Lin-Chen/MMStar"})) as server:

        def call(*words: str) -> subprocess.CompletedProcess[str]:
            home = {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0"}
            command = [sys.executable, "-P", "-m", "prism_eval", "benchmarks", *words]
            return subprocess.run(
                command, env={**os.environ, **home}, capture_output=True, text=True, check=False, timeout=120
            )

        first = call("download", "mmstar", "chartqa", "visulogic", str(tmp_path / "data"))
        assert (first.returncode, sorted(server.fetched)) == (1, sorted(names[:3]))
        assert "licence: GPL-3.0" in first.stdout
        for line in ("mmstar: data set Lin-Chen/MMStar is gated", "visulogic: data set VisuLogic/VisuLogic cannot be"):
            assert line in first.stderr
        assert call("download", "chartqa", str(tmp_path / "data")).returncode == 0
        assert sorted(server.fetched) == sorted(names[:3])
    benchmark = open_benchmark("chartqa", tmp_path / "data")
    assert (benchmark.revision, len(list(benchmark.items()))) == (COMMIT, 2)
