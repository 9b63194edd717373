"""Where prism-eval keeps what it can make again."""

from __future__ import annotations

import os
from pathlib import Path


def user_folder() -> Path:
    """This user's folder for the store and the twins; the variable ``PRISM_EVAL_CACHE`` names another."""
    override = os.environ.get("PRISM_EVAL_CACHE")
    if override:
        return Path(override)
    from platformdirs import user_cache_path

    return user_cache_path("prism-eval", appauthor=False)
