"""Files that are there whole or not at all, in a folder where anything may lie."""

import os
import stat
from pathlib import Path

import pytest

from prism_eval.errors import RunError, UsageError
from prism_eval.files.whole import replacing, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_link_under_the_name_is_replaced_and_not_followed(tmp_path):
    target, link = tmp_path / "precious.txt", tmp_path / "leaderboard.html"
    target.write_text("kept")
    link.symlink_to(target)
    write_whole(link, "new")
    assert (target.read_text(), link.read_text(), link.is_symlink()) == ("kept", "new", False)


@pytest.mark.parametrize("kind", ["fifo", "link to a device", "in /dev", "in /proc"])
def test_a_device_or_a_pipe_is_not_replaced(tmp_path, kind):
    path = tmp_path / "a"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link to a device":
        path.symlink_to("/dev/null")
    # A name that is not there: were it replaced, nothing would be lost.
    path = {"in /dev": Path("/dev/prism-eval-test"), "in /proc": Path("/proc/self/fd/99999")}.get(kind, path)
    with pytest.raises(UsageError, match="is a device or a pipe"):
        write_whole(path, "new")
    assert not path.is_file()


def test_a_name_of_a_temporary_file_cannot_be_guessed(tmp_path):
    seen = set()
    for _ in range(20):
        with replacing(tmp_path / "a"):
            seen |= set(names(tmp_path)) - {"a"}
    assert len(seen) == 20


def test_whatever_lies_under_a_name_of_old_is_left_alone(tmp_path):
    target = tmp_path / "precious.txt"
    target.write_text("kept")
    for name in ("plan.toml.partial", ".plan.toml", "plan.toml.tmp"):
        (tmp_path / name).symlink_to(target)
    write_whole(tmp_path / "plan.toml", "new")
    assert target.read_text() == "kept"


def write_half(path):
    with replacing(path) as file:
        file.write(b"half")
        raise KeyError


def test_a_block_that_fails_leaves_what_was_there_and_nothing_else(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(KeyError):
        write_half(path)
    assert (path.read_text(), names(tmp_path)) == ("old", ["a"])


def test_others_may_read_it_as_their_umask_says(tmp_path):
    # Files of the tempfile module are their owner's alone: a run folder is there to be shared.
    plain = tmp_path / "plain"
    plain.touch()
    write_whole(tmp_path / "a", "text")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (plain, tmp_path / "a")}
    assert len(modes) == 1


def test_a_folder_that_is_gone_is_one_line(tmp_path):
    with pytest.raises(RunError, match=r"cannot write .*: No such file"):
        write_whole(tmp_path / "gone" / "a", "text")
