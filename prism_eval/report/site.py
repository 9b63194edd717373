"""A leaderboard as a static site: the page, with every item of the runs beside it, to be put on a web server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prism_eval._version import __version__
from prism_eval.errors import NotThere, RunError, UsageError
from prism_eval.files.whole import write_whole
from prism_eval.leaderboard import Leaderboard
from prism_eval.leaderboard.history import History
from prism_eval.leaderboard.losses import LOSSES
from prism_eval.report.explorer import Whys
from prism_eval.report.explorer.parts import write_parts
from prism_eval.report.html import render

PAGES_LIMIT = 10**9
"""Bytes that GitHub Pages takes of one site."""

_MARK = "prism-eval-site.json"
_OWN = ("index.html", ".nojekyll", "explorer", "thumbnails", _MARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site as it was written.

    Attributes:
        folder: Where it is.
        files: How many files it has.
        size: How many bytes they hold.
    """

    folder: Path
    files: int
    size: int


def write_site(folder: Path, board: Leaderboard, *, histories: Sequence[History] = (), images: bool = True) -> Site:
    """Write a leaderboard and all of its items as a site, in place of one that was written there before.

    It works from a web server in any folder of it, and from a disk.

    Args:
        folder: A new or empty folder, or one that holds such a site; what else is beside that stays.
        board: The leaderboard.
        histories: Entries over their runs, to be a section of it.
        images: Whether the runs' thumbnails are in it.

    Raises:
        UsageError: The folder holds something else.
        RunError: The runs' tables or thumbnails cannot be read, or the site cannot be written.
    """
    try:
        # Before the page is made, which may take minutes.
        check_site(folder)
        page = render(board, histories=histories, images=images, site=True)
        _clear(folder)
        # First, so that a site cut short is known for one, and last the page, without which there is none.
        write_whole(folder / _MARK, json.dumps({"format": 1, "written_by": f"prism-eval {__version__}"}) + "\n")
        write_parts(folder, board, images=images, whys=Whys(LOSSES, board.losses.loss))
        # Else GitHub Pages takes it for the sources of a site.
        write_whole(folder / ".nojekyll", "")
        write_whole(folder / "index.html", page)
        sizes = [path.stat().st_size for name in _OWN for path in _files(folder / name)]
    except OSError as error:
        raise RunError(f"cannot write the site {folder}: {error.strerror or error}") from error
    return Site(folder=folder, files=len(sizes), size=sum(sizes))


def check_site(folder: Path) -> None:
    """Make sure that a site may lie in a folder, which is made if there is none.

    Raises:
        NotThere: It is no folder.
        UsageError: It holds something else.
        RunError: It cannot be made or read.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = {path.name for path in folder.iterdir()}
    except (FileExistsError, NotADirectoryError) as error:
        raise NotThere(f"{folder} is no folder: give another with --bundle") from error
    except OSError as error:
        raise RunError(f"cannot write the site {folder}: {error.strerror or error}") from error
    # A checkout of the branch that is published has a folder of git's own in it.
    if held - {".git"} and not (folder / _MARK).is_file():
        raise UsageError(f"{folder} holds what is no site of prism-eval: give a new or empty folder with --bundle")


def _clear(folder: Path) -> None:
    for name in ("index.html", ".nojekyll", "explorer", "thumbnails"):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
