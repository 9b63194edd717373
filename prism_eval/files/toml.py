"""TOML files as people write them."""

from __future__ import annotations

import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from prism_eval.errors import UsageError
from prism_eval.files.budgets import read_document


def read_toml(path: Path | Traversable, called: str) -> dict[str, Any]:
    """The values of a TOML file.

    Args:
        path: The file.
        called: What messages call it: ``the plan runs/mine/plan.toml``.

    Raises:
        UsageError: It cannot be read, or is not TOML.
    """
    try:
        # Windows' editors put a byte order mark before the text, which is no part of it.
        data = read_document(path) if isinstance(path, Path) else path.read_bytes()
        return tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read {called}: {error.strerror or error}") from error
    # Numbers of thousands of digits and tables nested as deep are refused by Python, in errors of its own.
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{called} is not TOML: {error}") from error
