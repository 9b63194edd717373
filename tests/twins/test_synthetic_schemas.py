"""Each twin has its benchmark's own columns, enough rows, and images that open."""

from __future__ import annotations

import ast
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from prism_eval.twins import ensure, names

Rows = list[dict[str, Any]]
_SEVEN = {f"image_{index}" for index in range(1, 8)}
COLUMNS = {
    "chartqa": {"type", "question", "answer", "image"},
    "chartqapro": {"Question", "Answer", "Question Type", "image", "Year", "Paragraph"},
    "infovqa": {"questionId", "question", "answers", "image", "data_split"},
    "charxiv": {"image", "num_subplots", "subplot_row", "subplot_col", "subplot_loc", "reasoning_q", "reasoning_a"}
    | {f"descriptive_{kind}{index}" for kind in "qa" for index in range(1, 5)},
    "mmmu": {"id", "question", "options", "answer", "question_type", "subfield", "topic_difficulty"} | _SEVEN,
    "mmmu_pro": {"id", "question", "options", "answer", "subject", "topic_difficulty"} | _SEVEN,
    "mmstar": {"index", "question", "image", "answer", "category", "l2_category", "meta_info"},
    "seedbench2plus": {"question_id", "question", "answer", "image", "question_image_type"}
    | {f"choice_{letter}" for letter in "ABCD"},
    "mathverse": {"sample_index", "problem_index", "problem_version", "question", "image", "answer", "question_type"}
    | {"metadata", "query_wo", "query_cot"},
    "mathvision": {"id", "question", "options", "image", "decoded_image", "answer", "level", "subject"},
    "wemath": {"ID", "knowledge concept", "question", "option", "answer", "image_path", "key", "question number"},
    "visulogic": {"id", "image_path", "question", "label", "tag", "image"},
}
FOLDERS = {"mmmu_pro": "standard (10 options)"}


def test_there_is_a_twin_of_each_of_the_twelve() -> None:
    assert set(names()) == set(COLUMNS)


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_rows_have_the_benchmarks_columns(name: str, twin: Callable[..., Rows]) -> None:
    rows = twin(name, folder=FOLDERS.get(name, ""))
    assert COLUMNS[name] | {"facts"} <= set(rows[0])
    questions = 5 if name == "charxiv" else 1
    assert len(rows) * questions >= 24


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_images_are_distinct_readable_and_small(
    name: str, twin: Callable[..., Rows], images_of: Callable[..., list[bytes]]
) -> None:
    rows = twin(name, folder=FOLDERS.get(name, ""))
    images = {hashlib.sha256(data).hexdigest(): data for row in rows for data in images_of(row)}
    assert len(images) >= 12
    for data in images.values():
        assert len(data) < 150_000
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
            assert picture.format == "PNG"
            assert min(picture.size) >= 180


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_facts_are_one_list_for_each_image_and_belong_to_it(
    name: str, twin: Callable[..., Rows], images_of: Callable[..., list[bytes]]
) -> None:
    said: dict[bytes, list[str]] = {}
    for row in twin(name, folder=FOLDERS.get(name, "")):
        images = images_of(row)
        assert len(row["facts"]) == len(images)
        for image, facts in zip(images, row["facts"], strict=True):
            assert len(facts) == len(set(facts)) > 0
            assert said.setdefault(image, facts) == facts


@pytest.mark.parametrize("name", ["chartqa", "infovqa", "mmmu", "seedbench2plus", "wemath"])
def test_the_table_names_its_features_for_the_datasets_library(name: str) -> None:
    metadata = pq.read_schema(ensure(name) / name / "data.parquet").metadata
    features = json.loads(metadata[b"huggingface"])["info"]["features"]
    assert {"_type": "Image"} in features.values()
    assert "facts" in features


def test_mmmu_has_questions_on_two_images_that_name_both(twin: Callable[..., Rows]) -> None:
    pairs = [row for row in twin("mmmu") if row["image_2"] is not None]
    assert len(pairs) >= 3
    assert all("<image 1>" in row["question"] and "<image 2>" in row["question"] for row in pairs)
    assert all(row["image_3"] is None for row in pairs)


def test_mmmu_options_are_lists_in_strings(twin: Callable[..., Rows]) -> None:
    kinds = {row["question_type"]: ast.literal_eval(row["options"]) for row in twin("mmmu")}
    assert kinds["open"] == []
    assert len(kinds["multiple-choice"]) == 4


@pytest.mark.parametrize("folder", ["standard (10 options)", "standard (4 options)", "vision"])
def test_mmmu_pro_has_its_three_configurations(folder: str, twin: Callable[..., Rows]) -> None:
    widths = [len(ast.literal_eval(row["options"])) for row in twin("mmmu_pro", folder=folder)]
    assert max(widths) == (4 if "4" in folder else 10)


def test_mmmu_pro_asks_the_same_in_both_standard_configurations(twin: Callable[..., Rows]) -> None:
    ten, four = (twin("mmmu_pro", folder=f"standard ({width} options)") for width in (10, 4))
    assert [(row["question"], row["image_1"]) for row in ten] == [(row["question"], row["image_1"]) for row in four]


def test_wemath_groups_are_whole(twin: Callable[..., Rows]) -> None:
    groups: dict[str, set[str]] = {}
    for row in twin("wemath"):
        groups.setdefault(row["ID"], set()).add(row["key"])
    for name, keys in groups.items():
        steps = int(name[0])
        assert keys == {f"{steps}steps_{part}" for part in (*range(1, steps + 1), "multi")}


def test_chartqapro_asks_all_five_sorts_of_question(twin: Callable[..., Rows]) -> None:
    rows = twin("chartqapro")
    sorts = {row["Question Type"] for row in rows}
    assert sorts == {"Factoid", "Multi Choice", "Conversational", "Fact Checking", "Hypothetical"}
    assert all(len(row["Question"]) == len(row["Answer"]) == len(row["Year"]) for row in rows)
    assert {len(row["Question"]) for row in rows if row["Question Type"] == "Conversational"} == {2}
