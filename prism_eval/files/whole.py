"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from prism_eval.errors import RunError


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that a reader finds the old text or the new one, never a part.

    Raises:
        RunError: The file cannot be written.
    """
    # Beside the file that it replaces: only within one file system is a rename a single step.
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            # Else a power cut could leave the new name with nothing in it.
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from error
