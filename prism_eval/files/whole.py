"""Files and folders that are there whole or not at all: the one way in which anything of ours comes to lie there."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from prism_eval.errors import RunError, UsageError


@contextmanager
def replacing(path: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A new file that takes the path's name when the block ends well; else what lay there stays.

    Nothing that lies in the folder is written to: a link under the path's name is replaced, not followed, and the
    name that the file has until then is nobody's to guess.

    Args:
        path: The file.
        mode: Who may do what with it, less what the user's mask forbids.

    Raises:
        UsageError: The path names a device or a pipe.
        RunError: The file cannot be written.
    """
    if _no_file(path):
        raise UsageError(f"cannot write {path}: it is a device or a pipe, and no file; name a file")
    # Beside the file that it replaces: only within one file system is a rename a single step.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        # Exclusively: were a link there after all, opening would fail.
        with open(partial, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            yield file
            file.flush()
            # Else a power cut could leave the new name with nothing in it.
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, text: str, *, mode: int = 0o666) -> None:
    """Write a text file so that a reader finds the old text or the new one, never a part; see `replacing`.

    Raises:
        RunError: The file cannot be written.
    """
    with replacing(path, mode=mode) as file:
        # Half a surrogate pair, out of a data set or the name of a file, becomes a question mark.
        file.write(text.encode("utf-8", "replace"))


def _no_file(path: Path) -> bool:
    """Whether a path names what is not to be replaced: root, as who containers run, would lose ``/dev/null``."""
    special = path.exists() and not path.is_file() and not path.is_dir()
    # `/dev/stdout` leads to a file where the output goes to one.
    return special or Path("/dev") == path.parent.resolve() or Path("/proc") in path.parent.resolve().parents


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A new folder that takes the path's name when the block ends well; else nothing is left of it.

    Raises:
        UsageError: There is something of that name already, other than an empty folder.
        RunError: The folder cannot be written.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        # What is left of an earlier export would be read as a part of this one.
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise UsageError(f"{path} is there already: name a new folder, or remove it")
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        yield partial
        partial.replace(path)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
