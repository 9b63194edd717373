"""Arrow as a run needs it: without pandas, which comes along with the first array of a list, and without a hoard."""

from __future__ import annotations

import os
import sys


class _NoPandas:
    """A finder that finds everything but pandas to be somebody else's to find."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ImportError(name)


def slim_arrow() -> None:
    """Spare a process of our own half a second and 90 MB.

    Arrow looks for pandas once, and no run hands it a frame: it looks now, and does not find it. Whoever asks for a
    frame later gets it all the same, for then it looks again. And it keeps freed memory for more of the same, which a
    run of a few thousand rows never wants; another of its pools may be named in the environment, as ever.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    import pyarrow as pa

    if "pandas" in sys.modules:
        return
    sys.meta_path.insert(0, _NoPandas)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(_NoPandas)
