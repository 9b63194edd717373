"""The digest of a file, by which it is found again whatever it is called."""

from __future__ import annotations

import hashlib
from pathlib import Path

from prism_eval.files.budgets import regular


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits; it is never whole in memory.

    Raises:
        OSError: It cannot be read, or is a device or a pipe.
    """
    with regular(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
