"""The thumbnails that the runs of a leaderboard keep of their images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from prism_eval.leaderboard import Leaderboard
from prism_eval.run.folder import RunFolder
from prism_eval.run.thumbnails import kept, thumbnails_of

_DIGEST = re.compile(r"[0-9a-f]{64}")


def thumbnails_in(board: Leaderboard, digests: AbstractSet[str]) -> Iterator[tuple[str, bytes]]:
    """The thumbnails that any of the runs has of some images, each once, by digest, as WebP.

    Raises:
        RunError: A file of thumbnails cannot be read.
    """
    missing = {digest for digest in digests if is_digest(digest)}
    for folder in _folders(board):
        for digest, thumbnail in thumbnails_of(folder, missing):
            if digest in missing:
                missing.discard(digest)
                yield digest, thumbnail


def digests_in(board: Leaderboard) -> frozenset[str]:
    """The digests of the images that any of the runs has a thumbnail of.

    Raises:
        RunError: A file of thumbnails cannot be read.
    """
    return frozenset(digest for folder in _folders(board) for digest in kept(folder) if is_digest(digest))


def none_there(board: Leaderboard) -> str:
    """Why no item has a picture; empty if some may have one."""
    if any(folder.thumbnail_files() for folder in _folders(board)):
        return ""
    # Without the folder's path: a page is handed on, and a path tells of whose machine it was.
    return "This run has kept no pictures. To draw them from its data: prism-eval score RUN"


def _folders(board: Leaderboard) -> tuple[RunFolder, ...]:
    return tuple(map(RunFolder, board.folders))


def is_digest(cell: str | None) -> bool:
    """Whether a cell names an image, and so may name its file: a table may come from anybody."""
    return cell is not None and _DIGEST.fullmatch(cell) is not None
