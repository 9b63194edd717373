from __future__ import annotations

import hashlib
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from prism_eval.benchmarks import load_definition, open_benchmark
from prism_eval.benchmarks.sources.tree import files_in
from prism_eval.errors import DataError


def chart(image: Any, question: str = "How many?", answer: str = "7") -> dict[str, Any]:
    return {"image": image, "question": question, "answer": answer, "type": "human_test"}


def test_lines_and_pictures(jsonl_folder: Any, png: Any) -> None:
    data = jsonl_folder("chartqa", [chart("a.png"), chart("images/b.png", "Which?")])
    items = list(open_benchmark("chartqa", data).items())
    assert [(item.id, item.question, item.golds, item.kind) for item in items] == [
        ("0", "How many?", ("7",), "short"),
        ("1", "Which?", ("7",), "short"),
    ]
    assert [item.images[0].data for item in items] == [png(0), png(1)]
    assert items[0].cluster == hashlib.sha256(png(0)).hexdigest()
    assert items[0].columns == {"type": "human_test"}


@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: {"bytes": data, "path": "p.png"}])
def test_parquet_with_bytes(parquet_folder: Any, png: Any, wrap: Any) -> None:
    data = parquet_folder("chartqa", [chart(wrap(png(shade))) for shade in range(20)])
    items = list(open_benchmark("chartqa", data).items())
    assert [item.images[0].data for item in items] == [png(shade) for shade in range(20)]


def test_parquet_with_paths(parquet_folder: Any, jsonl_folder: Any, png: Any) -> None:
    jsonl_folder("chartqa", [])
    data = parquet_folder("chartqa", [chart({"bytes": None, "path": "a.png"})])
    (item,) = open_benchmark("chartqa", data).items()
    assert (item.images[0].data, item.images[0].name) == (png(0), "a.png")


def test_facts_go_to_their_images(parquet_folder: Any, png: Any) -> None:
    row = {**chart([{"bytes": png(1), "path": None}, {"bytes": png(2), "path": None}]), "facts": [["x is 1"], ["y"]]}
    data = parquet_folder("chartqa", [row])
    (item,) = open_benchmark("chartqa", data).items()
    assert [image.facts for image in item.images] == [("x is 1",), ("y",)]


def test_neighbouring_rows_share_an_image(jsonl_folder: Any) -> None:
    data = jsonl_folder("chartqa", [chart("a.png"), chart("a.png", "Which?"), chart("b.png")])
    first, second, _ = open_benchmark("chartqa", data).items()
    assert first.images[0].data is second.images[0].data


def test_reading_is_lazy_and_can_be_repeated(jsonl_folder: Any) -> None:
    data = jsonl_folder("chartqa", [chart("a.png"), chart("b.png"), chart("missing.png")])
    benchmark = open_benchmark("chartqa", data)
    assert next(benchmark.items()).id == "0"
    assert next(benchmark.items()).id == "0"
    with pytest.raises(DataError, match=r"missing\.png"):
        list(benchmark.items())


def test_images_in_a_zip_stay_packed(jsonl_folder: Any, png: Any) -> None:
    row = {"id": "1", "question": "Which?", "label": "B", "tag": "t", "image_path": "images/00001.png"}
    data = jsonl_folder("visulogic", [row], images=())
    with zipfile.ZipFile(data / "visulogic" / "images.zip", "w") as archive:
        archive.writestr("images/00001.png", png(5))
    (item,) = open_benchmark("visulogic", data).items()
    assert (item.images[0].data, item.options, item.golds) == (png(5), ("A", "B", "C", "D"), ("B",))


