"""What every place that rows come from can do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from prism_eval.benchmarks.rows import Row, RowError


class RowSource(Protocol):
    """A data set whose rows can be read again and again."""

    @property
    def origin(self) -> str:
        """Where the rows come from, for people."""
        ...

    @property
    def revision(self) -> str | None:
        """The commit the rows are of, where that is known."""
        ...

    @property
    def image_folder(self) -> Path | None:
        """Where paths of images in the rows lead; ``None`` if the rows hold the images' bytes."""
        ...

    def rows(self) -> Iterator[Row | RowError]:
        """The rows in order; in place of one that cannot be read, what is wrong with it."""
        ...

    def size(self) -> int | None:
        """How many rows the definition selects; ``None`` where that is not known without reading everything."""
        ...
