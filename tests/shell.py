"""The installed program, as a shell runs it."""

from __future__ import annotations

import os
import subprocess
import sys


def shell(*words: object, columns: int = 120) -> subprocess.CompletedProcess[str]:
    """Run prism-eval with these words."""
    return subprocess.run(
        [sys.executable, "-m", "prism_eval", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": str(columns)},
        stdin=subprocess.DEVNULL,
    )
