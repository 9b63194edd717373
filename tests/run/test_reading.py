"""A table read back in parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prism_eval.errors import RunError
from prism_eval.run.reading import LABEL, Table, read_manifest
from prism_eval.run.tables import COMPARABLE, PLAN_DIGEST


@pytest.fixture
def table(tmp_path: Path) -> Table:
    rows = pa.table({"name": [f"n{row % 7}" for row in range(100)], "row": np.arange(100), "text": ["x"] * 100})
    pq.write_table(rows, tmp_path / "answers.parquet", row_group_size=9)
    return Table(tmp_path, "answers")


def test_where_nothing_is_there_what_comes_first_is_to_be_made_first(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"verdicts\.parquet does not exist; make them again: prism-eval run --plan"):
        list(Table(tmp_path, "verdicts").rows(["item"]))
    (tmp_path / "captions.parquet").write_bytes(b"")
    with pytest.raises(RunError, match=r"verdicts\.parquet does not exist; answer again: prism-eval answer"):
        list(Table(tmp_path, "verdicts").rows(["item"]))
    (tmp_path / "answers.parquet").write_bytes(b"")
    with pytest.raises(RunError, match=r"verdicts\.parquet does not exist; score the run again: prism-eval score"):
        list(Table(tmp_path, "verdicts").rows(["item"]))


def test_columns_have_one_dictionary_over_all_row_groups(table: Table) -> None:
    columns = table.columns({"name": LABEL, "row": "double"})
    names = columns["name"].chunk(0)
    assert (names.dictionary.to_pylist(), names.indices.to_pylist()[:8]) == (
        [f"n{number}" for number in range(7)],
        [0, 1, 2, 3, 4, 5, 6, 0],
    )
    assert columns["row"].type == "double"


@pytest.mark.parametrize("rows", [[], [0], [99], [8, 9], [50, 3, 98], list(range(100))])
def test_some_rows_come_by_rising_place_whatever_row_group_they_are_in(table: Table, rows: list[int]) -> None:
    taken = table.take(np.array(rows, dtype=np.int64), ("row", "name"))
    assert taken["row"].to_pylist() == sorted(rows)
    assert taken.num_rows == len(rows)


def test_row_groups_that_hold_no_wanted_row_are_left_alone(table: Table) -> None:
    whole = table.path.read_bytes()
    group = pq.read_metadata(table.path).row_group(5)
    start, length = group.column(2).data_page_offset, group.column(2).total_compressed_size
    table.path.write_bytes(whole[:start] + b"\xff" * (length // 2) + whole[start + length // 2 :])
    assert table.take(np.array([0, 99]), ("text",)).num_rows == 2
    with pytest.raises(RunError, match=r"answers\.parquet cannot be read \(.*\); answer again: prism-eval answer"):
        table.take(np.array([46]), ("text",))


def test_a_part_of_the_rows_is_read_as_if_there_were_no_others(table: Table) -> None:
    part = table.where("name", "n3")
    assert part.columns({"row": "int64"})["row"].to_pylist() == list(range(3, 100, 7))
    assert [row["row"] for row in part.rows(["row"])] == list(range(3, 100, 7))
    assert part.take(np.array([13, 0, 2]), ["row"])["row"].to_pylist() == [3, 17, 94]
    assert list(table.where("name", "n8").rows(["row"])) == []


def test_rows_come_one_by_one(table: Table) -> None:
    assert [row["row"] for row in table.rows(["row"])] == list(range(100))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 100_000,
        "[]",
        "{}",
        '{"benchmarks": [{}]}',
        '{"benchmarks": [], "protocol": "x"}',
        '{"benchmarks": [], "captioners": [1]}',
        '{"benchmarks": [{"name": "chartqa", "scorer": ["relaxed"]}]}',
        '{"benchmarks": [], "captioners": [{"identity": {}}]}',
        '{"benchmarks": [], "captioners": [{"label": "a", "identity": "oracle"}]}',
        '{"benchmarks": [], "reasoners": [{"label": 5}]}',
        '{"benchmarks": [], "counts": []}',
        '{"benchmarks": [], "counts": {"empty_captions": {"a": "many"}}}',
        '{"benchmarks": [], "looks": {"margin": -1}}',
        '{"benchmarks": [], "aggregates": [{"benchmark": "wemath"}]}',
    ],
)
def test_what_is_no_manifest_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=r"manifest\.json") as caught:
        read_manifest(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("said", [b"", b"\xff", b"[", b"[" * 100_000, b"[]", b'{"": 1}', b'{"": {}, "chartqa": []}'])
def test_what_a_table_says_of_itself_is_said_to_be_damaged_where_it_is(tmp_path: Path, said: bytes) -> None:
    with pq.ParquetWriter(tmp_path / "verdicts.parquet", pa.schema({}, metadata={PLAN_DIGEST: b"\xff"})) as writer:
        writer.add_key_value_metadata({COMPARABLE: said})
    table = Table(tmp_path, "verdicts")
    assert table.plan_digest() == "\N{REPLACEMENT CHARACTER}"
    with pytest.raises(RunError, match=r"says in no words of ours what .*; score the run again"):
        table.comparable()


def test_parts_of_a_manifest_that_are_said_to_be_nothing_are_as_if_they_were_not_there(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"benchmarks": [], "reasoner": null, "captioners": null, "counts": null}')
    assert read_manifest(tmp_path) == {"benchmarks": []}
