"""The images of benchmarks, by digest: a question on one of them would train, or select, on what is measured later."""

from __future__ import annotations

from collections.abc import Iterable

from prism_eval.benchmarks import available, open_readable
from prism_eval.errors import DataUnreadable


def benchmark_digests(folders: Iterable[str]) -> dict[str, str]:
    """By the digest of an image, the benchmark that shows it. Every image is read, and none is kept.

    Args:
        folders: Data folders as ``--data`` takes them, each with all the benchmarks that it holds.

    Raises:
        DataUnreadable: A benchmark in one of them cannot be read, so that nobody knows its images.
        DataError: A folder holds no benchmark.
    """
    found: dict[str, str] = {}
    for data in folders:
        benchmarks, unread = open_readable(available(data), data)
        if unread:
            raise DataUnreadable(unread)
        for benchmark in benchmarks:
            for images in benchmark.pictures(named=False):
                for image in images:
                    found.setdefault(image.digest, benchmark.name)
    return found
