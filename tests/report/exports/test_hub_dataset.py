"""A run as a folder for the Hugging Face hub: read with pyarrow alone, and with `datasets` where it is installed."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prism_eval import evaluate
from prism_eval.errors import RunError, UsageError
from prism_eval.leaderboard import build
from prism_eval.report.exports import export, hub_dataset
from prism_eval.report.exports.hub_dataset import split_names
from prism_eval.report.exports.sheet import records
from prism_eval.schema import Image
from tests.builders import chart_folder
from tests.runfolder import verdict, write_run

BENCHMARKS = ["chartqa", "mmmu_pro:vision", "mmmu_pro vision", "all", "../../evil\n"]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    rows = [
        verdict(name, str(item), outcome, benchmark=benchmark, options='["left", "right|\\u00e9"]', question="a\nb")
        for item in range(3)
        for benchmark in BENCHMARKS
        for name, outcome in (("a|b", "correct"), ("=c", "failed"))
    ]
    return write_run(tmp_path / "run", rows)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def splits_of(folder: Path) -> dict[str, str]:
    card = (folder / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    return dict(re.findall(r"  - split: (.*)\n    path: (.*)\n", card))


def test_plain_pyarrow_reads_every_verdict(run: Path, tmp_path: Path) -> None:
    export(build(run), "datasets", tmp_path / "out")
    splits = splits_of(tmp_path / "out")
    assert splits.pop("rows") == "leaderboard.parquet"
    found = [row for pattern in splits.values() for row in read(tmp_path / "out", pattern)]
    kept = pq.read_table(run / "verdicts.parquet").to_pylist()
    as_lists = [{**row, **{name: json.loads(row[name]) for name in ("options", "gold")}} for row in kept]
    assert sorted(found, key=str) == sorted(as_lists, key=str)
    assert pq.read_table(tmp_path / "out" / "leaderboard.parquet").to_pylist() == records(build(run))


def read(folder: Path, pattern: str) -> list[dict[str, object]]:
    found = sorted(folder.glob(pattern))
    assert found
    return [row for path in found for row in pq.read_table(path).to_pylist()]


def test_equal_runs_give_equal_folders(run: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        export(build(run), "datasets", tmp_path / name)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert {path.name for path in tmp_path.iterdir()} >= {"one", "two", "run"}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_split_is_a_word_and_no_path() -> None:
    words = split_names(BENCHMARKS)
    assert words == {
        "chartqa": "chartqa",
        "mmmu_pro:vision": "mmmu_pro_vision",
        "mmmu_pro vision": "mmmu_pro_vision_",
        "all": "all_",
        "../../evil\n": "______evil_",
    }


def test_a_large_split_is_several_files(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_dataset, "_ROWS_IN_A_SHARD", 2)
    export(build(run), "datasets", tmp_path / "out")
    sizes = {path.name: pq.read_metadata(path).num_rows for path in (tmp_path / "out" / "verdicts").glob("chartqa-*")}
    assert sizes == {f"chartqa-0000{number}.parquet": 2 for number in range(3)}


def test_the_card_says_the_licences_and_not_where_the_data_lay(tmp_path: Path) -> None:
    benchmarks = [{"name": "chartqa", "licence": "GPL-3.0 | <b>", "source": "/home/me/secret", "revision": "abc"}]
    run = write_run(tmp_path / "run", [verdict("a", "1")], benchmarks=benchmarks)
    export(build(run), "datasets", tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert r"| chartqa | chartqa | GPL-3.0 \| &lt;b&gt; | abc |" in card
    assert "secret" not in card


def test_nothing_is_put_beside_what_is_there(run: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export(build(run), "datasets", tmp_path / "out")  # an empty folder is as good as none
    with pytest.raises(UsageError, match="is there already: name a new folder"):
        export(build(run), "datasets", tmp_path / "out")
    with pytest.raises(UsageError, match="is there already"):
        export(build(run), "datasets", run / "manifest.json")
    with pytest.raises(RunError, match="cannot write"):
        export(build(run), "datasets", run / "manifest.json" / "below")


def test_a_spoilt_table_leaves_nothing_behind(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [verdict("a", "1", gold="no list")])
    with pytest.raises(RunError, match="no JSON list of texts: 'no list'"):
        export(build(run), "datasets", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.fixture
def pictured(tmp_path: Path) -> Path:
    """A real run, which keeps small pictures of its two images."""
    data = chart_folder(tmp_path / "data", images=2)
    evaluate("blind", benchmarks="chartqa", data=data, store=tmp_path / "s.sqlite", out=tmp_path / "pictured")
    return tmp_path / "pictured"


def test_only_digests_name_a_picture(pictured: Path, tmp_path: Path) -> None:
    (path,) = (pictured / "thumbnails").iterdir()
    kept = pq.read_table(path)
    pq.write_table(kept.set_column(0, kept.schema.field(0), pa.array(["../../outside", None])), path)
    with pytest.raises(UsageError, match="keeps no pictures"):
        export(build(pictured), "datasets", tmp_path / "with", images=True)


def test_images_are_left_out_unless_asked_for(pictured: Path, tmp_path: Path) -> None:
    export(build(pictured), "datasets", tmp_path / "without")
    assert sorted(path.name for path in (tmp_path / "without").iterdir()) == [
        "README.md",
        "leaderboard.parquet",
        "verdicts",
    ]
    export(build(pictured), "datasets", tmp_path / "with", images=True)
    assert splits_of(tmp_path / "with")["images"] == "thumbnails/*.parquet"
    shown = read(tmp_path / "with", "thumbnails/*.parquet")
    asked = read(tmp_path / "with", "verdicts/chartqa-*.parquet")
    assert {one["digest"] for one in shown} == {digest for row in asked for digest in row["images"]}
    assert all(Image(one["image"]["bytes"]).media_type == "image/webp" for one in shown)


def test_pictures_that_a_run_does_not_keep_cannot_be_asked_for(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="keeps no pictures of its images: leave --images out"):
        export(build(run), "datasets", tmp_path / "out", images=True)
    assert not (tmp_path / "out").exists()


def test_two_runs_are_one_data_set(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / name, [verdict(name, "1")]) for name in ("one", "two")]
    export(build(runs), "datasets", tmp_path / "out")
    assert [row["captioner"] for row in read(tmp_path / "out", "verdicts/chartqa-*.parquet")] == ["one", "two"]


def test_datasets_shows_the_pictures(pictured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("datasets") is None:
        pytest.skip("the extra [hub] is not installed: pip install 'prism-eval[hub]'")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    export(build(pictured), "datasets", tmp_path / "out", images=True)
    (shown,) = load_dataset(str(tmp_path / "out"), "thumbnails", cache_dir=str(tmp_path / "cache")).values()
    assert [one["image"].size for one in shown] == [(8, 8), (8, 8)]


def test_datasets_loads_the_folder(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("datasets") is None:
        pytest.skip("the extra [hub] is not installed: pip install 'prism-eval[hub]'")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    export(build(run), "datasets", tmp_path / "out")
    cache = {"cache_dir": str(tmp_path / "cache")}
    loaded = load_dataset(str(tmp_path / "out"), **cache)
    assert {name: len(split) for name, split in loaded.items()} == dict.fromkeys(split_names(BENCHMARKS).values(), 6)
    assert loaded["chartqa"][0]["options"] == ["left", "right|é"]
    (board,) = load_dataset(str(tmp_path / "out"), "leaderboard", **cache).values()
    assert board.to_list() == records(build(run))
