"""Where prism-eval keeps what it can make again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The user's cache folder for prism-eval; ``PRISM_EVAL_CACHE`` names another."""
    override = os.environ.get("PRISM_EVAL_CACHE")
    if override:
        return Path(override)
    from platformdirs import user_cache_path

    return user_cache_path("prism-eval", appauthor=False)
