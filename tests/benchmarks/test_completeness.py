"""What data lacks is said: shards, links, files that hold nothing, and counts that are not the published ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prism_eval.benchmarks import open_benchmark, verify, what_is_missing

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def row(image: bytes, kind: str = "human_test") -> dict[str, Any]:
    return {"image": image, "question": "How many?", "answer": "7", "type": kind}


@pytest.fixture
def shards(parquet_folder: Any, png: Any) -> Callable[..., Path]:
    """Writes ChartQA's files of one row each; returns the data folder."""

    def write(*paths: str, rows: int = 1) -> Path:
        for path in paths:
            data: Path = parquet_folder("chartqa", [row(png(1))] * rows, path)
        return data

    return write


def missing(data: Path, name: str = "chartqa") -> list[str]:
    """What is said beside the count, of which the small files here are always short."""
    said = what_is_missing(open_benchmark(name, data))
    return [line for line in said if "rows are published" not in line]


@pytest.mark.parametrize(
    ("present", "said"),
    [
        (
            ["data/test-00000-of-00003.parquet"],
            "2 of the .* missing: data/test-00001-of-00003, data/test-00002-of-00003",
        ),
        (
            ["data/test-00002-of-00003.parquet", "data/test-00000-of-00003.parquet"],
            "1 of the split's 3 files missing: data/test-00001-of-00003",
        ),
        (
            ["data/test-00001-of-00002-0f11003c77497969.parquet"],
            "1 of the split's 2 .*: data/test-00000-of-00002",
        ),
        (["test/0000.parquet", "test/0002.parquet"], "1 of the split's 3 files missing: test/0001"),
        (["default/partial-test/0000.parquet"], "default/partial-test holds the beginning of the split only"),
        (["data/test-00003-of-00009.parquet"], r"8 of the split's 9 files .* data/test-00002-of-00009 \.\.\."),
    ],
)
def test_files_that_are_not_there(shards: Any, present: list[str], said: str) -> None:
    (line,) = missing(shards(*present))
    assert re.search(said, line)


@pytest.mark.parametrize(
    "present",
    [
        ["data/test-00000-of-00001.parquet"],
        ["data/test-00001-of-00002.parquet", "data/test-00000-of-00002.parquet", "data/train-00000-of-00009.parquet"],
        ["test/0000.parquet", "test/0001.parquet"],
        ["Art/test-00000-of-00001.parquet", "Math/test-00000-of-00001.parquet"],
        ["data.parquet"],
    ],
)
def test_files_that_are_all_there(shards: Any, present: list[str]) -> None:
    assert missing(shards(*present)) == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_bytes(POINTER), "Git LFS pointer.*git lfs pull"),
        (lambda path: path.write_bytes(b""), "it is empty; download it again"),
        (lambda path: path.write_bytes(path.read_bytes()[:-20]), "cannot be read as Parquet: .*; download it again"),
        (lambda path: (path.unlink(), path.symlink_to("blobs/gone")), "a link to a file that is not there"),
    ],
)
def test_a_file_that_holds_nothing(shards: Any, spoil: Callable[[Path], object], said: str) -> None:
    data = shards("data/test-00000-of-00002.parquet", "data/test-00001-of-00002.parquet")
    spoil(data / "chartqa" / "data" / "test-00001-of-00002.parquet")
    (line,) = missing(data)
    assert re.search(rf"data/test-00001-of-00002\.parquet: .*{said}", line)
    assert "\n" not in line
    report = verify(open_benchmark("chartqa", data))
    assert (report.ok, report.items, line in report.missing) == (False, 1, True)


@pytest.mark.parametrize("spoil", ["pointer", "nothing"])
def test_an_archive_of_images(jsonl_folder: Any, spoil: str) -> None:
    rows = [{"id": "1", "question": "Which?", "label": "B", "tag": "t", "image_path": "images/00001.png"}]
    data = jsonl_folder("visulogic", rows, images=())
    (data / "visulogic" / "images").rmdir()
    if spoil == "pointer":
        (data / "visulogic" / "images.zip").write_bytes(POINTER)
    (line,) = missing(data, "visulogic")
    assert f"images.zip: it is {'a Git LFS pointer' if spoil == 'pointer' else 'missing'}" in line
    assert not verify(open_benchmark("visulogic", data)).ok


def test_unpacked_images_are_as_good_as_their_archive(jsonl_folder: Any) -> None:
    rows = [{"id": "1", "question": "Which?", "label": "B", "tag": "t", "image_path": "images/a.png"}]
    assert missing(jsonl_folder("visulogic", rows), "visulogic") == []


@pytest.mark.parametrize(
    ("name", "published", "found"),
    [("chartqa", "2,500", "6"), ("chartqa:human", "1,250", "4"), ("chartqa:augmented", "1,250", "2")],
)
def test_a_variant_has_a_count_of_its_own(parquet_folder: Any, png: Any, name: str, published: str, found: str) -> None:
    rows = [row(png(1))] * 4 + [row(png(1), "augmented_test")] * 2
    data = parquet_folder("chartqa", rows, "data/test-00000-of-00001.parquet")
    assert what_is_missing(open_benchmark(name, data)) == (f"{published} rows are published; found here: {found}",)


@pytest.mark.parametrize(("rows", "said"), [(2499, True), (2500, False), (2501, True)])
def test_too_few_and_too_many_rows(shards: Any, rows: int, said: bool) -> None:
    assert bool(what_is_missing(open_benchmark("chartqa", shards("test.parquet", rows=rows)))) is said


def test_the_rows_of_a_variant_that_only_chooses_others_are_not_known(tmp_path: Path, jsonl_folder: Any) -> None:
    from prism_eval.benchmarks import skeleton

    text = skeleton("mine").replace("[source]", "[source]\nrows = 7")
    text += '\n[variants.some]\nwhere = [{ column = "question", equals = ["Which?"] }]\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    data = jsonl_folder("mine", [{"question": "What?"}])
    assert what_is_missing(open_benchmark(str(tmp_path / "mine.toml"), data)) == (
        "7 rows are published; found here: 1",
    )
    assert what_is_missing(open_benchmark(f"{tmp_path / 'mine.toml'}:some", data)) == ()


@pytest.mark.parametrize("name", ["chartqa", "mathverse:text_lite", "visulogic"])
def test_a_twin_is_not_short_of_anything(name: str) -> None:
    assert what_is_missing(open_benchmark(name, "synthetic")) == ()


def test_counting_reads_no_image(shards: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from prism_eval.benchmarks.sources import folder

    columns: list[object] = []
    real = folder.parquet_rows

    def noted(path: Path, wanted: Any, start: int) -> Any:
        columns.append(wanted)
        return real(path, wanted, start)

    monkeypatch.setattr(folder, "parquet_rows", noted)
    data = shards("test.parquet")
    _ = what_is_missing(open_benchmark("chartqa", data))
    assert columns == []
    _ = what_is_missing(open_benchmark("chartqa:human", data))
    assert columns == [{"type", "human_or_augmented", "human_or_machine"}]
