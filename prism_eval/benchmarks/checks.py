"""What must hold of an item before a model is asked about it: the same for a run and for `verify`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from prism_eval.benchmarks.reading.image_check import check_image
from prism_eval.benchmarks.rows import RowError
from prism_eval.errors import DataError, PermanentError, PrismError
from prism_eval.plugins.faults import fault_of
from prism_eval.schema import Image, Item
from prism_eval.scoring.base import Scorer

TRIED = 100
"""Rows of which one at least must be usable: a hundred bad ones in a row are no slips but a wrong definition."""


def why_none(problems: Iterable[object]) -> str:
    """Why none of a benchmark's first rows can be used; empty if one can.

    Args:
        problems: What is wrong with each row, a `RowError`; anything else for a row that can be used.
    """
    errors: list[RowError] = []
    for problem in islice(problems, TRIED):
        if not isinstance(problem, RowError):
            return ""
        errors.append(problem)
    if not errors:
        return ""
    ((reason, count),) = Counter(error.reason for error in errors).most_common(1)
    first = next(error for error in errors if error.reason == reason)
    none = f"none of the first {len(errors)} rows can be used" if len(errors) > 1 else "the first row cannot be used"
    return f"{none}; {count} x {reason}, the first: {first}"


def opens(image: Image) -> bool:
    """Whether an image can be shown to a model."""
    try:
        check_image(image)
    except PermanentError:
        return False
    return True


def image_problem(item: Item) -> RowError | None:
    """Why one of the item's images cannot be shown to a model; ``None`` if all can."""
    for image in item.images:
        try:
            check_image(image)
        except PermanentError as error:
            return RowError("image does not open", f"{item.benchmark}: item {item.id}: {error}", item=item.id)
    return None


def gold_problem(item: Item, scorer: Scorer) -> RowError | None:
    """Why answers to the item cannot be scored; ``None`` if they can.

    Raises:
        PrismError: The scorer itself will not do, whatever the item: a package is missing, say.
    """
    try:
        scorer.check(item)
    except DataError as error:
        return RowError("cannot be scored", str(error), item=item.id)
    except PrismError:
        raise
    except BaseException as error:  # noqa: BLE001 - a stranger's scorer may raise anything, and costs one item with it
        fault = fault_of(scorer, f"scorer {scorer.name!r}, item {item.id} of {item.benchmark}", error)
        return RowError("cannot be scored", fault, item=item.id)
    return None
