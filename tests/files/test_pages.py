"""A Parquet file whose footer says less than its pages become is refused by what the pages say."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prism_eval.benchmarks.rows import RowError
from prism_eval.benchmarks.sources.parquet import parquet_rows, parquet_size
from prism_eval.captioners.file import File
from prism_eval.data_sets.tables import TablePart
from prism_eval.errors import DataError, RunError, UsageError
from prism_eval.files import pages
from prism_eval.files.pages import check_pages
from prism_eval.gate.baseline import read_baseline
from prism_eval.run.reading import Table
from tests.faults.mutations import damaged
from tests.memory import MEASURE

LARGE = 2**20
"""Characters of the one text of a lying file."""


def zigzag(number: int, length: int = 0) -> bytes:
    """A number as Thrift writes it; in more bytes than it takes, if so many are asked for."""
    value, out = (number << 1) ^ (number >> 63), bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    while len(out) < length:
        out[-1] |= 128
        out.append(0)
    return bytes(out)


def lying(path: Path, *, length: int = LARGE, rows: int = 400) -> Path:
    """Captions of which each is large, and a footer that says of none how large it is."""
    texts = pa.array([chr(97 + row % 26) * length for row in range(rows)])
    table = pa.table({"image": [f"{row}.png" for row in range(rows)], "caption": texts})
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False, store_schema=False)
    data = path.read_bytes()
    size = int.from_bytes(data[-8:-4], "little")
    group = pq.read_metadata(path).row_group(0)
    footer = data[-8 - size : -8]
    for stated in (group.column(1).total_uncompressed_size, group.total_byte_size):
        assert zigzag(stated) in footer
        footer = footer.replace(zigzag(stated), zigzag(1000, len(zigzag(stated))))
    path.write_bytes(data[: -8 - size] + footer + data[-8:])
    assert pq.read_metadata(path).row_group(0).column(1).total_uncompressed_size == 1000
    return path


@given(
    st.integers(0, 300),
    st.sampled_from(["none", "snappy", "zstd", "gzip"]),
    st.booleans(),
    st.sampled_from(["1.0", "2.0"]),
    st.sampled_from([200, 5000, 2**20]),
    st.integers(1, 200),
)
@settings(max_examples=60)
def test_headers_say_what_an_honest_footer_says(
    tmp_path_factory: pytest.TempPathFactory,
    rows: int,
    compression: str,
    dictionary: bool,
    version: str,
    page: int,
    group: int,
) -> None:
    random, path = Random(rows), tmp_path_factory.mktemp("pages") / "table.parquet"
    texts = [random.choice([None, "a", "word " * random.randrange(40)]) for _ in range(rows)]
    table = pa.table(
        {"t": pa.array(texts, pa.string()), "l": pa.array([[1.5, None]] * rows), "i": pa.array(range(rows))}
    )
    how = {"compression": compression, "use_dictionary": dictionary, "data_page_version": version}
    pq.write_table(table, path, data_page_size=page, row_group_size=group, write_statistics=bool(rows % 2), **how)
    metadata = pq.read_metadata(path)
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    columns = [one.column(at) for one in groups for at in range(3)]
    told = list(check_pages(path, metadata, ["t", "l", "i"]))
    assert len(told) == len(columns)
    for found, stated in zip(told, columns, strict=True):
        # The footer counts the headers, too.
        assert found.size <= stated.total_uncompressed_size
        assert found.size > 0 or not rows
        assert not found.dictionary or stated.has_dictionary_page
    assert not (rows and dictionary) or told[-1].dictionary > 0


def test_every_door_refuses_what_the_pages_say(tmp_path: Path) -> None:
    path = lying(tmp_path / "captions.parquet")
    assert path.stat().st_size < 2**20
    with pytest.raises(DataError, match="bytes and more in one row group"):
        File(model=path)
    (row,) = parquet_rows(path, ["image", "caption"])
    assert isinstance(row, RowError)
    assert "bytes and more in one row group" in str(row)
    lying(tmp_path / "captions.parquet")
    table = pq.read_table(path, columns=["image"]).append_column("text", pa.array(["x" * LARGE] * 400))
    pq.write_table(table, path, compression="zstd", use_dictionary=False)
    for read in (Table.rows, Table.batches):
        with pytest.raises(RunError, match="bytes and more in one row group"):
            list(read(Table(tmp_path, "captions"), ["text"]))
    with pytest.raises(RunError, match="bytes and more in one row group"):
        Table(tmp_path, "captions").columns({"text": "string"})


def test_a_name_of_a_column_that_is_no_text_is_no_traceback(tmp_path: Path) -> None:
    # One bit of the schema, which stands before the columns in the footer.
    path = tmp_path / "captions.parquet"
    pq.write_table(pa.table({"image": ["a.png"], "text": ["a bar"], "digest": ["a"]}), path)
    whole = path.read_bytes()
    at = whole.rindex(b"image", 0, whole.rindex(b"image"))
    path.write_bytes(whole[:at] + bytes([whole[at] | 128]) + whole[at + 1 :])
    with pytest.raises(UnicodeDecodeError):
        pq.ParquetFile(path)
    with pytest.raises(DataError):
        File(model=path)
    with pytest.raises(DataError):
        TablePart(path).check()
    with pytest.raises(RowError):
        parquet_size(path)
    (row,) = parquet_rows(path, ["image"])
    assert isinstance(row, RowError)
    with pytest.raises(RunError, match="cannot be read"):
        list(Table(tmp_path, "captions").rows(["text"]))
    with pytest.raises(UsageError, match="is no baseline"):
        read_baseline(path)


def test_a_path_of_something_else_than_texts_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"image": ["a.png"]}), path, store_schema=False)
    whole = path.read_bytes()
    # Thrift's list of one text: not the schema's, but where the column is.
    at = whole.rindex(b"\x18\x05image")
    path.write_bytes(whole[:at] + b"\x11" + whole[at + 1 :])
    metadata = pq.read_metadata(path)
    with pytest.raises(OSError, match="its footer is damaged"):
        list(check_pages(path, metadata, ["image"]))


def test_a_row_group_that_is_large_in_the_file_too_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_OF_A_GROUP", 1000)
    path = tmp_path / "photographs.parquet"
    noise = [Random(row).randbytes(5000) for row in range(20)]
    pq.write_table(pa.table({"image": noise}), path, use_dictionary=False)
    assert [row.values["image"] for row in parquet_rows(path, ["image"])] == noise  # type: ignore[union-attr]


@given(st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_damaged_files_end_in_an_error_of_the_file(tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    path = tmp_path_factory.mktemp("damaged") / "table.parquet"
    pq.write_table(pa.table({"image": ["a.png"] * 50, "caption": [f"text {row}" for row in range(50)]}), path)
    path.write_bytes(damaged(path.read_bytes(), random))
    for row in parquet_rows(path, ["image", "caption"]):
        assert row is not None


@pytest.mark.parametrize("seed", [3867, 19951])
def test_a_footer_at_which_arrow_ends_the_program_is_an_error_of_the_file(tmp_path: Path, seed: int) -> None:
    # Its counts of levels are damaged: asked for that column, pyarrow 26 aborts.
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"image": ["a.png"] * 50, "caption": [f"text {row}" for row in range(50)]}), path)
    path.write_bytes(damaged(path.read_bytes(), Random(seed)))
    *_, last = parquet_rows(path, ["image", "caption"])
    assert isinstance(last, RowError)


def test_a_footer_that_counts_other_columns_than_its_reader_is_damage(tmp_path: Path) -> None:
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    pq.write_table(pa.table({"image": ["a"]}), one)
    pq.write_table(pa.table({"image": ["a"], "caption": ["b"]}), two)
    with pytest.raises(OSError, match="its footer is damaged"):
        list(check_pages(one, pq.read_metadata(two), ["image"]))


def test_columns_are_measured_by_the_first_part_of_their_path(tmp_path: Path) -> None:
    path = tmp_path / "nested.parquet"
    rows = [{"image": {"bytes": b"x" * 3000, "path": "a"}, "other": "y" * 9000}] * 4
    pq.write_table(pa.Table.from_pylist(rows), path, use_dictionary=False, row_group_size=2)
    sizes = [one.size for one in check_pages(path, pq.read_metadata(path), ["image"])]
    assert [size >= 6000 for size in sizes] == [True, False] * 2
    assert max(sizes) < 9000


MEASURED = f"""{MEASURE}
import sys
from tests.files import test_pages as lies
import pyarrow.parquet, prism_eval.captioners.file
base = megabytes()
for row in lies.parquet_rows(Path(sys.argv[1]), ["image", "caption"]):
    pass
print(megabytes() - base)
"""


def test_the_memory_of_a_lie_is_that_of_its_headers(tmp_path: Path) -> None:
    path = lying(tmp_path / "captions.parquet")
    root = Path(__file__).parents[2]
    words = [sys.executable, "-c", MEASURED, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False, cwd=root)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 50


@given(st.binary(max_size=300) | st.integers(0, 15).map(lambda kind: bytes([16 + kind, *[16 + kind] * 5000])))
def test_whatever_stands_where_a_header_should_is_a_header_or_none(data: bytes) -> None:
    found = pages._header(io.BytesIO(data), 0)
    assert found is None or found[1] <= len(data)