def test_a_snapshot_is_read_by_config_and_split(parquet_folder: Any, png: Any) -> None:
    row = {"id": "1", "question": "Q <image 1>", "answer": "A", "image_1": png(0)}
    for config, options in (("standard (10 options)", "['x', 'y']"), ("standard (4 options)", "['z', 'w']")):
        data = parquet_folder("mmmu_pro", [{**row, "options": options}], f"{config}/test-00000-of-00001.parquet")
    parquet_folder("mmmu_pro", [], "standard (10 options)/dev-00000-of-00001.parquet")
    (ten,) = open_benchmark("mmmu_pro", data).items()
    (four,) = open_benchmark("mmmu_pro:standard4", data).items()
    assert (ten.options, four.options) == (("x", "y"), ("z", "w"))
    assert (ten.benchmark, four.benchmark) == ("mmmu_pro", "mmmu_pro:standard4")


@pytest.mark.parametrize(
    ("name", "present", "chosen"),
    [
        ("chartqa", ["data/test-00000-of-00002.parquet", "data/train-00000-of-00001.parquet"], [0]),
        ("chartqa", ["data/test-00000-of-00002.parquet", "data/test-00001-of-00002.parquet"], [0, 1]),
        ("chartqa", ["data.parquet"], [0]),
        ("charxiv", ["test.parquet", "val.parquet"], [1]),
        ("mmmu", ["Art/validation-00000-of-00001.parquet", "Math/validation-00000-of-00001.parquet"], [0, 1]),
        ("mathverse", ["text_lite-00000-of-00001.parquet", "vision_intensive-00000-of-00001.parquet"], [1]),
        ("mathvision:testmini", ["data/test-00000-of-00001.parquet", "data/testmini-00000-of-00001.parquet"], [1]),
        ("chartqa", ["train/0000.parquet", "test/0000.parquet"], [1]),
        ("chartqa", ["test.parquet", "test_human.parquet", "testmini.parquet"], [0]),
        ("chartqa", ["chartqa_test_v1.0.parquet", "chartqa_train_v1.0.parquet"], [0]),
        ("chartqa", ["data/TEST-00000-of-00001.parquet", "data/Testing-00000-of-00001.parquet"], [0]),
        ("chartqa", ["default/chart_qa-test.parquet", "default/chart_qa-train.parquet"], [0]),
        ("chartqa", ["part-1.parquet", "part-2.parquet", "train.parquet"], [0, 1]),
        ("chartqa", ["test/a.parquet", "test/b.parquet", "train/a.parquet"], [0, 1]),
        ("chartqa", [".cache/huggingface/data/test-00000-of-00001.parquet", "data.parquet"], [1]),
        ("chartqa", ["dev.parquet", "test.jsonl"], [1]),
        ("chartqa", ["test.jsonl", "train.jsonl"], [0]),
        ("chartqa", ["data.jsonl", "test.jsonl"], [0]),
        ("chartqa", ["dataset_infos.json", "test.json", "train.json"], [1]),
        ("chartqa", ["data/meta.jsonl", "lines.jsonl"], [1]),
        ("mathvision", ["testmini.parquet", "test.parquet"], [1]),
        ("mathvision:testmini", ["testmini.parquet", "test.parquet"], [0]),
        ("mmmu", ["dev.parquet", "val.parquet"], [1]),
        ("mmmu", ["val.parquet", "validation.parquet"], [1]),
        ("mmmu", ["MMMU_dev_val.parquet"], [0]),
        ("mmstar", ["validation-00000-of-00001.parquet", "test-00000-of-00001.parquet"], [0]),
        ("infovqa", ["DocVQA_validation.parquet", "InfographicVQA_validation.parquet"], [1]),
        ("infovqa", ["validation-00000-of-00001.parquet", "DocVQA/validation-00000-of-00001.parquet"], [0]),
        ("mathverse", ["testmini_text_lite.parquet", "testmini.parquet"], [1]),
        ("mathverse", ["text_lite/0000.parquet", "testmini/0000.parquet"], [1]),
    ],
)
def test_which_files_hold_the_split(tmp_path: Path, name: str, present: list[str], chosen: list[int]) -> None:
    for path in present:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    found = files_in(tmp_path, load_definition(name).source)
    assert [str(path.relative_to(tmp_path)) for path in found] == [present[index] for index in chosen]


