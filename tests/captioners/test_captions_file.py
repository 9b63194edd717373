"""Captions that a user already has."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prism_eval.captioners.file import File
from prism_eval.errors import DataError, PermanentError
from prism_eval.schema import Image

RED, BLUE = Image(b"red bytes", "charts/red.png"), Image(b"blue bytes", "charts/blue.png")


def written(folder: Path, *rows: dict[str, object]) -> File:
    """A captioner of a JSONL file with these rows."""
    path = folder / "captions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return File(model=str(path))


@pytest.mark.parametrize("column", ["image", "digest", "sha256"])
async def test_found_by_digest(tmp_path: Path, column: str) -> None:
    captioner = written(tmp_path, {column: RED.digest.upper(), "caption": "A red bar."})
    assert (await captioner.caption([RED], sample=0)).text == "A red bar."


@pytest.mark.parametrize(
    "path", ["charts/red.png", "./charts/red.png", "charts\\red.png", "/data/images/red.png", "red.png"]
)
@pytest.mark.parametrize("column", ["image", "image_path", "path", "image_name"])
async def test_found_by_path_or_file_name(tmp_path: Path, column: str, path: str) -> None:
    captioner = written(tmp_path, {column: path, "text": "Red – ünïcode."}, {column: "x/blue.png", "text": "Blue."})
    assert (await captioner.caption([RED], sample=3)).text == "Red – ünïcode."


async def test_the_same_file_name_twice_is_not_guessed(tmp_path: Path) -> None:
    captioner = written(tmp_path, {"path": "a/red.png", "caption": "One."}, {"path": "b/red.png", "caption": "Two."})
    with pytest.raises(PermanentError, match=r"could be a/red\.png and b/red\.png"):
        await captioner.caption([RED], sample=0)


async def test_samples_are_kept_apart(tmp_path: Path) -> None:
    rows = [{"path": "red.png", "caption": f"Caption {sample}.", "sample": sample} for sample in range(2)]
    captioner = written(tmp_path, *rows)
    assert (await captioner.caption([RED], sample=1)).text == "Caption 1."
    with pytest.raises(PermanentError, match="sample 2"):
        await captioner.caption([RED], sample=2)


async def test_an_image_without_caption_is_named(tmp_path: Path) -> None:
    captioner = written(tmp_path, {"path": "red.png", "caption": "Red."}, {"path": "charts/blue.png", "caption": None})
    with pytest.raises(PermanentError, match=r"no caption for image charts/blue\.png in .*captions\.jsonl"):
        await captioner.caption([BLUE], sample=0)


async def test_parquet_is_read_like_the_captions_of_a_run(tmp_path: Path) -> None:
    path = tmp_path / "captions.parquet"
    rows = {"image": [RED.digest], "image_name": ["red.png"], "sample": [0], "text": ["Red."], "words": [1]}
    pq.write_table(pa.table(rows), path)
    assert (await File(model=str(path)).caption([RED, RED], sample=0)).text == "Red.\n\nRed."


def test_identity_is_the_content_and_not_the_place(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    one = written(tmp_path, {"path": "red.png", "caption": "Red."})
    same = written(tmp_path / "elsewhere", {"path": "red.png", "caption": "Red."})
    assert one.identity == same.identity
    assert one.identity != written(tmp_path, {"path": "red.png", "caption": "Blue."}).identity


@pytest.mark.parametrize(
    "content",
    [
        b'{"path": "charts/red.png", "caption": "Red."}\n\n',
        b'\n  \n{"path": "charts/red.png", "caption": "Red."}\n',
        b'\xef\xbb\xbf{"path": "charts/red.png", "caption": "Red."}\n',
        b'\xef\xbb\xbf\r\n{"path": "charts/red.png", "caption": "Red."}\r\n\r\n',
        b'{"path": "charts/red.png", "caption": "Red."}\n' * 3,
        b'{"path": "charts/red.png", "caption": "Red."}',
        b'{"path": "charts/red.png", "caption": "Red."}\n{"path": "charts/blue.png", "caption": NaN}\n',
        b'{"path": "charts/red.png", "caption": "Red.", "sample": 0.0}\n',
        b'{"path": "charts/red.png", "caption": "Red.", "sample": NaN}\n',
    ],
)
async def test_files_as_editors_leave_them(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "captions.jsonl").write_bytes(content)
    captioner = File(model=tmp_path / "captions.jsonl")
    assert (await captioner.caption([RED], sample=0)).text == "Red."
    assert (captioner.has(RED, 0), captioner.has(BLUE, 0)) == (True, False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'\n\n{"path": "a.png"}\n', "row 3: no column 'caption'"),
        (b"image,caption\na.png,x\n", "row 1: not a line of JSON in UTF-8; a captions file is JSONL or Parquet"),
        (b'{"path": "a.png", "caption": "x"}\n{cut', "row 2: not a line of JSON"),
        (b"[1]\n", "row 1: not a JSON object"),
        (b'{"path": "a.png"}\n', "row 1: no column 'caption' or 'text'; it has path"),
        (b'{"caption": "x"}\n', "row 1: no image is named"),
        (b'{"path": 7, "caption": "x"}\n', "row 1: 7 names no image"),
        (b'{"path": "a.png", "caption": 7}\n', "row 1: the caption is not text"),
        (b'{"path": "a.png", "caption": "x", "sample": "one"}\n', "row 1: sample 'one' is not a whole number"),
        (b'{"path": "a.png", "caption": "x", "sample": 0.5}\n', "row 1: sample 0.5 is not a whole number"),
        (b'{"path": "a.png", "caption": "x", "sample": true}\n', "row 1: sample True is not a whole number"),
        (b'{"path": "a.png", "caption": "x", "sample": -1}\n', "row 1: sample -1 is not a whole number"),
        (b'{"path": "a.png", "caption": "x"}\n{"path": "a.png", "caption": "y"}\n', "row 2: image a.png has a caption"),
        (b'{"path": "a.png", "caption": "x"}\n{"path": "a.png", "caption": "y", "sample": 1}\n', "row 2: image a.png"),
        (b'{"path": "a.png", "caption": "x", "sample": 1}\n{"path": "a.png", "caption": "y"}\n', "row 2: image a.png"),
        (b"\xff\xfe\n", "row 1: not a line of JSON in UTF-8"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "captions.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        File(model=str(path))


@pytest.mark.parametrize("content", [b"", b"not parquet at all", b"PAR1"])
def test_a_broken_parquet_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "captions.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"captions\.parquet: not a readable Parquet file"):
        File(model=str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read the captions file .*none\.jsonl"):
        File(model=str(tmp_path / "none.jsonl"))
