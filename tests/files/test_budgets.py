"""Small files that would become large: what is taken in of them is bounded, whatever they claim."""

from __future__ import annotations

import gzip
import io
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image as Pillow

from prism_eval.benchmarks.catalogue import load_definition
from prism_eval.benchmarks.reading.image_check import check_image
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.archive import Archive
from prism_eval.benchmarks.sources.image_files import ImageFiles
from prism_eval.benchmarks.sources.jsonl import jsonl_rows
from prism_eval.benchmarks.sources.parquet import parquet_rows
from prism_eval.benchmarks.sources.tree import files_in
from prism_eval.captioners.file import File
from prism_eval.captioners.ocr.decoding import decode
from prism_eval.engines.pixels import opened, refitted, upright
from prism_eval.errors import DataError, PermanentError, UsageError
from prism_eval.files import budgets
from prism_eval.files.budgets import MAX_PIXELS, read_most
from prism_eval.files.toml import read_toml
from prism_eval.plugins.specs import Spec
from prism_eval.schema import Image
from tests.memory import MEASURE


@pytest.mark.parametrize(("size", "read"), [(0, 0), (9, 9), (10, 10), (11, 11), (5000, 11)])
def test_a_file_is_read_to_its_end_or_to_one_byte_more_than_is_wanted(tmp_path: Path, size: int, read: int) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    assert len(read_most(tmp_path / "file", 10)) == read


def test_what_is_read_counts_and_not_what_the_file_system_says() -> None:
    told = Path("/proc/self/status")
    if not told.exists():
        pytest.skip("this system has no files that are larger than it says")
    assert told.stat().st_size == 0
    assert read_most(told, 10**6).endswith(b"\n")
    assert len(read_most(told, 10)) == 11


