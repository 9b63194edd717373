"""Whether a benchmark's data is all there: told from the names, footers and counts of its files, never from images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from prism_eval.benchmarks.benchmark import Benchmark
from prism_eval.benchmarks.rows import RowError
from prism_eval.benchmarks.sources.caprl import CapRLSource
from prism_eval.benchmarks.sources.folder import FolderSource, file_size
from prism_eval.benchmarks.sources.splits import SplitFile
from prism_eval.benchmarks.sources.tree import split_files_in
from prism_eval.benchmarks.sources.unreadable import why_not_there
from prism_eval.errors import DataError

_NAMED = 3
"""How many files a sentence names; a data set may have hundreds."""


def what_is_missing(benchmark: Benchmark) -> tuple[str, ...]:
    """One sentence for each thing that a folder lacks, or has too much of, beside the published data.

    Nothing is said of twins and of the hub itself, nor of data that is not there at all, which is an error.
    """
    source = benchmark.source
    if isinstance(source, CapRLSource):
        return tuple(_beside(source, []))
    if not isinstance(source, FolderSource) or not source.published:
        return ()
    try:
        files = split_files_in(source.folder, source.definition.source)
    except DataError:
        return ()
    paths = [source.folder / file.path for file in files]
    return (*_absent(files), *_unreadable(paths), *_beside(source, paths), *_miscounted(source))


def _absent(files: Sequence[SplitFile]) -> Iterator[str]:
    """Shards that the names of the others tell of."""
    groups: defaultdict[tuple[PurePosixPath, str, int | None], set[int]] = defaultdict(set)
    for file in files:
        if file.number is not None:
            groups[file.path.parent, file.label, file.total].add(file.number)
    for (parent, label, total), there in groups.items():
        count = max(there) + 1 if total is None else total
        missing = sorted(set(range(count)) - there)
        names = [f"{label}-{n:05d}-of-{count:05d}" if total else f"{n:04d}" for n in missing[:_NAMED]]
        if missing:
            named = ", ".join(str(parent / name) for name in names) + (" ..." if len(missing) > _NAMED else "")
            yield f"{len(missing)} of the split's {count} files missing: {named}"
    if partial := next((file for file in files if file.partial), None):
        yield f"{partial.path.parent} holds the beginning of the split only: the hub's conversion stopped early"


def _unreadable(paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        try:
            if reason := why_not_there(path):
                yield f"{path}: {reason}"
            # Lines of JSON are looked at one by one, by whoever reads them.
            elif path.suffix == ".parquet":
                file_size(path)
        except (RowError, OSError) as error:
            yield str(error)


def _beside(source: FolderSource | CapRLSource, rows: Sequence[Path]) -> Iterator[str]:
    """Files that the definition names beside those of its rows, such as an archive of images."""
    for path in (source.folder / name for name in source.definition.source.files):
        unpacked = path.suffix == ".zip" and path.with_suffix("").is_dir()
        if not unpacked and path not in rows and (reason := why_not_there(path)):
            yield f"{path}: {reason}"


def _miscounted(source: FolderSource) -> Iterator[str]:
    published = source.definition.source.rows
    found = source.size() if published else None
    # Without a count some file cannot be read, which has been said.
    if published and found is not None and found != published:
        yield f"{published:,} rows are published; found here: {found:,}"
