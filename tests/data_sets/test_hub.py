"""A data set of the hub: which files of it are fetched, and when; what is said where that fails; and offline."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from prism_eval.data_sets.opening import open_data_set
from prism_eval.errors import DataError, MissingExtra, UsageError
from tests.benchmarks.hub_server import COMMIT, hub_server
from tests.builders import png
from tests.data_sets.making import pictures, rows_of, stats_of, table, tar


class FakeHub:
    """Stands for ``huggingface_hub``: what a folder holds is on the hub, and is fetched into a snapshot."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        self.files, self.snapshot = home / "files", home / "cache" / "datasets--cats--photos" / "snapshots" / COMMIT
        self.fetched: list[str] = []
        self.asked: list[str | None] = []
        self.error: Exception | None = None
        parts = {
            "": {"HfApi": lambda: self, "hf_hub_download": self.fetch, "snapshot_download": self.fetch_all},
            ".errors": {"HfHubHTTPError": type("HfHubHTTPError", (OSError,), {})},
            ".constants": {"HF_HUB_CACHE": str(home / "cache")},
            ".utils": {"disable_progress_bars": lambda: None},
        }
        for name, content in parts.items():
            module = ModuleType(f"huggingface_hub{name}")
            vars(module).update(content)
            monkeypatch.setitem(sys.modules, module.__name__, module)

    def names(self) -> list[str]:
        return sorted(path.relative_to(self.files).as_posix() for path in self.files.rglob("*") if path.is_file())

    def dataset_info(self, dataset: str, *, revision: str | None, files_metadata: bool) -> Any:
        self.asked.append(revision)
        if self.error or dataset != "cats/photos":
            raise self.error or OSError("404: no such repository\nlong story")
        siblings = [SimpleNamespace(rfilename=name, size=(self.files / name).stat().st_size) for name in self.names()]
        return SimpleNamespace(sha=COMMIT, siblings=siblings if files_metadata else None)

    def fetch(self, dataset: str, name: str, *, repo_type: str, revision: str) -> str:
        assert (dataset, repo_type, revision) == ("cats/photos", "dataset", COMMIT)
        target = self.snapshot / name
        if not target.exists():
            if self.error:
                raise self.error
            self.fetched.append(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.files / name, target)
        return str(target)

    def fetch_all(self, dataset: str, *, repo_type: str, revision: str, allow_patterns: list[str]) -> str:
        for name in self.names():
            if any(Path(name).match(pattern) for pattern in allow_patterns):
                self.fetch(dataset, name, repo_type=repo_type, revision=revision)
        return str(self.snapshot)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeHub:
    # Whoever runs the tests offline, as tox does, still means a hub that answers.
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return FakeHub(monkeypatch, tmp_path)


def two_splits(folder: Path) -> None:
    for split, number in (("train", 0), ("train", 1), ("test", 2)):
        file = folder / "data" / f"{split}-0000{number % 2}-of-0000{2 if split == 'train' else 1}.parquet"
        table(
            file, [{"image": {"bytes": png(number), "path": f"{number}.png"}, "text": f"says {number}", "id": number}]
        )
    (folder / "README.md").write_text("# Cats", encoding="utf-8")


def test_each_file_is_fetched_when_its_turn_comes(hub: FakeHub) -> None:
    two_splits(hub.files)
    parts = open_data_set("hub:cats/photos")
    assert [part.name for part in parts] == ["test-00000-of-00001", "train-00000-of-00002", "train-00001-of-00002"]
    # One, for its columns.
    assert hub.fetched == ["data/test-00000-of-00001.parquet"]
    assert parts[0].count() is None
    (found,) = parts[2].pictures()
    assert (found.key, found.path, found.data, found.caption) == ("1", "1.png", png(1), "says 1")
    assert hub.fetched == ["data/test-00000-of-00001.parquet", "data/train-00001-of-00002.parquet"]
    # Whoever downloads the data set goes on with the same shards.
    there = {part.name: part.state for part in open_data_set(str(hub.files))}
    assert {part.name: part.state for part in parts} == there


def test_a_split_a_config_a_revision_and_columns_may_be_named(hub: FakeHub) -> None:
    for config in ("large", "small"):
        file = hub.files / config / "train-00000-of-00001.parquet"
        table(file, [{"picture": png(len(config)), "says": config, "which": "k"}])
    with pytest.raises(
        UsageError, match=r"has 2 files named train-00000-of-00001, .*: name one of its splits or configs"
    ):
        open_data_set("hub:cats/photos?image=picture")
    (part,) = open_data_set("hub:cats/photos@v1.0?config=small&split=train&image=picture&caption=says&key=which")
    assert hub.asked == [None, "v1.0"]
    assert [(one.key, one.caption, one.data) for one in part.pictures()] == [("k", "small", png(5))]
    with pytest.raises(DataError, match="holds no Parquet file of split 'test'"):
        open_data_set("hub:cats/photos?split=test")


