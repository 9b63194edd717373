"""Rows from the Hugging Face hub, streamed by ``datasets``; images stay as the bytes they are stored in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from prism_eval.benchmarks.definition import Definition, Source
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.columns import wanted_columns
from prism_eval.errors import DataError, MissingExtra


@dataclass(frozen=True)
class HubSource:
    """The rows of one benchmark on the hub.

    Attributes:
        definition: The benchmark.
    """

    definition: Definition

    @property
    def origin(self) -> str:
        """``hub OWNER/NAME@COMMIT``; the commit may have to be looked up first."""
        return f"hub {self.definition.source.dataset}@{self.revision}"

    @cached_property
    def revision(self) -> str:
        """The commit: the definition's, else the newest, looked up once.

        Raises:
            DataError: The hub cannot be reached or has no such data set.
            MissingExtra: The ``hub`` extra is not installed.
        """
        return resolve_revision(self.definition.source)

    @property
    def image_folder(self) -> None:
        """None: the hub's images are in the rows."""
        return None

    def rows(self) -> Iterator[Row | RowError]:
        """The rows in order, streamed at one commit.

        Raises:
            DataError: The hub cannot be reached, or breaks off.
            MissingExtra: The ``hub`` extra is not installed.
        """
        source = self.definition.source
        columns = wanted_columns(self.definition)
        where = f"{source.dataset}{f' ({source.config})' if source.config else ''} {source.split}"
        revision = self.revision
        try:
            for number, values in enumerate(_stream(source, revision)):
                # Their names only, for the message that says which columns there are.
                unread = tuple(name for name in values if name not in columns)
                used = {name: value for name, value in values.items() if name in columns}
                yield Row(number, used, f"{where} row {number + 1}", unread)
        except _failures() as error:
            raise _unreachable(source, error) from error

    def size(self) -> int | None:
        """How many rows are published, as the definition has it: counting would download them."""
        return self.definition.source.rows


def resolve_revision(source: Source) -> str:
    """The full commit a source names, or the newest one if it names none."""
    if source.revision:
        return source.revision
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise MissingExtra("reading from the Hugging Face hub", "hub") from error
    try:
        found = HfApi().dataset_info(source.dataset).sha
    except _failures() as error:
        raise _unreachable(source, error) from error
    # Not to be read as "the newest" each time anew: two runs would be of two data sets.
    if not found:
        raise DataError(f"the hub names no commit of data set {source.dataset}; set source.revision")
    return str(found)


def download_files(source: Source, revision: str) -> Path:
    """Download the files a source names, and return the folder they are in."""
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise MissingExtra("reading from the Hugging Face hub", "hub") from error
    try:
        patterns = list(source.files)
        folder = snapshot_download(source.dataset, repo_type="dataset", revision=revision, allow_patterns=patterns)
    except _failures() as error:
        raise _unreachable(source, error) from error
    return Path(folder)


def _stream(source: Source, revision: str) -> Iterable[Mapping[str, object]]:
    try:
        from datasets import Image, load_dataset
    except ImportError as error:
        raise MissingExtra("reading from the Hugging Face hub", "hub") from error
    rows = load_dataset(source.dataset, source.config, split=source.split, revision=revision, streaming=True)
    for name, feature in (rows.features or {}).items():
        if isinstance(feature, Image):
            # Decoded and encoded again, an image would have another digest, and captions made elsewhere not fit it.
            rows = rows.cast_column(name, Image(decode=False))
    streamed: Iterable[Mapping[str, object]] = rows
    return streamed


def _failures() -> tuple[type[Exception], ...]:
    """What the hub's libraries raise when they cannot deliver.

    Their HTTP client, whose errors they let through, differs between versions: its base is among their own error's.
    """
    from huggingface_hub.errors import HfHubHTTPError

    # `Exception` itself is no reason of the hub's, and would hide mistakes of ours.
    http = [base for base in HfHubHTTPError.__mro__ if issubclass(base, Exception) and base is not Exception]
    return (OSError, ValueError, RuntimeError, KeyError, *http)


def _unreachable(source: Source, error: Exception) -> DataError:
    # Their messages go on for a page; the first line says what happened.
    lines = str(error).strip().splitlines()
    reason = lines[0][:200] if lines else type(error).__name__
    return DataError(
        f"data set {source.dataset} cannot be read from the hub ({type(error).__name__}: {reason}); "
        "go online, or give --data a folder with a downloaded copy"
    )
