"""Folders of the user's: where prism-eval keeps what it can make again, and paths as people write them."""

from __future__ import annotations

import os
from pathlib import Path

from prism_eval.errors import UsageError


def user_folder() -> Path:
    """This user's folder for the store and the twins; the variable ``PRISM_EVAL_CACHE`` names another."""
    override = os.environ.get("PRISM_EVAL_CACHE")
    if override:
        return user_path(override)
    from platformdirs import user_cache_path

    return user_cache_path("prism-eval", appauthor=False)


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are not there yet, for this user alone; what is there stays as it is."""
    for folder in [one for one in (*reversed(path.parents), path) if not one.exists()]:
        folder.mkdir(mode=0o700, exist_ok=True)


def user_path(path: str | Path) -> Path:
    """A path as a person writes it, with ``~`` for a home folder: a shell replaces it only at a word's beginning.

    Raises:
        UsageError: There is no such home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{path}: {error}") from error
