"""The manifest: what a run met, so that two runs can be compared or one can be explained."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from prism_eval._version import __version__
from prism_eval.plugins.identity import canonical_json
from prism_eval.run.pipeline import Traveller
from prism_eval.schema import Item

FORMAT = 1
_PACKAGES = ("aiohttp", "matplotlib", "numpy", "pandas", "pillow", "pyarrow", "rapidfuzz", "rapidocr", "datasets")


class SeenDigests:
    """A set of digests in eight bytes each; says which are new."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def add(self, *parts: str) -> bool:
        """Whether the parts, taken together, had not been added before."""
        short = int.from_bytes(hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest(), "big")
        if short in self._seen:
            return False
        self._seen.add(short)
        return True

    def __len__(self) -> int:
        return len(self._seen)


@dataclass
class BenchmarkCount:
    """What was met of one benchmark. ``fingerprint`` covers every item's question, golds and image bytes, in order."""

    items: int = 0
    images: SeenDigests = field(default_factory=SeenDigests)
    _hash: Any = field(default_factory=hashlib.sha256)

    def add(self, item: Item, images: tuple[str, ...]) -> None:
        """Count an item."""
        self.items += 1
        for image in images:
            self.images.add(image)
        said = [item.id, item.kind, item.question, list(item.options), list(item.golds), list(images)]
        self._hash.update(canonical_json(said).encode("utf-8", "surrogatepass"))

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the items so far."""
        return str(self._hash.hexdigest())


@dataclass
class Counts:
    """What a run has counted so far: benchmarks, and how answers ended."""

    benchmarks: dict[str, BenchmarkCount] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    done: int = 0

    def add(self, traveller: Traveller, *, first_arm: bool) -> None:
        """Count a traveller; its item only for the first arm and sample."""
        self.done += 1
        if first_arm:
            count = self.benchmarks.setdefault(traveller.item.benchmark, BenchmarkCount())
            count.add(traveller.item, traveller.images)
        if traveller.verdict:
            self.outcomes[traveller.verdict.outcome.value] += 1
        if traveller.error:
            self.failures[traveller.error] += 1


def make_manifest(
    counts: Counts, about: Mapping[str, Any], benchmarks: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The manifest of a finished run.

    Args:
        counts: What was counted.
        about: Protocol, reasoner and captioners, as the run knows them.
        benchmarks: Facts of each benchmark's definition, by name.
    """
    return {
        "format": FORMAT,
        "version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "finished": True,
        **about,
        "benchmarks": [
            {
                "name": name,
                **benchmarks.get(name, {}),
                "items": count.items,
                "images": len(count.images),
                "fingerprint": count.fingerprint,
            }
            for name, count in counts.benchmarks.items()
        ],
        "python": platform.python_version(),
        "git_commit": _git_commit(),
        "packages": _versions(),
    }


def _git_commit() -> str | None:
    """The commit of the repository the command was given in, if it is one."""
    try:
        answer = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def _versions() -> dict[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
