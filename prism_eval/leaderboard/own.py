"""The numbers that a benchmark's own aggregation makes, which need not be the mean of the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prism_eval.leaderboard.writing import ABSENT
from prism_eval.run.reading import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNumbers:
    """What one benchmark's aggregation says of each captioner.

    Attributes:
        benchmark: The benchmark.
        entries: Whom a column is about: a captioner, and which of its captions, from 1; 0 where there is one an image.
        numbers: By metric, in the aggregation's words, one text an entry.
    """

    benchmark: str
    entries: tuple[tuple[str, int], ...]
    numbers: Mapping[str, tuple[str, ...]]


def own_numbers(manifest: Manifest, captioners: Sequence[str]) -> tuple[OwnNumbers, ...]:
    """A table for each benchmark that aggregates by a rule of its own.

    Args:
        manifest: The run's manifest.
        captioners: Labels, best first.
    """
    said = manifest.get("aggregates") or []
    names = dict.fromkeys(str(entry["benchmark"]) for entry in said)
    return tuple(_table(name, [entry for entry in said if entry["benchmark"] == name], captioners) for name in names)


def _table(benchmark: str, said: Sequence[Mapping[str, object]], captioners: Sequence[str]) -> OwnNumbers:
    place = {label: number for number, label in enumerate(captioners)}
    entries = sorted(said, key=lambda entry: (place.get(str(entry["captioner"]), len(place)), entry["sample"]))
    several = any(entry["sample"] for entry in entries)
    metrics = [entry["metrics"] if isinstance(entry["metrics"], Mapping) else {} for entry in entries]
    return OwnNumbers(
        benchmark=benchmark,
        # Counted from 1 for readers; the manifest counts from 0.
        entries=tuple((str(entry["captioner"]), int(str(entry["sample"])) + 1 if several else 0) for entry in entries),
        numbers={
            name: tuple(_text(own.get(name)) for own in metrics)
            for name in dict.fromkeys(str(name) for own in metrics for name in own)
        },
    )


def _text(value: object) -> str:
    if value is None:
        return ABSENT
    # Four digits suit shares and scores in hundreds alike: what a stranger's metric is, nobody says.
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)
