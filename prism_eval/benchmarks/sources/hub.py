"""Rows from the Hugging Face hub, streamed by ``datasets``; images stay as the bytes they are stored in.

Offline (``HF_HUB_OFFLINE=1``) they come from what the hub's libraries have kept on this machine.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from prism_eval.benchmarks.definition import Definition, Source
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.columns import wanted_columns
from prism_eval.errors import DataError, MissingExtra

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)
"""What this machine's own disk answers, and no server."""


@dataclass(frozen=True)
class HubSource:
    """The rows of one benchmark on the hub.

    Attributes:
        definition: The benchmark.
        streamed: That each reading is paid for: whoever reads twice keeps the rows.
    """

    definition: Definition
    streamed: ClassVar[bool] = True

    @property
    def origin(self) -> str:
        """``hub OWNER/NAME@COMMIT``; the commit may have to be looked up first."""
        at = f"@{self.revision}" if self.revision else ", as kept on this machine"
        return f"hub {self.definition.source.dataset}{at}"

    @cached_property
    def revision(self) -> str | None:
        """The commit: the definition's, else the newest, looked up once; ``None`` offline, where nobody can tell.

        Raises:
            DataError: The hub cannot be reached or has no such data set.
            MissingExtra: The ``hub`` extra is not installed.
        """
        source = self.definition.source
        return source.revision if is_offline() else resolve_revision(source)

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
        # Here and not above: the program tells by the module whether anything was streamed.
        from prism_eval.benchmarks.sources.stream import rows_of

        source = self.definition.source
        columns = wanted_columns(self.definition)
        where = f"{source.dataset}{f' ({source.config})' if source.config else ''} {source.split}"
        revision = self.revision
        try:
            # What is streamed is not kept: offline there can only be what was loaded whole.
            for number, values in enumerate(rows_of(source, revision, streaming=not is_offline())):
                # Their names only, for the message that says which columns there are.
                unread = tuple(name for name in values if name not in columns)
                used = {name: value for name, value in values.items() if name in columns}
                yield Row(number, used, f"{where} row {number + 1}", unread)
        except failures() as error:
            raise unreachable(source, error) from error

    def size(self) -> int | None:
        """How many rows are published, as the definition has it: counting would download them."""
        return self.definition.source.rows


def is_offline() -> bool:
    """Whether the hub's libraries were told to stay off the network."""
    told = [os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")]
    return any(value.upper() in ("1", "ON", "YES", "TRUE") for value in told)


def cached_folder(source: Source) -> Path | None:
    """Where the hub's library keeps what it has downloaded of a data set; ``None`` if it has nothing.

    Raises:
        MissingExtra: The ``hub`` extra is not installed.
    """
    try:
        from huggingface_hub.constants import HF_HUB_CACHE
    except ImportError as error:
        raise MissingExtra("reading from the Hugging Face hub", "hub") from error
    folder = Path(HF_HUB_CACHE, f"datasets--{source.dataset.replace('/', '--')}")
    return folder if folder.is_dir() else None


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
    except failures() as error:
        raise unreachable(source, error) from error
    # Not to be read as "the newest" each time anew: two runs would be of two data sets.
    if not found:
        raise DataError(f"the hub names no commit of data set {source.dataset}; set source.revision")
    return str(found)


def files_on_hub(source: Source) -> tuple[str, dict[str, int]]:
    """The commit that a source names, or the newest, and by the path of each of its files how many bytes it has.

    Raises:
        DataError: The hub cannot be reached or has no such data set.
        MissingExtra: The ``hub`` extra is not installed.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise MissingExtra("reading from the Hugging Face hub", "hub") from error
    try:
        info = HfApi().dataset_info(source.dataset, revision=source.revision, files_metadata=True)
    except failures() as error:
        raise unreachable(source, error) from error
    return str(info.sha), {str(file.rfilename): int(file.size or 0) for file in info.siblings or ()}


def download_file(source: Source, revision: str, name: str) -> Path:
    """One of a data set's files, in the cache of the hub's library; what lies there whole is not fetched again.

    Raises:
        DataError: It cannot be fetched, or cannot be written.
    """
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(source.dataset, name, repo_type="dataset", revision=revision))
    except failures() as error:
        raise unreachable(source, error) from error


def download_files(source: Source, revision: str) -> Path:
    """Download the files a source names, and return the folder they are in."""
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise MissingExtra("reading from the Hugging Face hub", "hub") from error
    try:
        patterns = list(source.files)
        folder = snapshot_download(source.dataset, repo_type="dataset", revision=revision, allow_patterns=patterns)
    except failures() as error:
        raise unreachable(source, error) from error
    return Path(folder)


def failures() -> tuple[type[Exception], ...]:
    """What the hub's libraries raise when they cannot deliver.

    Their HTTP client, whose errors they let through, differs between versions: its base is among their own error's.
    """
    from huggingface_hub.errors import HfHubHTTPError

    # `Exception` itself is no reason of the hub's, and would hide mistakes of ours.
    http = [base for base in HfHubHTTPError.__mro__ if issubclass(base, Exception) and base is not Exception]
    return (OSError, ValueError, RuntimeError, KeyError, *http)


def unreachable(source: Source, error: Exception) -> DataError:
    """The error of a data set that the hub's libraries do not deliver, in one line that says what to do."""
    # By name, for their versions differ in what they have.
    kinds = {cls.__name__ for cls in type(error).__mro__}
    if "GatedRepoError" in kinds:
        page = f"https://huggingface.co/datasets/{source.dataset}"
        return DataError(f"data set {source.dataset} is gated: accept its terms at {page}, and set HF_TOKEN")
    if isinstance(error, OSError) and error.errno in _DISK:
        where = f" to {error.filename}" if error.filename else ""
        return DataError(f"data set {source.dataset} cannot be written{where}: {error.strerror}; what is there is kept")
    # Their messages go on for a page; the first line says what happened.
    lines = str(error).strip().splitlines()
    reason = lines[0][:200] if lines else type(error).__name__
    todo = "go online, or name a folder with a downloaded copy"
    if is_offline():
        todo = "HF_HUB_OFFLINE is set, and it is not kept on this machine: go online once, or name a folder"
    elif "RepositoryNotFoundError" in kinds:
        todo = "it has been renamed or removed, or needs the HF_TOKEN of somebody who may read it"
    return DataError(
        f"data set {source.dataset} cannot be read from the hub ({type(error).__name__}: {reason}); {todo}"
    )
