"""Checking every row of a benchmark's data, and saying all that is wrong at once."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from prism_eval.benchmarks.benchmark import Benchmark
from prism_eval.benchmarks.checks import gold_problem, image_problem
from prism_eval.benchmarks.completeness import what_is_missing
from prism_eval.benchmarks.reading.identity import Ids
from prism_eval.benchmarks.reading.image_check import UNREADABLE
from prism_eval.benchmarks.rows import RowError
from prism_eval.errors import DataError, PrismError
from prism_eval.files.warning_filters import warnings_as
from prism_eval.plugins import Spec, build
from prism_eval.schema import Image, Item
from prism_eval.scoring.base import SCORER, Scorer

EXAMPLES = 3
"""How many messages are kept for each reason."""


@dataclass
class Problem:
    """One reason why items fail.

    Attributes:
        count: How many do.
        examples: The first messages, each naming file, row and item.
    """

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class VerifyReport:
    """What is on disk, and what is wrong with it.

    Attributes:
        name: The benchmark.
        origin: Where its data is.
        items: How many items can be read.
        images: How many different images they show.
        expected_rows: How many rows the data set is published with.
        problems: Reason to count and examples.
        unchecked: Scorers that could not be asked whether they can score the golds, each with the reason.
        missing: What the data lacks beside what was published.
    """

    name: str
    origin: str
    expected_rows: int | None
    items: int = 0
    images: int = 0
    problems: dict[str, Problem] = field(default_factory=dict)
    unchecked: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it is all there and a run could read all of it: no row, id or image has a problem."""
        return not self.problems and not self.missing

    @property
    def failed(self) -> int:
        """How many problems there are, over all reasons; one item may have several."""
        return sum(problem.count for problem in self.problems.values()) + len(self.missing)

    def add(self, reason: str, message: str) -> None:
        """Count a problem under its reason, and keep its message if it is among the first."""
        problem = self.problems.setdefault(reason, Problem())
        problem.count += 1
        if len(problem.examples) < EXAMPLES:
            problem.examples.append(message)


def verify(benchmark: Benchmark) -> VerifyReport:
    """Read every row as a run does, with every check that a run makes before its first call; and unpack each image.

    The columns, the options and the gold are read, ids compared, and the scorer of every edition is asked whether it
    can score the gold. Nothing in the data makes it stop; whatever is wrong is in the report.
    """
    report = VerifyReport(benchmark.name, benchmark.source.origin, benchmark.definition.source.rows)
    scorers = _scorers(benchmark, report)
    ids, images = Ids(), set[str]()
    try:
        for item in benchmark.items_and_problems(ids):
            if isinstance(item, RowError):
                report.add(item.reason, str(item))
                continue
            report.items += 1
            _check_golds(item, scorers, report)
            _check_images(item, images, report)
    except DataError as error:
        report.add("data missing", str(error))
    finally:
        for scorer in scorers.values():
            scorer.close()
    for repeated, further in ids.repeated.items():
        for number in range(2, further + 2):
            report.add("id not unique", f"item {repeated} occurs more than once; a run asks this one as #{number}")
    report.images = len(images)
    report.missing = what_is_missing(benchmark)
    return report


def _scorers(benchmark: Benchmark, report: VerifyReport) -> dict[str, Scorer]:
    """The scorers of the benchmark's editions, by name."""
    if benchmark.scorer is not None:
        return {benchmark.scorer.name: benchmark.scorer}
    scorers = {}
    for name in dict.fromkeys(benchmark.definition.scoring.values()):
        try:
            scorers[name] = build(SCORER, Spec.parse(name), {})
        except PrismError as error:
            report.unchecked[name] = str(error)
    return scorers


def _check_golds(item: Item, scorers: dict[str, Scorer], report: VerifyReport) -> None:
    for name in [name for name in scorers if name not in report.unchecked]:
        try:
            problem = gold_problem(item, scorers[name])
        except PrismError as error:  # a missing package: the rest of the rows would say it again
            report.unchecked[name] = str(error)
            continue
        if problem:
            report.add(f"{problem.reason} by {name!r}", str(problem))


def _check_images(item: Item, seen: set[str], report: VerifyReport) -> None:
    new = [image for image in item.images if image.digest not in seen]
    # Once for each picture, not for each question: unpacking is what takes the time.
    seen.update(image.digest for image in new)
    if not new:
        return
    problem = image_problem(item)
    for message in [str(problem)] if problem else _damage(item, new):
        report.add("image does not open", message)


def _damage(item: Item, images: list[Image]) -> list[str]:
    from PIL import Image as Pillow

    damaged = []
    for image in images:
        try:
            with warnings_as("ignore"), Pillow.open(io.BytesIO(image.data)) as opened:
                opened.load()
        except (*UNREADABLE, Pillow.DecompressionBombError) as error:
            damaged.append(f"item {item.id}: image {image.name!r} is damaged: {error}")
    return damaged
