"""What ``prism-eval benchmarks NAME`` shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from prism_eval.benchmarks.benchmark import Benchmark
from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.rows import RowError
from prism_eval.schema import Item, ItemKind


@dataclass(frozen=True)
class Description:
    """A benchmark in numbers and samples.

    Attributes:
        name: The name with its variant.
        definition: Source, licence, citation, scorer per edition.
        origin: Where the data is.
        revision: The data's commit, where known.
        items: How many questions there are.
        images: How many different images they show.
        questions_per_image: Mean over the different images.
        most_questions: The largest number of questions on one image.
        kinds: How many items ask for each form of answer.
        samples: The first items.
        unusable: How many rows cannot be read, and are not counted.
    """

    name: str
    definition: Definition
    origin: str
    revision: str | None
    items: int
    images: int
    questions_per_image: float
    most_questions: int
    kinds: dict[ItemKind, int]
    samples: tuple[Item, ...]
    unusable: int = 0


def describe(benchmark: Benchmark, *, samples: int = 3) -> Description:
    """Count a benchmark's items and images, and keep a few.

    Raises:
        DataError: No row can be read.
    """
    per_image: Counter[str] = Counter()
    kinds: Counter[ItemKind] = Counter()
    kept: list[Item] = []
    problems: list[RowError] = []
    for item in benchmark.items_and_problems():
        if isinstance(item, RowError):
            problems.append(item)
            continue
        kinds[item.kind] += 1
        # A set: an item that shows one picture twice is one question on it.
        per_image.update({image.digest for image in item.images})
        if len(kept) < samples:
            kept.append(item)
    if not kept:
        raise problems[0]
    return Description(
        name=benchmark.name,
        definition=benchmark.definition,
        origin=benchmark.source.origin,
        revision=benchmark.revision,
        items=kinds.total(),
        images=len(per_image),
        questions_per_image=per_image.total() / len(per_image),
        most_questions=max(per_image.values()),
        kinds=dict(kinds),
        samples=tuple(kept),
        unusable=len(problems),
    )