@pytest.mark.parametrize(
    ("name", "present"),
    [
        ("mathvision", "testmini.parquet"),
        ("mathvision", "data/testmini-00000-of-00001-f8ff70fcb2f29b1d.parquet"),
        ("mathvision:testmini", "data/test-00000-of-00001.parquet"),
        ("mmmu", "data/dev-00000-of-00001.parquet"),
        ("mmmu", "Accounting/dev/0000.parquet"),
        ("mathverse", "testmini_text_only.parquet"),
        ("mathverse", "testmini_version_split/text_lite/0000.parquet"),
        ("mathverse", "train.json"),
        ("chartqa", "contest.json"),
    ],
)
def test_another_splits_file_is_never_read_instead(tmp_path: Path, name: str, present: str) -> None:
    (tmp_path / present).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / present).touch()
    with pytest.raises(DataError, match=r"holds no .* file of split") as caught:
        files_in(tmp_path, load_definition(name).source)
    assert present in str(caught.value)


CARD = """---
license: mit
configs:
- config_name: default
  data_files:
  - split: test
    path: {path}
  - split: train
    path: "data/first.parquet"
- config_name: other
  data_files: data/other.parquet
---
# A data set
"""


@pytest.mark.parametrize(
    ("path", "chosen"),
    [
        ("data/second.parquet", ["data/second.parquet"]),
        ("data/s*", ["data/second.parquet"]),
        ('"**/second.parquet"', ["data/second.parquet"]),
        ('\n    - "data/second.parquet"\n    - ./data/third.parquet', ["data/second.parquet", "data/third.parquet"]),
        # What the card says is not here, as in another branch of the data set: names decide.
        ("elsewhere/*", ["data/test.parquet"]),
        ('"*"', ["data/test.parquet"]),
        ("[", ["data/test.parquet"]),
    ],
)
def test_the_card_says_which_files_a_split_has(tmp_path: Path, path: str, chosen: list[str]) -> None:
    pytest.importorskip("yaml", reason="nothing here reads a card's header")
    (tmp_path / "data").mkdir()
    for name in ("first", "second", "third", "test", "other"):
        (tmp_path / "data" / f"{name}.parquet").touch()
    (tmp_path / "README.md").write_text(CARD.format(path=path), encoding="utf-8")
    found = files_in(tmp_path, load_definition("chartqa").source)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == chosen


@pytest.mark.parametrize(
    "header", ["configs: 3", "configs: [3, {}]", "a: b: c", "configs:\n- data_files: {test: 3}", ""]
)
def test_a_card_that_says_nothing_of_use(tmp_path: Path, header: str) -> None:
    (tmp_path / "test.parquet").touch()
    (tmp_path / "README.md").write_text(f"---\n{header}\n---\n", encoding="utf-8")
    assert files_in(tmp_path, load_definition("chartqa").source) == [tmp_path / "test.parquet"]


def test_links_to_folders_of_the_data_are_followed_and_circles_left(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "test-00000-of-00001.parquet").touch()
    (tmp_path / "chartqa").mkdir()
    (tmp_path / "chartqa" / "data").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "up").symlink_to(tmp_path / "chartqa")
    (found,) = files_in(tmp_path / "chartqa", load_definition("chartqa").source)
    assert found == tmp_path / "chartqa" / "data" / "test-00000-of-00001.parquet"


def test_a_json_list_is_read(jsonl_folder: Any) -> None:
    import json

    data = jsonl_folder("chartqa", [])
    (data / "chartqa" / "data.jsonl").unlink()
    rows = [chart("a.png"), chart("b.png", "Which?"), 3]
    (data / "chartqa" / "test.json").write_text(json.dumps(rows), encoding="utf-8")
    benchmark = open_benchmark("chartqa", data)
    first, second, bad = benchmark.items_and_problems()
    assert (first.question, second.question, benchmark.size()) == ("How many?", "Which?", 3)
    assert "entry 3: expected an object" in str(bad)


def test_another_split_is_never_read(parquet_folder: Any, png: Any) -> None:
    data = parquet_folder("chartqa", [chart(png(0))], "data/train-00000-of-00001.parquet")
    with pytest.raises(DataError, match="no Parquet file of split 'test'; it holds: data/train-00000"):
        list(open_benchmark("chartqa", data).items())