def test_tars_are_read_as_tars_and_what_img2dataset_puts_beside_them_is_not_fetched(hub: FakeHub) -> None:
    tar(hub.files / "00000.tar", {"a.png": png(0), "a.txt": "a cat"})
    table(hub.files / "00000.parquet", [{"key": "a"}])
    (part,) = open_data_set("hub:cats/photos")
    assert [(one.key, one.caption) for one in part.pictures()] == [("a", "a cat")]
    assert hub.fetched == ["00000.tar"]


def test_pictures_that_lie_there_one_by_one_are_fetched_together_with_what_is_said_of_them(hub: FakeHub) -> None:
    pictures(hub.files, 2)
    (hub.files / "metadata.jsonl").write_text('{"file_name": "part0/0000.png", "text": "a cat"}\n', encoding="utf-8")
    (hub.files / "model.bin").write_bytes(b"not wanted")
    (part,) = open_data_set("hub:cats/photos")
    assert [(one.path, one.caption) for one in part.pictures()] == [("part0/0000.png", "a cat"), ("part1/0001.png", "")]
    assert hub.fetched == ["metadata.jsonl", "part0/0000.png", "part1/0001.png"]


def test_a_file_that_cannot_be_fetched_costs_its_part_alone(hub: FakeHub) -> None:
    two_splits(hub.files)
    parts = open_data_set("hub:cats/photos")
    hub.error = ConnectionError("reset\nlong story")
    assert len(list(parts[0].pictures())) == 1
    with pytest.raises(
        DataError, match=r"cats/photos cannot be read from the hub \(ConnectionError: reset\)"
    ) as caught:
        list(parts[1].pictures())
    assert "\n" not in str(caught.value)
    # One that has other columns than the first.
    hub.error = None
    table(hub.files / "data" / "train-00000-of-00002.parquet", [{"name": "a"}])
    with pytest.raises(DataError, match="has no column 'of pictures'"):
        list(parts[1].pictures())


def test_offline_it_is_what_is_kept_on_this_machine(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DataError, match="nothing of data set cats/photos is kept on this machine"):
        open_data_set("hub:cats/photos")
    two_splits(hub.snapshot)
    assert [part.name[:5] for part in open_data_set("hub:cats/photos")] == ["test-", "train", "train"]
    (part,) = open_data_set("hub:cats/photos?split=test")
    assert [one.caption for one in part.pictures()] == ["says 2"]
    assert (hub.fetched, hub.asked) == ([], [])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("hub:", "hub: names no data set of the hub: write hub:OWNER/NAME"),
        ("hub:a/b/c", "names no data set of the hub"),
        ("hub:cats/photos?picture=x", "split, config, image, caption, key are named, and not 'picture'"),
        ("hub:cats/photos?config=small", r"named with its split, as in '\?config=small&split=train'"),
        ("hub:cats/photos?image=nothing", "no column 'nothing'"),
        ("hub:dogs/photos", "dogs/photos cannot be read from the hub .*404"),
    ],
)
def test_what_is_no_data_set_of_the_hub_is_one_line(hub: FakeHub, source: str, said: str) -> None:
    two_splits(hub.files)
    with pytest.raises((UsageError, DataError), match=said) as caught:
        open_data_set(source)
    assert "\n" not in str(caught.value)


def test_one_without_pictures_says_where_there_may_be_some(hub: FakeHub) -> None:
    hub.files.mkdir()
    (hub.files / "data.csv").write_text("a,b\n", encoding="utf-8")
    hub.snapshot.mkdir(parents=True)
    with pytest.raises(UsageError, match="hub:cats/photos@refs/convert/parquet"):
        open_data_set("hub:cats/photos")


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtra, match=r"pip install 'prism-eval\[hub\]'"):
        open_data_set("hub:cats/photos")


def test_a_folder_may_be_called_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pictures(tmp_path / "hub:cats", 1)
    assert len(open_data_set("hub:cats")) == 1


def test_the_hubs_own_client_fetches_what_is_captioned(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub", reason="the extra [hub] is not installed")
    two_splits(tmp_path / "made")
    files = {
        path.relative_to(tmp_path / "made").as_posix(): path.read_bytes() for path in (tmp_path / "made").rglob("*.*")
    }
    with hub_server({"cats/photos": files}) as server:
        home = {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0"}

        def call(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
            given = ["--data-set", "hub:cats/photos?split=train", "--to", str(tmp_path / "to"), "-c", "blind", *words]
            return subprocess.run(
                [sys.executable, "-P", "-m", "prism_eval", "caption", *given],
                env={**os.environ, "PRISM_EVAL_CACHE": str(tmp_path / "cache"), **home, **more},
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )

        one = call("--shard", "1/2")
        assert (one.returncode, one.stderr) == (0, "")
        assert server.fetched == ["README.md", "data/train-00000-of-00002.parquet"]
        assert call().returncode == 0
        assert server.fetched[2:] == ["data/train-00001-of-00002.parquet"]
    assert [row["original"] for row in rows_of(tmp_path / "to" / "train-00001-of-00002.parquet")] == ["says 1"]
    assert stats_of(tmp_path / "to", "train-00000-of-00002")["images"] == 1
    # The server is gone, and what was fetched is enough.
    again = call(HF_HUB_OFFLINE="1")
    assert (again.returncode, "2 there already" in again.stdout) == (0, True), again.stderr
