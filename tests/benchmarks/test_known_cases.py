"""Data that was read wrongly once, as it was found."""

from __future__ import annotations

from pathlib import Path

import pytest

from prism_eval.benchmarks import RowError, open_benchmark, verify
from prism_eval.schema import Item


def found(shared: Path, case: str, name: str) -> list[Item | RowError]:
    return list(open_benchmark(name, shared / "cases" / case).items_and_problems())


def test_options_printed_by_numpy_are_no_option(shared: Path) -> None:
    assert [row.reason for row in found(shared, "one_option", "mmmu") if isinstance(row, RowError)] == [
        "options do not parse",
        "options do not parse",
    ]


def test_two_rows_of_one_id_are_two_items(shared: Path) -> None:
    rows = found(shared, "duplicate_ids", "mmmu")
    assert [(row.id, row.golds) for row in rows if isinstance(row, Item)] == [
        ("1", ("A",)),
        ("1#2", ("B",)),
        ("2", ("A",)),
    ]


def test_an_empty_gold_that_is_data_is_asked(shared: Path) -> None:
    rows = found(shared, "chartqapro_empty_gold", "chartqapro")
    assert [row.golds for row in rows if isinstance(row, Item)] == [("3",), ("",)]
    assert not verify(open_benchmark("chartqapro", shared / "cases" / "chartqapro_empty_gold")).problems


def test_a_text_longer_than_a_name_is_an_image_that_is_missing(shared: Path) -> None:
    (error,) = found(shared, "long_image_text", "chartqa")
    assert isinstance(error, RowError)
    assert error.reason == "image missing"


@pytest.mark.parametrize("case", ["one_option", "duplicate_ids", "long_image_text"])
def test_verify_says_so(shared: Path, case: str) -> None:
    name = next(path.name for path in (shared / "cases" / case).iterdir() if path.is_dir())
    assert verify(open_benchmark(name, shared / "cases" / case)).problems


@pytest.mark.parametrize(("name", "items"), [("mmmu", 4), ("chartqa", 5), ("infovqa", 3)])
def test_caprl_questions_in_the_shape_of_its_program(shared: Path, name: str, items: int) -> None:
    report = verify(open_benchmark(f"{name}:caprl", shared / "cases" / "caprl_golden"))
    assert (report.ok, report.items) == (True, items)
