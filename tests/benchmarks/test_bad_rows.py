from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prism_eval.benchmarks import open_benchmark, verify
from prism_eval.errors import DataError
from prism_eval.files.budgets import MAX_BYTES

GOOD: dict[str, Any] = {
    "id": "one",
    "question": "Which <image 1>?",
    "question_type": "multiple-choice",
    "options": "['x', 'y']",
    "answer": "B",
    "image_1": "a.png",
}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


BAD = {
    "renamed column": ({**without("question"), "query": "?"}, "no column 'question'.*columns: .*query"),
    "options no list": ({**GOOD, "options": "['x', "}, "options do not parse"),
    "options a call": ({**GOOD, "options": "__import__('os').getcwd()"}, "options do not parse"),
    "options a number": ({**GOOD, "options": "7"}, "expected a list"),
    "options nested": ({**GOOD, "options": "[['x'], 'y']"}, "an option is list, not text"),
    "options huge": ({**GOOD, "options": "[" * 100_000}, "more than 50000"),
    "options deep": ({**GOOD, "options": "[" * 5_000}, "options do not parse"),
    "options many": ({**GOOD, "options": [str(number) for number in range(27)]}, "27 options"),
    "no options": ({**GOOD, "options": "[]"}, "a multiple-choice row without options"),
    "gold outside": ({**GOOD, "answer": "C"}, "the gold answer 'C' is not among the options A-B"),
    "gold null": ({**GOOD, "answer": None}, "there is no gold answer"),
    "gold empty": ({**GOOD, "question_type": "open", "answer": " "}, "the gold answer is empty"),
    "kind unknown": ({**GOOD, "question_type": "essay"}, "'essay' is not a kind of question"),
    "question empty": ({**GOOD, "question": " "}, "the question is empty"),
    "image missing": ({**GOOD, "image_1": "c.png"}, "image 'c.png' is not in"),
    "image null": ({**GOOD, "image_1": None}, "item one has no image"),
    "image a number": ({**GOOD, "image_1": 3}, "neither bytes nor a path"),
    "image above": ({**GOOD, "image_1": "../a.png"}, "refused image path '../a.png'"),
    "image above, Windows": ({**GOOD, "image_1": "..\\a.png"}, "refused image path"),
    "image absolute": ({**GOOD, "image_1": "/etc/passwd"}, "refused image path '/etc/passwd'"),
    "id empty": ({**GOOD, "id": None}, "the row's id is empty"),
    "not JSON": ('{"id": ', "not JSON"),
    "not an object": ("[1]", "expected an object, found list"),
    "not a number": ('{"id": NaN}', "the row's id is empty"),
    "facts": ({**GOOD, "facts": [["x"], ["y"]]}, "facts must be one list for each of 1 images"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_one_line_that_says_where(jsonl_folder: Any, case: str) -> None:
    row, message = BAD[case]
    data = jsonl_folder("mmmu", [{**GOOD, "id": "zero"}, row])
    with pytest.raises(DataError, match=message) as caught:
        list(open_benchmark("mmmu", data).items())
    text = str(caught.value)
    assert "mmmu" in text
    assert "data.jsonl line 2" in text
    assert "\n" not in text


def test_the_item_is_named(jsonl_folder: Any) -> None:
    data = jsonl_folder("mmmu", [{**GOOD, "answer": "Q"}])
    with pytest.raises(DataError, match=r"line 1 \(item one\)"):
        list(open_benchmark("mmmu", data).items())


def test_verify_survives_all_of_it_and_reports_it_together(jsonl_folder: Any) -> None:
    rows = [row for row, _ in BAD.values()]
    named = [isinstance(row, dict) and row["id"] is not None for row in rows]
    cases = [{**row, "id": f"bad {n}"} if has else row for n, (row, has) in enumerate(zip(rows, named, strict=True))]
    data = jsonl_folder("mmmu", [{**GOOD, "id": "first"}, *cases, {**GOOD, "id": "last"}])
    report = verify(open_benchmark("mmmu", data))
    assert (report.items, report.failed - len(report.missing), report.ok) == (2, len(cases), False)
    assert report.problems["unsafe path"].count == 3
    assert report.problems["line is not JSON"].count == 2
    assert report.problems["options do not parse"].count == 7
    assert len(report.problems["options do not parse"].examples) == 3


def test_verify_opens_images_and_knows_ids(jsonl_folder: Any, png: Any) -> None:
    rows = [GOOD, GOOD, {**GOOD, "id": "cut", "image_1": "b.png"}, {**GOOD, "id": "grey", "image_1": "c.png"}]
    data = jsonl_folder("mmmu", rows)
    (data / "mmmu" / "images" / "b.png").write_bytes(png(1)[:-20])
    broken = png(2)
    (data / "mmmu" / "images" / "c.png").write_bytes(broken[:45] + b"\0\0\0\0" + broken[49:])
    report = verify(open_benchmark("mmmu", data))
    assert {reason: problem.count for reason, problem in report.problems.items()} == {
        "id not unique": 1,
        "image does not open": 2,
    }
    assert (report.items, report.images) == (4, 3)


def test_verify_is_content_with_good_data(jsonl_folder: Any) -> None:
    report = verify(open_benchmark("mmmu", jsonl_folder("mmmu", [GOOD])))
    assert not report.problems
    assert (report.items, report.images, report.expected_rows) == (1, 1, 900)
    assert report.missing == ("900 rows are published; found here: 1",)


def test_verify_reports_a_folder_without_files(tmp_path: Path) -> None:
    (tmp_path / "mmmu").mkdir()
    report = verify(open_benchmark("mmmu", tmp_path))
    assert "neither Parquet files" in report.problems["data missing"].examples[0]


@pytest.mark.parametrize(
    "spoil", [lambda _: b"", lambda data: data[:60], lambda data: data[:100] + b"\xff" * 200 + data[300:]]
)
def test_a_spoilt_parquet_file(parquet_folder: Any, png: Any, spoil: Callable[[bytes], bytes]) -> None:
    data = parquet_folder("mmmu", [{**GOOD, "image_1": png(shade)} for shade in range(30)])
    path = data / "mmmu" / "data.parquet"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError, match=r"data\.parquet") as caught:
        list(open_benchmark("mmmu", data).items())
    assert "\n" not in str(caught.value)
    assert not verify(open_benchmark("mmmu", data)).ok


def test_a_renamed_column_lists_those_there_are(parquet_folder: Any, png: Any) -> None:
    data = parquet_folder("mmmu", [{**without("options"), "choices": "['x', 'y']", "image_1": png(0)}])
    with pytest.raises(DataError, match=r"no column 'options' for the options \(columns: .*choices"):
        list(open_benchmark("mmmu", data).items())


def test_a_huge_image_file_is_not_read(jsonl_folder: Any) -> None:
    data = jsonl_folder("mmmu", [GOOD])
    with (data / "mmmu" / "images" / "a.png").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(DataError, match="more than"):
        list(open_benchmark("mmmu", data).items())


@pytest.mark.parametrize("member", ["../a.png", "/tmp/a.png", "..\\a.png", "x/../../a.png"])
def test_an_archive_that_leads_out_is_refused(jsonl_folder: Any, png: Any, member: str) -> None:
    data = jsonl_folder("mmmu", [GOOD], images=())
    with zipfile.ZipFile(data / "mmmu" / "images.zip", "w") as archive:
        archive.writestr(member, png(0))
    with pytest.raises(DataError, match=r"images\.zip: refused, member .* leads out of the archive"):
        list(open_benchmark("mmmu", data).items())
    assert verify(open_benchmark("mmmu", data)).problems["unsafe path"].count == 1


def test_a_spoilt_archive(jsonl_folder: Any, png: Any) -> None:
    data = jsonl_folder("mmmu", [GOOD], images=())
    path = data / "mmmu" / "images.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images/a.png", png(0))
    whole = path.read_bytes()
    path.write_bytes(whole[:50] + bytes(20) + whole[70:])
    with pytest.raises(DataError, match="cannot be read"):
        list(open_benchmark("mmmu", data).items())
    path.write_bytes(whole[:-30])
    with pytest.raises(DataError, match="not a zip archive"):
        list(open_benchmark("mmmu", data).items())
