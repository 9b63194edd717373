"""Why a file cannot be read, where its format's reader only says that it is none of its own."""

from __future__ import annotations

from pathlib import Path

from prism_eval.benchmarks.rows import RowError

_LFS = b"version https://git-lfs.github.com/spec/"


def why_not_there(path: Path) -> str:
    """Why a file holds nothing of what its name promises, told without reading it; empty if it may."""
    if not path.is_file():
        return "it is a link to a file that is not there; download it again" if path.is_symlink() else "it is missing"
    if not path.stat().st_size:
        return "it is empty; download it again"
    with path.open("rb") as file:
        # What `git clone` leaves in place of a large file.
        if file.read(len(_LFS)) == _LFS:
            return "it is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`, or download it again"
    return ""


def unreadable(path: Path, what: str, error: Exception) -> RowError:
    """The error of a file that does not open as ``what``, in one line that says what to do."""
    # Arrow's messages can go on with a trace of its own.
    said = (str(error).splitlines() or [""])[0] or type(error).__name__
    try:
        reason = why_not_there(path)
    except OSError:  # not to be read at all, which the first error has said
        reason = ""
    return RowError("file does not open", f"{path}: {reason or f'cannot be read as {what}: {said}; download it again'}")