def test_no_more_is_set_aside_for_a_file_than_it_has(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 1000)
    tracemalloc.start()
    try:
        read_most(tmp_path / "file", 2**30)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def png(width: int, height: int, *, bits: int = 1, color: int = 0) -> bytes:
    """A PNG of zeros, a few bytes for each line of pixels."""
    line = (width * bits * {0: 1, 6: 4}[color] + 7) // 8 + 1
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(b"\0" * line) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def repeated(path: Path, *, rows: int, length: int) -> Path:
    """A captions file of one long text that every row has."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * length])
    table = pa.table({"image": [f"{number}.png" for number in range(rows)], "caption": texts})
    pq.write_table(table, path, compression="zstd", store_schema=False)
    return path


MEASURED = f"""{MEASURE}
import sys
from tests.files import test_budgets as small
base = megabytes()
getattr(small, sys.argv[1])(Path(sys.argv[2]))
print(megabytes() - base)
"""


def a_line_that_ocr_gives_margins(_: Path) -> None:
    picture = decode(Image(png(MAX_PIXELS, 1)), max_pixels=4_000_000)
    assert picture.width * picture.height <= 4_000_000


def a_large_picture_on_a_clear_ground(_: Path) -> None:
    refitted(Image(png(7000, 7000, bits=8, color=6)), max_pixels=10_000, image_format="png")


def a_captions_file_of_one_text(folder: Path) -> None:
    captions = File(model=repeated(folder / "captions.parquet", rows=20_000, length=100_000))
    assert captions.has(Image(b"", "19999.png"), 0)


@pytest.mark.parametrize(
    "what",
    [
        a_line_that_ocr_gives_margins,
        a_large_picture_on_a_clear_ground,
        a_captions_file_of_one_text,
    ],
)
def test_a_small_file_takes_no_large_machine(what, tmp_path: Path) -> None:
    words = [sys.executable, "-c", MEASURED, what.__name__, str(tmp_path)]
    root = Path(__file__).parents[2]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, cwd=root)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 450


def test_one_limit_of_pixels_holds_at_every_door() -> None:
    image = Image(png(MAX_PIXELS + 8, 1))
    with pytest.raises(PermanentError, match=str(MAX_PIXELS)):
        check_image(image)
    with pytest.raises(PermanentError, match=str(MAX_PIXELS)):
        opened(image)
    check_image(Image(png(MAX_PIXELS, 1)))
    assert opened(Image(png(MAX_PIXELS, 1))).width == MAX_PIXELS


@pytest.mark.parametrize(("form", "mode"), [("WEBP", "RGB"), ("TIFF", "F"), ("PNG", "I;16")])
def test_what_takes_twice_the_memory_has_half_the_pixels(form: str, mode: str) -> None:
    file = io.BytesIO()
    Pillow.new(mode, (6_000, 4_200)).save(file, form, **({"compression": "tiff_deflate"} if form == "TIFF" else {}))
    for door in (check_image, opened):
        with pytest.raises(PermanentError, match=str(MAX_PIXELS // 2)):
            door(Image(file.getvalue()))


def test_a_pipe_that_is_called_an_archive_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "images.zip")
    with pytest.raises(RowError, match="not a zip archive"):
        Archive(tmp_path / "images.zip")


def test_a_picture_laid_on_white_in_strips_is_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:

    picture = Pillow.effect_noise((37, 41), 90).convert("RGBA")
    picture.putalpha(Pillow.effect_noise((37, 41), 90))
    white = Pillow.new("RGBA", picture.size, "white")
    whole = Pillow.alpha_composite(white, picture).convert("RGB")
    monkeypatch.setattr("prism_eval.engines.pixels._PIECE", 100)
    assert upright(picture).tobytes() == whole.tobytes()


def _row(name: str) -> Row:
    return Row(0, {"image": name}, "data.jsonl line 1", ())


def test_a_zip_member_is_read_and_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prism_eval.benchmarks.sources.image_files.MAX_BYTES", 1000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", b"\0" * 5000)
    lying = packed.getvalue().replace(struct.pack("<I", 5000), struct.pack("<I", 10))
    for name, data in (("honest", packed.getvalue()), ("lying", lying)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "images.zip").write_bytes(data)
        with pytest.raises(RowError):
            ImageFiles(tmp_path / name).read(_row("a.png"), "a.png")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_unpacks_all_at_once_is_not_begun(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "images.zip", "w", method) as archive:
        archive.writestr("a.png", b"\0" * 5000)
    with pytest.raises(RowError, match="pack it with deflate"):
        ImageFiles(tmp_path).read(_row("a.png"), "a.png")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero")
def test_a_device_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file but a device or a pipe"):
        File(model=Path("/dev/zero"))
    with pytest.raises(UsageError, match="no file but a device or a pipe"):
        read_toml(Path("/dev/zero"), "the plan")
    (tmp_path / "data.jsonl").symlink_to("/dev/zero")
    (row,) = jsonl_rows(tmp_path / "data.jsonl")
    assert isinstance(row, RowError)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="no file but a device or a pipe"):
        File(model=tmp_path / "pipe")


def test_a_file_that_leads_out_of_the_data_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(3, 3))
    home = tmp_path / "data" / "chartqa"
    home.mkdir(parents=True)
    (home / "out.png").symlink_to(tmp_path / "secret.png")
    (home / "own.png").write_bytes(png(4, 4))
    (home / "in.png").symlink_to("own.png")
    files = ImageFiles(home)
    assert files.read(_row("in.png"), "in.png") == png(4, 4)
    with pytest.raises(RowError, match="a link that leads out of"):
        files.read(_row("out.png"), "out.png")
    # Behind a folder that is a link all files are somebody's own.
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "far.png").write_bytes(png(5, 5))
    (home / "deep").mkdir()
    (home / "deep" / "images").symlink_to(tmp_path / "mine")
    with pytest.raises(RowError, match="a link that leads out of"):
        files.read(_row("far"), "deep/images/far.png")
    with pytest.raises(DataError, match="images is a link that leads out of"):
        files_in(home, load_definition("chartqa").source)
    (home / "deep" / "images").unlink()
    # Rows, too: what they hold goes to servers and into tables.
    (tmp_path / "diary.jsonl").write_text("{}")
    (home / "data.jsonl").symlink_to(tmp_path / "diary.jsonl")
    with pytest.raises(DataError, match="a link that leads out of"):
        files_in(home, load_definition("chartqa").source)


def test_dates_that_no_calendar_has_are_one_line(tmp_path: Path) -> None:
    table = pa.table({"when": pa.array([2**40], pa.timestamp("s")), "image": ["a"], "caption": ["b"]})
    pq.write_table(table, tmp_path / "data.parquet")
    (row,) = parquet_rows(tmp_path / "data.parquet", {"when"})
    assert isinstance(row, RowError)


def test_parts_within_parts_have_a_depth() -> None:
    with pytest.raises(UsageError, match="a part of more than 32 others"):
        Spec.parse("merge(" * 3000 + "blind" + ")" * 3000)
    assert Spec.parse("merge(" * 9 + "blind" + ")" * 9).parts


def test_a_line_and_a_document_that_do_not_end_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "MAX_LINE", 1000)
    monkeypatch.setattr(budgets, "MAX_DOCUMENT", 1000)
    with gzip.open(tmp_path / "data.jsonl.gz", "wb") as file:
        file.write(b'{"a": 1}\n' + b" " * 2000)
    good, bad = jsonl_rows(tmp_path / "data.jsonl.gz")
    assert isinstance(good, Row)
    assert isinstance(bad, RowError)
    (tmp_path / "plan.toml").write_text("# " + "x" * 2000)
    with pytest.raises(UsageError, match="more than"):
        read_toml(tmp_path / "plan.toml", "the plan")


@pytest.mark.parametrize("name", ["captions.jsonl", "captions.parquet"])
def test_a_caption_has_a_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("prism_eval.captioners.file.MAX_CHARACTERS", 100)
    if name.endswith("parquet"):
        repeated(tmp_path / name, rows=2, length=101)
    else:
        (tmp_path / name).write_text('{"image": "0.png", "caption": "%s"}' % ("x" * 101))
    with pytest.raises(DataError, match="row 1: a caption of 101 characters, more than 100"):
        File(model=tmp_path / name)


def test_a_column_that_is_no_text_is_still_told_by_its_row(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": ["a"], "caption": [1]}), tmp_path / "c.parquet")
    with pytest.raises(DataError, match="row 1: the caption is not text"):
        File(model=tmp_path / "c.parquet")


def test_memory_that_runs_out_fails_an_image(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("prism_eval.engines.pixels.upright", exhausted)
    with pytest.raises(PermanentError, match="MemoryError"):
        refitted(Image(png(9, 9)), max_pixels=10, image_format="png")
