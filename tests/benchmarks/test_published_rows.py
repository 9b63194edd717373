"""Every published row at hand comes through the reading and every edition's check, or is named here with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prism_eval.benchmarks import Row, RowError, gold_problem, load_definition
from prism_eval.benchmarks.reading.converter import Converter
from prism_eval.benchmarks.reading.images import ImageReader
from prism_eval.benchmarks.sources.image_files import ImageFiles
from prism_eval.plugins import Spec, build
from prism_eval.schema import Item
from prism_eval.scoring.base import SCORER

# Most samples came without their images; whether the rows are read does not depend on which they show.
COLUMNS = ("image", "imgname", "image_path", "image_local_name", "figure_path", *(f"image_{n}" for n in range(1, 8)))
PICTURE = dict.fromkeys(COLUMNS, "a.png")
VERSIONS = {
    "Vision Intensive": "mathverse",
    "Vision Only": "mathverse:vision_only",
    "Vision Dominant": "mathverse:vision_dominant",
    "Text Dominant": "mathverse:text_dominant",
    "Text Lite": "mathverse:text_lite",
    "Text Only": "mathverse:text_dominant",  # a version without images, which no captioner can be asked about
}

FILES = {
    "chartqa/data.jsonl": 108,
    "chartqa/test_all_questions.jsonl": 2500,
    "chartqapro/questions_only.jsonl": 1948,
    "charxiv/data.jsonl": 10,
    "infovqa/data.jsonl": 1,
    "infovqa/ocrbench_infographicVQA.jsonl": 50,
    "infovqa/questions_only.jsonl": 333,
    "infovqa/questions_only_as_in_DAM-QA.jsonl": 333,
    "mathverse/data.jsonl": 60,
    "mathverse/testmini_rows_from_output_template.jsonl": 5,
    "mathverse/testmini_text_only_first100.jsonl": 100,
    "mathvision/data.jsonl": 60,
    "mmmu/data.jsonl": 60,
    "mmmu_pro/data.jsonl": 60,
    "mmmu_pro/vision_like.jsonl": 21,
    "mmstar/data.jsonl": 60,
    "visulogic/data_images_only.jsonl": 16,
    "wemath/data.jsonl": 60,
}
"""How many questions each file holds."""

UNUSABLE: dict[str, dict[str, int]] = {
    # The one infographic at hand comes without an id and without an answer.
    "infovqa/data.jsonl": {"id missing": 1},
    # Pictures alone, without ids, questions or labels.
    "visulogic/data_images_only.jsonl": {"id missing": 16},
}
"""By file, why how many of its rows cannot be used."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> ImageReader:
    from tests.builders import png

    folder = tmp_path_factory.mktemp("pictures")
    (folder / "a.png").write_bytes(png(1))
    return ImageReader(ImageFiles(folder))


def definition_of(file: str, row: dict[str, Any]) -> str:
    if "vision_like" in file:
        return "mmmu_pro:vision"
    version = row.get("problem_version") or row.get("metadata", {}).get("problem_version")
    return VERSIONS[version] if version else file.partition("/")[0]


def adapted(file: str, number: int, row: dict[str, Any]) -> dict[str, Any]:
    """The row with its picture, and under the data set's own names where the sample has others."""
    row = {**row, **{name: value for name, value in PICTURE.items() if row.get(name) is not None}}
    if "vision_like" in file:
        row = {**row, "id": number, "image": "a.png"}
    if "ocrbench" in file:
        row["questionId"] = row.pop("id")
        row["image"] = row["image_path"]
    return row


def read(path: Path, name: str, pictures: ImageReader) -> Iterator[Item | RowError]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        row = adapted(name, number, json.loads(line))
        converter = Converter(load_definition(definition_of(name, row)), pictures)
        yield from converter.items(Row(number, row, f"{name} row {number}"))


@pytest.mark.parametrize("file", FILES)
def test_every_published_row_is_read_and_can_be_scored(shared: Path, pictures: ImageReader, file: str) -> None:
    assert_usable(file, list(read(shared / "data" / file, file, pictures)))


def test_every_sample_file_is_read(shared: Path) -> None:
    there = {str(path.relative_to(shared / "data")) for path in (shared / "data").rglob("*.jsonl")}
    assert there == set(FILES)


def test_every_question_of_charxiv_is_read(shared: Path, pictures: ImageReader) -> None:
    folder = shared / "data" / "charxiv"
    reasoning, descriptive = (
        json.loads((folder / f"{part}_val.json").read_text()) for part in ("reasoning", "descriptive")
    )
    assert len(reasoning) == len(descriptive) == 1000
    converter = Converter(load_definition("charxiv"), pictures)
    found = [
        item
        for number, (key, row) in enumerate(reasoning.items())
        for item in converter.items(Row(number, _figure(row, descriptive[key]), f"figure {key}"))
    ]
    assert len(found) == 5000
    assert_usable("charxiv", found)


@pytest.mark.parametrize(
    ("name", "file", "items"),
    [
        ("mmmu_pro", "mmmu_pro/recorded_gpt4o.jsonl", 1592),
        ("mathvision", "mathvision/recorded_model_outputs.jsonl", 2931),
    ],
)
def test_rows_that_came_with_recorded_replies_are_read(
    shared: Path, pictures: ImageReader, name: str, file: str, items: int
) -> None:
    rows: dict[str, dict[str, Any]] = {}
    for line in (shared / "verdicts" / file).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rows[row["id"]] = {**row, "answer": row["gold"], "image": "a.png", "image_1": "a.png"}
    converter = Converter(load_definition(name), pictures)
    found = [item for number, row in enumerate(rows.values()) for item in converter.items(Row(number, row, "here"))]
    assert_usable(name, found)
    assert len(found) == items


def test_the_options_that_are_a_list_in_a_list(pictures: ImageReader) -> None:
    row = {"id": "validation_Accounting_29", "question": "?", "answer": "B", "image_1": "a.png"}
    row["options"] = "[['A', 'B', 'Not enough information']]"
    (item,) = Converter(load_definition("mmmu_pro"), pictures).items(Row(82, row, "row 82"))
    assert (item.options, item.golds) == (("A", "B", "Not enough information"), ("B",))


def _figure(reasoning: dict[str, Any], descriptive: dict[str, Any]) -> dict[str, Any]:
    told = {"descriptive_qids": descriptive["qids"], "descriptive_answers": descriptive["answers"]}
    return {**descriptive, **reasoning, **told, "figure_path": "a.png"}


def assert_usable(file: str, found: list[Item | RowError]) -> None:
    problems = [item for item in found if isinstance(item, RowError)]
    items = [item for item in found if isinstance(item, Item)]
    by_reason: dict[str, int] = {}
    for problem in problems:
        by_reason[problem.reason] = by_reason.get(problem.reason, 0) + 1
    assert by_reason == UNUSABLE.get(file, {}), problems[:3]
    assert len(found) == FILES.get(file, len(found))
    for benchmark in {item.benchmark for item in items}:
        for name in set(load_definition(benchmark).scoring.values()):
            scorer = build(SCORER, Spec.parse(name), {})
            unscored = [gold_problem(item, scorer) for item in items if item.benchmark == benchmark]
            scorer.close()
            assert not any(unscored), next(filter(None, unscored))
