"""Pictures to shards: once each, failures as rows, the same bytes again, gone on with after anything."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prism_eval.cli import main
from prism_eval.data_sets import folders
from prism_eval.data_sets.captioning import Captioned, caption_data_set
from prism_eval.data_sets.form import Form
from prism_eval.data_sets.opening import open_data_set
from prism_eval.errors import UsageError
from prism_eval.plan import make_plan
from prism_eval.run.result import State
from tests.builders import png
from tests.data_sets.making import pictures, rows_of, stats_of, table, tar
from tests.server.calls import unexcused_repeats
from tests.server.plugin import ServerProcess
from tests.server.threaded import ThreadedServer

Serve = Callable[..., ThreadedServer]


@pytest.fixture
def captioned(tmp_path: Path, serve: Serve) -> Callable[..., Captioned]:
    """Caption a source through a server's model, of which behaviours are given as to `serve`."""
    server = serve()

    def run(source: object, to: str = "out", *, spec: str = "", store: str = "store", **how: Any) -> Captioned:
        plan = {name: how.pop(name) for name in ("samples", "shard", "protocol") if name in how}
        url = how.pop("server", server).url
        asked = make_plan(
            {"captioners": [spec or f"openai:model?base_url={url}"], "attempts": 3, "patience": 5, **plan}
        )
        return caption_data_set(asked, open_data_set(str(source)), tmp_path / to, store=tmp_path / store, **how)

    return run


def test_of_tars_the_first_says_how_many_there_may_be(tmp_path: Path, captioned: Any) -> None:
    for name in range(4):
        tar(tmp_path / "data" / f"{name}.tar", {f"{number}.png": png(10 * name + number) for number in range(5)})
    seen: list[State] = []
    watch = lambda state: contextlib.nullcontext(seen.append(state))  # noqa: E731 - of one line, as its default is
    captioned(tmp_path / "data", watch=watch)
    (state,) = seen
    assert (state.total, state.about, state.done) == (None, 20, 20)
    captioned(pictures(tmp_path / "folder", 6), "other", watch=watch)
    assert seen[1].total == 6
    (tmp_path / "data" / "2.tar").unlink()
    (tmp_path / "data" / "2.tar").symlink_to("nothing.tar")
    told = captioned(tmp_path / "data", "third", watch=watch)
    assert list(told.unread) == ["2"]


def test_every_picture_has_a_row_and_is_asked_about_once(tmp_path: Path, captioned: Any, serve: Serve) -> None:
    server = serve()
    home = pictures(tmp_path / "data", 6)
    shutil.copy(home / "part0" / "0000.png", home / "copy.png")
    (home / "broken.jpg").write_bytes(b"nope")
    done = captioned(home, server=server)
    rows = rows_of(tmp_path / "out" / "00000.parquet")
    assert Counter(row["status"] for row in rows) == done.statuses == {"success": 7, "unreadable": 1}
    assert (done.written, done.there, done.tallies["caption"].made) == (1, 0, 6)
    assert [row["path"] for row in rows] == sorted(row["path"] for row in rows)
    by_path = {row["path"]: row for row in rows}
    assert (
        by_path["copy.png"]["caption"] == by_path["part0/0000.png"]["caption"] != by_path["part0/0002.png"]["caption"]
    )
    assert by_path["broken.jpg"]["caption"] is None
    assert "is in no known format" in by_path["broken.jpg"]["error"]
    said = stats_of(tmp_path / "out", "00000")
    assert (said["images"], said["unique_images"], said["statuses"]) == (8, 7, {"success": 7, "unreadable": 1})
    assert said["asked"]["captioner"]["plugin"]
    assert said["completion_tokens"] == sum(row["completion_tokens"] for row in rows) > 0


def test_a_shard_that_is_whole_is_passed_over_and_the_rest_is_made(
    tmp_path: Path, captioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "PICTURES_A_PART", 2)
    home = pictures(tmp_path / "data", 6)
    captioned(home)
    first = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    (tmp_path / "out" / "00001.parquet").unlink()
    again = captioned(home)
    assert (again.written, again.there, again.tallies["caption"].made) == (1, 2, 0)
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == first


def test_what_was_captioned_is_known_under_another_name_and_in_another_order(tmp_path: Path, captioned: Any) -> None:
    home = pictures(tmp_path / "data", 6)
    captioned(home)
    members = {f"{number}.png": png(number) for number in (5, 3, 4, 0)}
    done = captioned(tar(tmp_path / "mixed.tar", members), "mixed")
    assert (done.tallies["caption"].made, done.statuses) == (0, {"success": 4})


