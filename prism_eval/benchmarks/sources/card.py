"""What the card of a data set on the hub (its ``README.md``) says about the files of each split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from prism_eval.benchmarks.definition import Source

_FENCE = "---"


def files_by_card(card: str, paths: Sequence[PurePosixPath], source: Source) -> set[PurePosixPath]:
    """Those of the paths that the card says hold the source's split; none where it says nothing of them.

    Args:
        card: The card's text, as untrusted as the rest of the data set.
        paths: The data set's tables.
        source: The configuration and split that are asked for.
    """
    patterns = list(_patterns(card, source))
    return {path for path in paths if any(_matches(path, pattern) for pattern in patterns)}


def _patterns(card: str, source: Source) -> Iterator[str]:
    configs = [entry for entry in _listed(_header(card).get("configs")) if isinstance(entry, Mapping)]
    wanted = source.config or "default"
    chosen = [entry for entry in configs if entry.get("config_name", "default") == wanted]
    # Without a configuration of that name, all of them are asked: MMMU/MMMU has one for each subject.
    for entry in chosen if chosen or source.config else configs:
        for split, pattern in _data_files(entry.get("data_files")):
            if split == source.split:
                yield pattern


def _header(card: str) -> Mapping[str, object]:
    """The YAML between the card's first two fences; empty where there is none, or nothing that reads YAML."""
    try:
        import yaml
    except ImportError:  # it comes with the extra `hub`; without it file names have to do, and nearly always do
        return {}
    start, _, rest = card.partition(f"{_FENCE}\n")
    try:
        header = yaml.safe_load(rest.partition(f"\n{_FENCE}")[0]) if not start.strip() else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return header if isinstance(header, Mapping) else {}


def _data_files(stated: object) -> Iterator[tuple[str, str]]:
    """Splits and patterns, out of every form in which a card may state them."""
    # What is stated without a split is the hub's `train`.
    pairs = list(stated.items()) if isinstance(stated, Mapping) else []
    for entry in [] if isinstance(stated, Mapping) else _listed(stated):
        split, path = (entry.get("split"), entry.get("path")) if isinstance(entry, Mapping) else ("train", entry)
        pairs.append((split, path))
    for split, path in pairs:
        for pattern in _listed(path):
            if isinstance(split, str) and isinstance(pattern, str):
                yield split, pattern.removeprefix("./")


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _matches(path: PurePosixPath, pattern: str) -> bool:
    if "**" in pattern:
        return fnmatchcase(str(path), pattern.replace("**/", "*"))
    parts = pattern.split("/")
    return len(parts) == len(path.parts) and all(map(fnmatchcase, path.parts, parts))
