"""Checking every row of a benchmark's data, and saying all that is wrong at once."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from prism_eval.benchmarks.benchmark import Benchmark
from prism_eval.benchmarks.completeness import what_is_missing
from prism_eval.benchmarks.reading.image_check import UNREADABLE, check_image
from prism_eval.benchmarks.rows import RowError
from prism_eval.errors import DataError, PermanentError
from prism_eval.files.warning_filters import warnings_as
from prism_eval.schema import Image, Item

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
        missing: What the data lacks beside what was published.
    """

    name: str
    origin: str
    expected_rows: int | None
    items: int = 0
    images: int = 0
    problems: dict[str, Problem] = field(default_factory=dict)
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
    """Read every row: its columns, options and gold, its id, and each image once, unpacked.

    Nothing in the data makes it stop; whatever is wrong is in the report.
    """
    report = VerifyReport(benchmark.name, benchmark.source.origin, benchmark.definition.source.rows)
    ids: set[str] = set()
    images: set[str] = set()
    try:
        for item in benchmark.items_and_problems():
            if isinstance(item, RowError):
                report.add(item.reason, str(item))
            else:
                _check_item(item, report, ids, images)
    except DataError as error:
        report.add("data missing", str(error))
    # A selection that keeps nothing is most likely misspelt.
    if not report.items and not report.problems:
        report.add("data missing", f"{report.origin} holds no row that the definition selects")
    report.images = len(images)
    report.missing = what_is_missing(benchmark)
    return report


def _check_item(item: Item, report: VerifyReport, ids: set[str], images: set[str]) -> None:
    report.items += 1
    if item.id in ids:
        report.add("id not unique", f"item {item.id} occurs more than once")
    # Answers are stored and joined by benchmark and id: of two equal ones each would get the other's.
    ids.add(item.id)
    for image in item.images:
        # Once for each picture, not for each question: unpacking is what takes the time.
        if image.digest not in images:
            images.add(image.digest)
            _check_pixels(item, image, report)


def _check_pixels(item: Item, image: Image, report: VerifyReport) -> None:
    from PIL import Image as Pillow

    try:
        check_image(image)
        with warnings_as("ignore"), Pillow.open(io.BytesIO(image.data)) as opened:
            opened.load()
    except PermanentError as error:
        report.add("image does not open", f"item {item.id}: {error}")
    except (*UNREADABLE, Pillow.DecompressionBombError) as error:
        report.add("image does not open", f"item {item.id}: image {image.name!r} is damaged: {error}")
