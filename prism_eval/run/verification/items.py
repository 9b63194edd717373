"""The items that verdicts are on against the manifest's fingerprints: a gold that was made to fit is another item."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from prism_eval.benchmarks.catalogue import shipped_definition, split_name
from prism_eval.errors import PrismError
from prism_eval.run.counts import BenchmarkCount
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Manifest, Table
from prism_eval.run.rescoring import item_of
from prism_eval.run.verification.finding import Finding

_ITEM = ("benchmark", "item", "kind", "question", "options", "gold", "images", "cluster", "row")


def unlike_items(folder: RunFolder, manifest: Manifest) -> Iterator[Finding]:
    """Benchmarks whose items are others than those whose fingerprint the manifest has.

    Runs with unlike fingerprints are never ranked beside each other, so that whoever changes both stands alone.

    Args:
        folder: The run folder.
        manifest: Its manifest.

    Raises:
        RunError: The table cannot be read.
    """
    verdicts = Table(folder.path, "verdicts")
    # What older tables lack of an item cannot be told from a change of it.
    if manifest.get("imported") or verdicts.lacks("row"):
        return
    told = {str(one["name"]): one["fingerprint"] for one in manifest["benchmarks"] if one.get("fingerprint")}
    counts: dict[str, BenchmarkCount] = defaultdict(BenchmarkCount)
    by_image = {name for name in told if _is_by_image(name)}
    seen: set[tuple[str, str]] = set()
    apart = Counter[str]()
    for row in verdicts.rows(_ITEM):
        place = (row["benchmark"], row["item"])
        if place[0] not in told or place in seen:
            continue
        seen.add(place)
        try:
            item, images = item_of(row), tuple(map(str, row["images"] or ()))
            counts[place[0]].add(item, images)
            # What cannot be asked has no image, and its own name in place of one.
            apart[place[0]] += bool(images) and place[0] in by_image and row["cluster"] != "+".join(sorted({*images}))
        except (ValueError, TypeError, AttributeError):
            yield Finding("verdicts.parquet", "an item that no run writes", 1, " ".join(map(str, place)))
            return
    for name, several in apart.items():
        if several:
            problem = f"items of {name} whose errors are said to go with other images than their own"
            yield Finding("verdicts.parquet", problem, several)
    for name, count in counts.items():
        if count.fingerprint != told[name]:
            yield Finding("verdicts.parquet", f"the items of {name} are not those of the manifest's fingerprint")


def _is_by_image(name: str) -> bool:
    """Whether a benchmark is one of ours whose items belong together where they show the same images."""
    base, _ = split_name(name)
    with suppress(PrismError):
        return Path(base).name == base and not shipped_definition(base).fields.cluster
    return False
