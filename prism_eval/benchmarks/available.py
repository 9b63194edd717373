"""Which benchmarks there is data for."""

from __future__ import annotations

from pathlib import Path

from prism_eval.benchmarks.catalogue import definition_names
from prism_eval.errors import DataError


def available(data: str) -> tuple[str, ...]:
    """The benchmarks that can be read: all that are known, or those that have a folder in ``data``.

    Raises:
        DataError: The folder does not exist, or holds no benchmark.
    """
    names = definition_names()
    if data in ("synthetic", "hub"):
        return names
    folder = Path(data)
    if not folder.is_dir():
        raise DataError(f"no data folder {data}: give --data a folder of benchmarks, 'synthetic' or 'hub'")
    found = tuple(name for name in names if (folder / name).is_dir())
    if not found:
        raise DataError(f"{data} holds no benchmark's folder; known benchmarks: {', '.join(names)}")
    return found