def test_another_config_is_never_read(parquet_folder: Any) -> None:
    data = parquet_folder("mmmu_pro", [{"id": "1"}], "standard (4 options)/test-00000-of-00001.parquet")
    with pytest.raises(DataError, match=r"no Parquet file of config 'standard \(10 options\)'; it holds: standard \(4"):
        list(open_benchmark("mmmu_pro", data).items())


def test_a_filter_chooses_rows(jsonl_folder: Any) -> None:
    rows = [chart("a.png"), {**chart("b.png"), "type": "augmented_test"}]
    data = jsonl_folder("chartqa", rows)
    benchmark = open_benchmark("chartqa:augmented", data)
    assert [item.id for item in benchmark.items()] == ["1"]
    assert benchmark.size() == 1


def test_the_columns_of_another_copy_are_known(parquet_folder: Any, png: Any) -> None:
    """HuggingFaceM4/ChartQA: its golds are lists, and who wrote the question is a number."""
    rows = [{"image": png(kind), "query": "?", "label": ["7"], "human_or_machine": kind} for kind in (0, 1)]
    data = parquet_folder("chartqa", rows, "data/test-00000-of-00001-e2cd0b7a0f9eb20d.parquet")
    items = [open_benchmark(name, data).items() for name in ("chartqa", "chartqa:human", "chartqa:augmented")]
    assert [[(item.id, item.golds) for item in found] for found in items] == [
        [("0", ("7",)), ("1", ("7",))],
        [("0", ("7",))],
        [("1", ("7",))],
    ]


def test_a_filter_that_keeps_nothing_is_an_error(jsonl_folder: Any) -> None:
    data = jsonl_folder("chartqa", [chart("a.png")])
    with pytest.raises(DataError, match=r"chartqa:augmented.*holds no row that the definition selects"):
        list(open_benchmark("chartqa:augmented", data).items())


def test_sizes_are_known_without_images(jsonl_folder: Any, parquet_folder: Any, png: Any) -> None:
    assert open_benchmark("chartqa", jsonl_folder("chartqa", [chart("none.png")] * 3)).size() == 3
    assert open_benchmark("chartqa", parquet_folder("chartqa", [chart(png(0))] * 5)).size() == 5


def test_a_missing_folder_says_what_is_there(jsonl_folder: Any, tmp_path: Path) -> None:
    data = jsonl_folder("mmstar", [])
    with pytest.raises(DataError, match=r"no data for benchmark 'chartqa': looked for .*chartqa; .* holds: mmstar"):
        open_benchmark("chartqa", data)
    with pytest.raises(DataError, match="no data folder"):
        open_benchmark("chartqa", tmp_path / "nowhere")


def test_an_unclear_folder_is_refused(jsonl_folder: Any) -> None:
    data = jsonl_folder("chartqa", [])
    (data / "chartqa" / "data.jsonl").rename(data / "chartqa" / "one.jsonl")
    (data / "chartqa" / "two.jsonl").touch()
    with pytest.raises(DataError, match=r"several JSON Lines files \(one.jsonl, two.jsonl\)"):
        list(open_benchmark("chartqa", data).items())
    (data / "chartqa" / "one.jsonl").unlink()
    (data / "chartqa" / "two.jsonl").unlink()
    with pytest.raises(DataError, match="neither Parquet files nor"):
        list(open_benchmark("chartqa", data).items())


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "chartqa").mkdir()
    rows = pa.Table.from_pylist([chart(random.Random(number).randbytes(50_000)) for number in range(100)])
    with pq.ParquetWriter(tmp_path / "chartqa" / "data.parquet", rows.schema) as writer:
        for _ in range(8):
            writer.write_table(rows)
    size = rows.nbytes
    del rows
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in open_benchmark("chartqa", tmp_path).items()]
    assert len(held) == 800
    assert max(held[400:]) < max(held[:200]) + size
