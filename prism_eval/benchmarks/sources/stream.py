"""Rows as ``datasets`` streams them.

They are read in threads of Arrow's, through files that Python has open. Who has seen enough of them cannot call the
threads back, and one that asks for Python after its end aborts the process, or keeps it for ever (apache/arrow#45214).
The program leaves at once where this module was used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from prism_eval.benchmarks.definition import Source
from prism_eval.errors import DataError, MissingExtra


def rows_of(source: Source, revision: str | None, *, streaming: bool) -> Iterable[Mapping[str, object]]:
    """The rows of a data set on the hub, in order.

    Args:
        source: The data set.
        revision: The commit; ``None`` for whatever is kept on this machine.
        streaming: Whether they come as they are read, and not from a copy that is loaded whole.

    Raises:
        DataError: A folder here would be read in its place.
        MissingExtra: The ``hub`` extra is not installed.
    """
    try:
        from datasets import Image, load_dataset
    except ImportError as error:
        raise MissingExtra("reading from the Hugging Face hub", "hub") from error
    # To `datasets` a folder of that name is the data set, whatever lies in it; older versions run a script there.
    if not Path(source.dataset).is_absolute() and Path(source.dataset).exists():
        here = Path(source.dataset).resolve()
        raise DataError(f"{here} would be read in place of the hub's data set {source.dataset}: move it away")
    rows = load_dataset(source.dataset, source.config, split=source.split, revision=revision, streaming=streaming)
    for name, feature in (rows.features or {}).items():
        if isinstance(feature, Image):
            # Decoded and encoded again, an image would have another digest, and captions made elsewhere not fit it.
            rows = rows.cast_column(name, Image(decode=False))
    found: Iterable[Mapping[str, object]] = rows
    return found
