"""Arrow without pandas, which it brings along with the first array of a list: half a second and 58 MB of any run."""

from __future__ import annotations

import sys


class _NoPandas:
    """A finder that finds everything but pandas to be somebody else's to find."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ImportError(name)


def spare_pandas() -> None:
    """Let arrow look for pandas now, and not find it: it looks once, and no run hands it a frame.

    For a process of our own only. Whoever asks arrow for a frame later gets it: then it looks again.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    sys.meta_path.insert(0, _NoPandas)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(_NoPandas)
