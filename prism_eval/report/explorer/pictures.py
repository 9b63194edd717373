"""The thumbnails of runs, as the explorer shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from prism_eval.leaderboard import Leaderboard
from prism_eval.run.folder import RunFolder
from prism_eval.run.thumbnails import kept, thumbnails_of

_DIGEST = re.compile(r"[0-9a-f]{64}")


def folders_of(board: Leaderboard) -> tuple[RunFolder, ...]:
    """The folders of a leaderboard's runs."""
    return tuple(map(RunFolder, board.folders))


def pictures_of(board: Leaderboard, digests: AbstractSet[str]) -> Iterator[tuple[str, bytes]]:
    """The thumbnails that any of a leaderboard's runs has of some images, each once.

    Raises:
        RunError: A file of thumbnails cannot be read.
    """
    missing = {digest for digest in digests if is_digest(digest)}
    for folder in folders_of(board):
        for digest, thumbnail in thumbnails_of(folder, missing):
            if digest in missing:
                missing.discard(digest)
                yield digest, thumbnail


def digests_of(board: Leaderboard) -> frozenset[str]:
    """The digests of the images that any of a leaderboard's runs has a thumbnail of.

    Raises:
        RunError: A file of thumbnails cannot be read.
    """
    return frozenset(digest for folder in folders_of(board) for digest in kept(folder) if is_digest(digest))


def is_digest(text: str) -> bool:
    """Whether a text names an image, and so may name its file: a table may come from anybody."""
    return _DIGEST.fullmatch(text) is not None


def none_there(board: Leaderboard) -> str:
    """Why no item has a picture; empty if some may have one."""
    if any(folder.thumbnail_files() for folder in folders_of(board)):
        return ""
    # Without the folder's path: a page is handed on, and a path tells of whose machine it was.
    return "This run has kept no pictures. To draw them from its data: prism-eval score RUN"
