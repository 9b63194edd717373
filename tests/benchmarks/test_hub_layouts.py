"""Every layout in which the hub serves the twelve gives the rows of the split that is asked for, and no others.

The lists under ``fixtures/hub_files`` say how certain each of them is.
"""

from __future__ import annotations

import json
import shutil
import tomllib
import zipfile
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from prism_eval.benchmarks import definition_names, load_definition, open_benchmark
from prism_eval.twins import ensure

LISTS = {path.stem: tomllib.loads(path.read_text()) for path in Path(__file__).parent.glob("fixtures/hub_files/*.toml")}
LAYOUTS = {f"{name}, {layout['where']}": (found, layout) for name, found in LISTS.items() for layout in found["layout"]}
COMMIT = "0123456789abcdef0123456789abcdef01234567"
VERSIONS = ["Text Only", "Text Dominant", "Text Lite", "Vision Intensive", "Vision Dominant", "Vision Only"]


@cache
def twin_row(name: str, config: str) -> dict[str, Any]:
    """A row in the benchmark's real columns."""
    import pyarrow.parquet as pq

    folder = ensure(name) / name
    row = pq.read_table(folder / config / "data.parquet").slice(0, 1).to_pylist()[0]
    return {key: value for key, value in row.items() if key != "facts"}


def rows_of(name: str, path: PurePosixPath, picture: bytes) -> list[dict[str, Any]]:
    """The rows of one file: where one file holds several kinds of rows, one of each."""
    row = dict(twin_row(name, path.parts[0] if name == "mmmu_pro" and len(path.parts) > 1 else ""))
    for column in ("image", "image_1", "decoded_image", "image_path"):
        row |= {column: picture} if column in row and not (name == "visulogic" and column == "image_path") else {}
    if name == "chartqa":
        return [{**row, "type": f"{kind}_test"} for kind in ("human", "augmented")]
    if name == "mathverse":
        spelled = [version for version in VERSIONS if version.lower().replace(" ", "_") in str(path)]
        return [{**row, "sample_index": f"{path} {one}", "problem_version": one} for one in spelled or VERSIONS]
    return [row]


def written(folder: Path, found: dict[str, Any], layout: dict[str, Any], png: Any) -> dict[bytes, str]:
    """Write a layout's files; returns which picture is in which of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pictures = {png(number + 1): name for number, name in enumerate(layout["files"]) if not name.endswith(".md")}
    (folder / "README.md").write_text("# A card\n")
    for picture, name in pictures.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = rows_of(found["benchmark"], PurePosixPath(name), picture)
        if path.suffix == ".parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
        elif path.suffix == ".jsonl":
            path.write_text(json.dumps({**rows[0], "image": None, "image_path": "images/1.png"}))
        elif path.suffix == ".zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("images/1.png", next(one for one, of in pictures.items() if of != name))
        else:
            path.write_text("not rows")
    return pictures


def as_cached(folder: Path, place: Path) -> None:
    """Move a data set to where the hub's cache would have it: links to blobs, in a snapshot."""
    snapshot = place / "snapshots" / COMMIT
    for number, path in enumerate(sorted(path for path in folder.rglob("*") if path.is_file())):
        link = snapshot / path.relative_to(folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        (place / "blobs").mkdir(exist_ok=True)
        link.symlink_to(shutil.move(path, place / "blobs" / f"{number:064x}"))
    shutil.rmtree(folder)


@pytest.mark.parametrize("kept", ["downloaded", "snapshot", "cache"])
@pytest.mark.parametrize("case", LAYOUTS)
def test_a_layout_gives_the_rows_that_are_asked_for(case: str, kept: str, tmp_path: Path, png: Any) -> None:
    found, layout = LAYOUTS[case]
    folder = tmp_path / "data" / found["benchmark"]
    folder.mkdir(parents=True)
    pictures = written(folder, found, layout, png)
    if kept != "downloaded":
        as_cached(folder, tmp_path / "datasets--x--y")
        folder.symlink_to(tmp_path / "datasets--x--y" / ("" if kept == "cache" else f"snapshots/{COMMIT}"))
    for name, patterns in layout["reads"].items():
        benchmark = open_benchmark(name, tmp_path / "data")
        items = list(benchmark.items_and_problems())
        read = [pictures.get(item.images[0].data, "none") for item in items]
        wanted = [file for file in layout["files"] if any(fnmatchcase(file, pattern) for pattern in patterns)]
        if found["benchmark"] != "visulogic":
            assert sorted(set(read)) == wanted
        assert benchmark.size() == len(items) > 0
        assert benchmark.revision == (None if kept == "downloaded" else COMMIT)
        if found["benchmark"] == "mathverse":
            version = name.partition(":")[2] or "vision_intensive"
            assert {item.columns["problem_version"].lower().replace(" ", "_") for item in items} == {version}
        if found["benchmark"] == "chartqa":
            kinds = {"human_test", "augmented_test"} if ":" not in name else {f"{name.partition(':')[2]}_test"}
            assert {item.columns["type"] for item in items} == kinds


def test_every_benchmark_and_variant_is_in_a_list() -> None:
    every = set(definition_names())
    for name in definition_names():
        every |= {f"{name}:{variant}" for variant in load_definition(name).variants}
    read = {name for _, layout in LAYOUTS.values() for name in layout["reads"]}
    assert every <= read


def test_the_definitions_name_the_data_sets_of_the_lists() -> None:
    listed = {found["dataset"].partition(" ")[0] for found in LISTS.values()}
    assert {load_definition(name).source.dataset for name in definition_names()} <= listed