def test_a_changed_part_is_made_anew_and_asks_for_what_is_new(tmp_path: Path, captioned: Any) -> None:
    home = pictures(tmp_path / "data", 3)
    captioned(home)
    (home / "new.png").write_bytes(png(77))
    done = captioned(home)
    assert (done.written, done.tallies["caption"].made, done.tallies["caption"].hits) == (1, 1, 3)


@pytest.mark.parametrize("form", list(Form))
def test_equal_captions_give_equal_bytes(tmp_path: Path, captioned: Any, form: Form) -> None:
    home = tar(tmp_path / "data" / "s.tar", {f"{number}.png": png(number) for number in range(5)})
    captioned(home, "one", form=form, store="first")
    os.utime(home, (1, 1))
    captioned(home, "two", form=form, store="second")
    one, two = ({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert set(one) == {"s.parquet", "s_stats.json", *(["s.tar"] if form is Form.WEBDATASET else [])}


def test_a_webdataset_holds_picture_text_and_facts_under_the_samples_own_keys(tmp_path: Path, captioned: Any) -> None:
    source = table(
        tmp_path / "t.parquet",
        [{"image": png(1), "key": "fine/key"}, {"image": png(2), "key": "../evil"}, {"image": b"x", "key": "lost"}],
    )
    captioned(source, form=Form.WEBDATASET)
    with tarfile.open(tmp_path / "out" / "t.tar") as archive:
        held = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
        assert {(member.mtime, member.uid, member.uname) for member in archive.getmembers()} == {(0, 0, "")}
    assert list(held) == [f"{key}.{ending}" for key in ("fine/key", "000000001") for ending in ("png", "json", "txt")]
    assert held["fine/key.png"] == png(1)
    rows = {row["key"]: row for row in rows_of(tmp_path / "out" / "t.parquet")}
    assert held["000000001.txt"].decode() == rows["../evil"]["caption"]
    told = json.loads(held["000000001.json"])
    assert (told["key"], told["sha256"]) == ("../evil", rows["../evil"]["sha256"])
    assert rows["lost"]["status"] == "unreadable"
    # It is a data set in turn, captions and all.
    (part,) = open_data_set(str(tmp_path / "out" / "t.tar"))
    assert [one.caption for one in part.pictures()] == [held["fine/key.txt"].decode(), held["000000001.txt"].decode()]


def test_a_table_with_pictures_is_a_data_set_in_turn(tmp_path: Path, captioned: Any) -> None:
    captioned(pictures(tmp_path / "data", 3), form=Form.PARQUET)
    file = tmp_path / "out" / "00000.parquet"
    rows = rows_of(file)
    assert [row["image"]["bytes"] for row in rows] == [png(0), png(2), png(1)]
    (part,) = open_data_set(str(file))
    assert [(one.caption, one.data) for one in part.pictures()] == [
        (row["caption"], row["image"]["bytes"]) for row in rows
    ]


def test_captions_that_are_there_are_kept_where_only_the_missing_are_wanted(tmp_path: Path, captioned: Any) -> None:
    home = pictures(tmp_path / "data", 4)
    (home / "part0" / "0000.txt").write_text("mine", encoding="utf-8")
    (home / "part1" / "0003.txt").write_text("mine, too", encoding="utf-8")
    done = captioned(home, only_missing=True)
    assert (done.statuses, done.tallies["caption"].made) == ({"kept": 2, "success": 2}, 2)
    rows = rows_of(tmp_path / "out" / "00000.parquet")
    assert [row["status"] for row in rows] == ["kept", "success", "success", "kept"]
    assert (rows[0]["caption"], rows[3]["captions"], rows[1]["original"]) == ("mine", ["mine, too"], "")
    captioned(home, "all")
    rows = rows_of(tmp_path / "all" / "00000.parquet")
    assert (rows[0]["original"], rows[0]["status"]) == ("mine", "success")
    assert rows[0]["caption"] != "mine"


def test_several_captions_of_a_picture_stand_in_one_row(tmp_path: Path, captioned: Any) -> None:
    done = captioned(pictures(tmp_path / "data", 3), samples=3, protocol="standard?caption.sampling.temperature=0.7")
    rows = rows_of(tmp_path / "out" / "00000.parquet")
    assert [len(row["captions"]) for row in rows] == [3, 3, 3]
    assert all(row["caption"] == row["captions"][0] for row in rows)
    assert done.tallies["caption"].made == 9


@pytest.mark.parametrize(
    ("mode", "status", "has_caption"),
    [
        ("refusal", "refused", False),
        ("length", "truncated", True),
        ("filtered", "refused", False),
        ("400", "failed", False),
    ],
)
def test_how_a_caption_came_about_is_in_its_row(
    tmp_path: Path, captioned: Any, serve: Serve, mode: str, status: str, has_caption: bool
) -> None:
    server = serve()
    home = pictures(tmp_path / "data", 40)
    captioned(home, "fine", server=server)
    (home / "one.png").write_bytes(png(99))
    server.server.behaviour.fail, server.server.behaviour.modes = 1.0, (mode,)
    done = captioned(home, server=server, form=Form.WEBDATASET)
    row = rows_of(tmp_path / "out" / "00000.parquet")[0]
    assert (row["path"], row["status"], row["caption"] is not None) == ("one.png", status, has_caption)
    assert bool(row["error"]) != has_caption
    # What failed is asked for again by the same command; what was refused is an answer, and stays.
    server.server.behaviour.fail = 0.0
    again = captioned(home, server=server, form=Form.WEBDATASET)
    assert again.there == (status != "failed")
    assert done.written == 1


def test_a_part_that_cannot_be_read_to_its_end_has_no_shard_and_the_others_have(tmp_path: Path, captioned: Any) -> None:
    for name in "abc":
        tar(tmp_path / "data" / f"{name}.tar", {f"{name}{number}.png": png(ord(name) + number) for number in range(9)})
    cut = tmp_path / "data" / "b.tar"
    whole = cut.read_bytes()
    cut.write_bytes(whole[:3600])
    done = captioned(tmp_path / "data")
    assert (done.written, list(done.unread)) == (2, ["b"])
    assert sorted(file.name for file in (tmp_path / "out").glob("*.parquet")) == ["a.parquet", "c.parquet"]
    cut.write_bytes(whole)
    again = captioned(tmp_path / "data")
    assert (again.written, again.there, again.unread) == (1, 2, {})
    assert again.tallies["caption"].made + again.tallies["caption"].hits == 9


def test_a_table_that_is_none_is_told_and_the_others_are_captioned(tmp_path: Path, captioned: Any) -> None:
    table(tmp_path / "data" / "a.parquet", [{"image": png(1)}])
    (tmp_path / "data" / "b.parquet").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    done = captioned(tmp_path / "data")
    assert (done.written, list(done.unread)) == (1, ["b"])
    assert "Git LFS pointer" in done.unread["b"]


def test_parts_are_dealt_to_tasks_and_all_of_them_are_the_whole(
    tmp_path: Path, captioned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "PICTURES_A_PART", 2)
    home = pictures(tmp_path / "data", 7)
    for number in (1, 2, 3):
        captioned(home, "parts", shard=f"{number}/3", store=f"store{number}")
    captioned(home, "whole", store="another")
    parts, whole = (
        {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("parts", "whole")
    )
    assert parts == whole


@pytest.mark.parametrize(
    ("spec", "said"),
    [("budget(blind)?words=3", "with another captioner"), ("direct(oracle)", "wants a question"), ("nobody", "nobody")],
)
def test_a_folder_is_of_one_captioner_who_needs_no_question(
    tmp_path: Path, captioned: Any, spec: str, said: str
) -> None:
    home = pictures(tmp_path / "data", 2)
    captioned(home, spec="blind")
    with pytest.raises(UsageError, match=said):
        captioned(home, spec=spec)
    with pytest.raises(UsageError, match="with another form"):
        captioned(home, spec="blind", form=Form.PARQUET)


def verb(monkeypatch: pytest.MonkeyPatch, *words: object) -> object:
    monkeypatch.setattr(sys, "argv", ["prism-eval", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_hostile_names_are_data_and_obey_nobody(
    tmp_path: Path, captioned: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "e\x1b[31m\u202evil"
    table(
        tmp_path / "data" / "t.parquet",
        [{"image": b"x", "key": evil, "caption": "\x9b2J"}, {"image": png(1), "key": evil}],
    )
    words = ["caption", "-c", "blind", "--data-set", str(tmp_path / "data"), "--to", str(tmp_path / "out"), "-q"]
    assert verb(monkeypatch, *words, "--store", tmp_path / "s", "--format", "webdataset") == 1
    said = "".join(capsys.readouterr())
    assert "\x1b" not in said
    assert [row["key"] for row in rows_of(tmp_path / "out" / "t.parquet")] == [evil, evil]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--data-set", "{data}"], "by --to DIR"),
        (["--to", "{out}"], "named by --data-set SOURCE"),
        (["--data-set", "{data}", "--to", "{out}", "-b", "chartqa"], "--benchmark is about benchmarks"),
        (["--data-set", "{data}", "--to", "{out}", "--limit", "3"], "--limit is about benchmarks"),
        (["--data-set", "{data}", "--to", "{out}", "--out", "{out}"], "--out and --overwrite"),
        (["--only-missing", "-b", "chartqa"], "name it with --data-set"),
        (["--data-set", "{data}", "--to", "{data}/part0/0000.png"], "is a file"),
        (["--data-set", "{data}", "--to", "{data}/part0/0000.png/x"], "cannot write"),
        (["--data-set", "{data}", "--to", "{out}", "-c", "ocr"], "captioned by one captioner"),
        (["--data-set", "{data}x", "--to", "{out}"], "no data set at"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    places = {"data": pictures(tmp_path / "data", 1), "out": tmp_path / "out"}
    code = verb(
        monkeypatch, "caption", "-c", "blind", *(word.format(**places) for word in words), "--store", tmp_path / "s"
    )
    errors = capsys.readouterr().err
    assert code in (1, 2)
    assert said in errors
    assert len(errors.strip().splitlines()) == 1


def _start(home: Path, url: str) -> subprocess.Popen[str]:
    words = ["caption", "-c", f"openai:model?base_url={url}", "--data-set", home / "data", "--to", home / "out", "-q"]
    words += ["--store", home / "store.sqlite", "--concurrency", "8", "--format", "webdataset"]
    command = [sys.executable, "-m", "prism_eval", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_kills_lose_no_caption_and_double_none(tmp_path: Path, spawn_server: Callable[..., ServerProcess]) -> None:
    server = spawn_server(latency=0.05, fail=0.05)
    for name in range(6):
        tar(tmp_path / "data" / f"{name}.tar", {f"{number}.png": png(40 * name + number) for number in range(40)})
    stops = []
    for stop in (signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
        process = _start(tmp_path, server.url)
        known, deadline = len(server.events()), time.monotonic() + 30
        while len(server.events()) < known + 60 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        stopped = time.time()
        process.send_signal(stop)
        _, errors = process.communicate(timeout=20)
        assert "Traceback" not in errors
        time.sleep(0.1)  # for the server to read what was sent by then
        stops.append((stopped, time.time()))
    last = _start(tmp_path, server.url)
    _, errors = last.communicate(timeout=120)
    assert last.returncode == 0, errors
    rows = [row for name in range(6) for row in rows_of(tmp_path / "out" / f"{name}.parquet")]
    assert Counter(row["status"] for row in rows) == {"success": 240}
    assert len({row["sha256"] for row in rows}) == 240
    assert not list((tmp_path / "out").glob(".*"))
    assert unexcused_repeats(server.events(), stops) == []


def test_what_a_kill_left_of_a_shard_is_cleared_away(tmp_path: Path, captioned: Any) -> None:
    (tmp_path / "out").mkdir()
    for name in (".00000.parquet.0123456789abcdef", ".00001.parquet.0123456789abcdef"):
        (tmp_path / "out" / name).write_bytes(b"half")
    captioned(pictures(tmp_path / "data", 2))
    assert [file.name for file in (tmp_path / "out").glob(".*")] == [".00001.parquet.0123456789abcdef"]


def test_a_damaged_stats_file_is_made_anew(tmp_path: Path, captioned: Any) -> None:
    home = pictures(tmp_path / "data", 2)
    captioned(home)
    for text in ("{", "[]", "{}", '{"asked": 3}', "\x00"):
        (tmp_path / "out" / "00000_stats.json").write_text(text, encoding="utf-8")
        if text in ("{", "[]", "\x00"):
            assert captioned(home).written == 1
        else:
            with pytest.raises(UsageError, match="with another captioner"):
                captioned(home)


def test_a_part_that_changes_while_it_is_captioned_is_said(tmp_path: Path, captioned: Any) -> None:
    home = pictures(tmp_path / "data", 3)
    (part,) = open_data_set(str(home))

    class Changing:
        name, state, weight, count = part.name, part.state, part.weight, part.count
        readings = 0

        def pictures(self) -> Any:
            self.readings += 1
            yield from list(part.pictures())[self.readings - 1 :]

    asked = make_plan({"captioners": ["blind"]})
    done = caption_data_set(asked, [Changing()], tmp_path / "out", form=Form.PARQUET, store=tmp_path / "s")
    assert "was changed while it was captioned" in done.unread["00000"]
    assert not list((tmp_path / "out").iterdir())
