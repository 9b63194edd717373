"""Which pictures a data set has, whatever form it comes in, and what is said of those that cannot be read."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from prism_eval.data_sets import folders, picture, webdataset
from prism_eval.data_sets.opening import open_data_set
from prism_eval.data_sets.picture import Picture
from prism_eval.errors import DataError, UsageError
from prism_eval.files import budgets
from tests.builders import png
from tests.data_sets.making import pictures, table, tar


def all_of(source: object) -> dict[str, list[Picture]]:
    return {part.name: list(part.pictures()) for part in open_data_set(str(source))}


def test_a_folder_is_its_picture_files_in_the_order_of_their_paths(tmp_path: Path) -> None:
    pictures(tmp_path, 3)
    (tmp_path / "part0" / "0002.txt").write_text(" two ", encoding="utf-8")
    (tmp_path / "notes.md").write_text("no picture", encoding="utf-8")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "a.png").write_bytes(png(9))
    (found,) = all_of(tmp_path).values()
    assert [(one.key, one.path, one.caption) for one in found] == [
        ("000000000", "part0/0000.png", ""),
        ("000000001", "part0/0002.png", "two"),
        ("000000002", "part1/0001.png", ""),
    ]
    assert [one.data for one in found] == [png(0), png(2), png(1)]


def test_a_large_folder_has_several_parts_and_goes_on_counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "PICTURES_A_PART", 2)
    found = all_of(pictures(tmp_path, 5))
    assert {name: [one.key[-1] for one in part] for name, part in found.items()} == {
        "00000": ["0", "1"],
        "00001": ["2", "3"],
        "00002": ["4"],
    }


def test_an_imagefolder_has_its_captions_in_lists_of_files(tmp_path: Path) -> None:
    pictures(tmp_path, 4)
    (tmp_path / "part0" / "0002.txt").write_text("beside it", encoding="utf-8")
    (tmp_path / "metadata.jsonl").write_text(
        '{"file_name": "part0/0000.png", "text": "of the list"}\n'
        '{"file_name": "part0/0002.png", "text": "of the list, too"}\n'
        '{"file_name": "part1/0001.png", "text": "of the far list"}\n'
        '{"file_name": "../secret.png", "text": "nobody\'s"}\n',
        encoding="utf-8",
    )
    # As spreadsheets write it: a byte order mark, a line break in a cell, a column too many.
    (tmp_path / "part1" / "metadata.csv").write_bytes(
        b'\xef\xbb\xbffile_name,caption,alt\r\n0001.png,"of the\r\nnear list",other,9\r\n0003.png,,\r\n'
    )
    (found,) = all_of(tmp_path).values()
    assert {one.path: one.caption for one in found} == {
        "part0/0000.png": "of the list",
        "part0/0002.png": "beside it",
        "part1/0001.png": "of the\r\nnear list",
        "part1/0003.png": "",
    }
    (found,) = all_of(f"{tmp_path}?caption=alt").values()
    assert [one.caption for one in found] == ["", "beside it", "other", ""]
    with pytest.raises(UsageError, match="is no table: image names a column"):
        open_data_set(f"{tmp_path}?image=file_name")
    # A list that was changed is another part: its shard is written anew.
    before = open_data_set(str(tmp_path))[0].state
    (tmp_path / "part1" / "metadata.csv").write_text("file_name,caption\n", encoding="utf-8")
    assert open_data_set(str(tmp_path))[0].state != before


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("metadata.jsonl", '{"file_name": "a.png"}\n{"file_name": ', "metadata.jsonl line 2: not JSON"),
        ("metadata.jsonl", '{"file": "a.png"}\n', "metadata.jsonl line 1: no column 'file_name'"),
        ("metadata.csv", "name,text\na.png,x\n", "metadata.csv line 2: no column 'file_name'"),
        ("metadata.csv", 'file_name,text\na.png,"' + "x" * 200_000, "metadata.csv: cannot be read as CSV"),
    ],
)
def test_a_list_of_files_that_cannot_be_read_is_told(tmp_path: Path, name: str, text: str, said: str) -> None:
    pictures(tmp_path, 1)
    (tmp_path / name).write_text(text, encoding="utf-8")
    (part,) = open_data_set(str(tmp_path))
    with pytest.raises(DataError, match=said):
        list(part.pictures())


def test_a_list_that_is_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.jsonl").write_text('{"file_name": "part0/0000.png", "text": "a key"}\n', encoding="utf-8")
    home = pictures(tmp_path / "home", 1)
    (home / "metadata.jsonl").symlink_to(tmp_path / "secret.jsonl")
    ((found,),) = all_of(home).values()
    assert (found.data, found.caption) == (png(0), "")


def test_tars_and_tables_are_found_in_folders_that_are_links_within(tmp_path: Path) -> None:
    tar(tmp_path / "really" / "a.tar", {"0.png": png(0)})
    (tmp_path / "linked").symlink_to(tmp_path / "really")
    (tmp_path / ".hidden").mkdir()
    tar(tmp_path / ".hidden" / "b.tar", {"0.png": png(0)})
    assert list(all_of(tmp_path)) == ["a"]


@pytest.mark.parametrize("name", ["shard.tar", "shard.tar.gz", "shard.tgz"])
def test_a_tar_is_a_part_of_samples_that_share_what_stands_before_the_first_dot(tmp_path: Path, name: str) -> None:
    members = {
        "a/000.jpg": png(0),
        "a/000.txt": "the caption",
        "a/000.json": '{"caption": "not this one"}',
        "a/001.json": '{"caption": "from the metadata", "url": "u"}',
        "a/001.seg.png": png(1),
        "a/002.txt": "nothing to see",
        "a/003.json": "[",
        "a/003.WEBP": png(3),
    }
    tar(tmp_path / name, members)
    (found,) = all_of(tmp_path).values()
    assert [(one.key, one.path, one.caption, one.problem) for one in found] == [
        ("a/000", f"{name}/a/000.jpg", "the caption", ""),
        ("a/001", f"{name}/a/001.seg.png", "from the metadata", ""),
        ("a/002", f"{name}/a/002", "nothing to see", "no picture"),
        ("a/003", f"{name}/a/003.WEBP", "", ""),
    ]
    assert [one.data for one in found] == [png(0), png(1), b"", png(3)]


def test_what_img2dataset_leaves_is_its_tars(tmp_path: Path) -> None:
    for shard in ("00000", "00001"):
        tar(tmp_path / f"{shard}.tar", {f"{shard}0000.jpg": png(int(shard)), f"{shard}0000.txt": "said"})
        table(
            tmp_path / f"{shard}.parquet", [{"key": f"{shard}0000", "url": "u", "caption": "said", "status": "success"}]
        )
        (tmp_path / f"{shard}_stats.json").write_text("{}", encoding="utf-8")
    assert {name: [one.key for one in part] for name, part in all_of(tmp_path).items()} == {
        "00000": ["000000000"],
        "00001": ["000010000"],
    }


def test_a_table_of_the_hub_has_its_pictures_in_it(tmp_path: Path) -> None:
    rows = [
        {"image": {"bytes": png(0), "path": "cat.png"}, "text": "a cat", "id": 7},
        {"image": {"bytes": png(1), "path": None}, "text": None, "id": 8},
        {"image": {"bytes": None, "path": "nowhere.png"}, "text": "", "id": 9},
        {"image": None, "text": "lost", "id": None},
    ]
    table(tmp_path / "data" / "train-00000-of-00001.parquet", rows)
    (found,) = all_of(tmp_path).values()
    assert [(one.key, one.path, one.caption) for one in found] == [
        ("7", "cat.png", "a cat"),
        ("8", "train-00000-of-00001.parquet/1", ""),
        ("9", "nowhere.png", ""),
        ("000000003", "train-00000-of-00001.parquet/3", "lost"),
    ]
    assert [bool(one.data) for one in found] == [True, True, False, False]
    assert "No such file" in found[2].problem
    assert found[3].problem == "no picture"


def test_a_table_of_paths_has_them_beside_it_and_its_columns_may_be_named(tmp_path: Path) -> None:
    pictures(tmp_path / "pictures", 2)
    rows = [
        {"where": f"pictures/part{number}/{number:04}.png", "says": "x", "which": f"k{number}"} for number in (0, 1)
    ]
    file = table(tmp_path / "list.parquet", rows)
    with pytest.raises(UsageError, match=r"list\.parquet has no column 'of pictures'; it has: where, says, which"):
        open_data_set(str(file))
    (found,) = all_of(f"{file}?image=where&caption=says&key=which").values()
    assert [(one.key, one.caption, one.data) for one in found] == [("k0", "x", png(0)), ("k1", "x", png(1))]
    with pytest.raises(UsageError, match="no column 'nothing'"):
        open_data_set(f"{file}?image=nothing")
    with pytest.raises(UsageError, match="image, caption, key, and not 'picture'"):
        open_data_set(f"{file}?picture=where")


@pytest.mark.parametrize("path", ["../secret.png", "/etc/passwd", "..\\secret.png", "link.png", "C:\\secret.png"])
def test_a_path_in_a_table_does_not_lead_out_of_its_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.png").write_bytes(png(5))
    home = tmp_path / "far" / "home"
    file = table(home / "list.parquet", [{"image_path": path}])
    (home / "link.png").symlink_to(tmp_path / "secret.png")
    ((found,),) = all_of(file).values()
    assert (found.data, bool(found.problem)) == (b"", True)


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("a key", encoding="utf-8")
    (tmp_path / "secret.png").write_bytes(png(5))
    home = tmp_path / "far" / "home"
    pictures(home, 1)
    (home / "part0" / "0000.txt").symlink_to(tmp_path / "secret.txt")
    (home / "zz.png").symlink_to(tmp_path / "secret.png")
    (found,) = all_of(home).values()
    assert [(one.caption, one.data, bool(one.problem)) for one in found] == [("", png(0), False), ("", b"", True)]


def test_a_link_to_a_folder_or_a_tar_elsewhere_is_said_before_anything_is_read(tmp_path: Path) -> None:
    pictures(tmp_path / "private", 1)
    pictures(tmp_path / "home", 1)
    (tmp_path / "home" / "more").symlink_to(tmp_path / "private")
    with pytest.raises(DataError, match=r"more is a link that leads out of .*home: put the folder itself there"):
        open_data_set(str(tmp_path / "home"))
    (tmp_path / "home" / "more").unlink()
    (tmp_path / "home" / "more.tar").symlink_to(tmp_path / "private.tar")
    with pytest.raises(DataError, match=r"more.tar is a link that leads out of .*home: put the file itself there"):
        open_data_set(str(tmp_path / "home"))


def test_links_and_devices_in_a_tar_hold_nothing(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "one.tar", "w") as archive:
        for name, kind in (("0.png", tarfile.SYMTYPE), ("1.png", tarfile.LNKTYPE), ("2.png", tarfile.CHRTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    assert all_of(tmp_path) == {"one": []}


def test_a_picture_over_the_budget_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (picture, webdataset):
        monkeypatch.setattr(room, "MAX_BYTES", 1000)
    pictures(tmp_path / "folder", 1)
    (tmp_path / "folder" / "big.png").write_bytes(bytes(5000))
    tar(tmp_path / "tars" / "a.tar", {"0.png": bytes(5000), "1.png": png(1)})
    table(tmp_path / "tables" / "a.parquet", [{"image": bytes(5000)}, {"image": png(1)}])
    assert budgets.MAX_BYTES > 5000
    for form in ("folder", "tars", "tables"):
        (found,) = all_of(tmp_path / form).values()
        assert min(len(one.data) for one in found) == 0
        assert sum("MiB" in one.problem for one in found) == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds no pictures, WebDataset tars or Parquet files"),
        ({"a.parquet": b"nope"}, "cannot be read as Parquet"),
        ({"a/x.tar": b"", "b/x.tar": b""}, "has 2 files named x"),
    ],
)
def test_what_is_no_data_set_is_one_line(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for name, data in files.items():
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_bytes(data)
    with pytest.raises((UsageError, DataError), match=said) as caught:
        open_data_set(str(home))
    assert "\n" not in str(caught.value)


def test_a_data_set_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no data set at .*nowhere"):
        open_data_set(str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="is no table: image names a column of Parquet files"):
        open_data_set(f"{pictures(tmp_path / 'folder', 1)}?image=x")


@pytest.mark.parametrize("damage", ["cut", "noise", "gzip"])
def test_a_damaged_tar_says_so_after_what_could_be_read(tmp_path: Path, damage: str) -> None:
    file = tar(tmp_path / "a.tar", {f"{number}.png": png(number) for number in range(20)})
    whole = file.read_bytes()
    file.write_bytes({"cut": whole[:5300], "noise": b"\xff" * 3000, "gzip": b"\x1f\x8b\x08\x00" + bytes(200)}[damage])
    (part,) = open_data_set(str(file))
    with pytest.raises(DataError, match=r"a\.tar: it is no whole tar file"):
        list(part.pictures())


def test_a_header_that_would_become_gigabytes_is_not_taken_in(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("a.png")
        member.pax_headers = {"comment": "x" * 2 * 2**20}
        archive.addfile(member)
    (part,) = open_data_set(str(tmp_path))
    with pytest.raises(DataError, match=r"a header of 2,\d+,\d+ bytes"):
        list(part.pictures())
