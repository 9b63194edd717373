"""Twins as tables, each rendered and read once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from prism_eval.twins import ensure

Rows = list[dict[str, Any]]


@functools.cache
def _read(path: Path) -> Rows:
    rows: Rows = pq.read_table(path).to_pylist()
    return rows


@pytest.fixture
def twin() -> Callable[..., Rows]:
    """The rows of a twin's table as they lie on disk."""

    def rows(name: str, *, folder: str = "") -> Rows:
        return _read(ensure(name) / name / folder / "data.parquet")

    return rows


@pytest.fixture
def images_of() -> Callable[[dict[str, Any]], list[bytes]]:
    """The encoded images in a row, in the columns' order."""

    def images(row: dict[str, Any]) -> list[bytes]:
        values = [value["bytes"] if isinstance(value, dict) and "bytes" in value else value for value in row.values()]
        return [value for value in values if isinstance(value, bytes)]

    return images
