"""Boxes of text to text that keeps their layout: what a reader needs who cannot see the page.

One line a row, cells that stand apart separated by `` | ``. Labels that stand under columns of numbers (the categories
of a bar chart, the years under a line) take those numbers along, one line a label; the marks of a scale are gathered
in one line; sideways text is named as such. Only the texts and their places are used, never what is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

_NUMBER = re.compile(r"[-+\u2212]?[$€£¥]?(\d[\d.,\s]*)[%KMBkmb]?\*?")
# Years name columns where other numbers would be values.
_YEARS = range(1800, 2101)


@dataclass(frozen=True, slots=True)
class TextBox:
    """A piece of text and the upright rectangle around it, in pixels; y grows downwards. ``sideways`` text runs up."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    sideways: bool = False

    @property
    def x(self) -> float:
        """The middle, in pixels from the left."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """The middle, in pixels from the top."""
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        """The height in pixels: of upright text, the size of its letters."""
        return self.bottom - self.top

    @property
    def number(self) -> float | None:
        """The number that the text is, without sign and unit; ``None`` if it is anything else."""
        match = _NUMBER.fullmatch(self.text)
        digits = match[1].replace(",", "").replace(" ", "") if match else ""
        return float(digits) if digits.count(".") < 2 and digits.strip(".").isascii() and digits else None


Row = list[TextBox]
Line = tuple[float, str]


def in_reading_order(boxes: Iterable[TextBox]) -> str:
    """The boxes' text in reading order, as described above; boxes without a letter or digit are passed over."""
    telling = [part for box in boxes if any(map(str.isalnum, box.text)) for part in _split_years(box)]
    upright = [box for box in telling if not box.sideways]
    scales = [*_upright_scales(upright), *_level_scales(upright)]
    rows = _rows(_without(upright, scales))
    columns = _columns(rows)
    rest = _rows(_without([box for row in rows for box in row], [[label, *above] for label, above in columns]))
    lines = [(row[0].top, _line(row)) for row in rest] + [_scale_line(scale) for scale in scales]
    lines += [(columns[0][0].bottom, _column_line(label, above)) for label, above in columns]
    lines += [_sideways_line(group) for group in _aligned([box for box in telling if box.sideways])]
    return "\n".join(text for _, text in sorted(lines, key=lambda line: line[0]))


def _split_years(box: TextBox) -> Row:
    """One box a year where a detector took the years under an axis for a line of text."""
    years = box.text.split()
    if len(years) < 3 or not all(re.fullmatch(r"(18|19|20)\d\d", year) for year in years):
        return [box]
    width = (box.right - box.left) / len(years)
    lefts = [box.left + width * index for index in range(len(years))]
    return [replace(box, text=year, left=left, right=left + width) for year, left in zip(years, lefts, strict=True)]


def _without(boxes: Row, groups: Iterable[Row]) -> Row:
    taken = {box for group in groups for box in group}
    return [box for box in boxes if box not in taken]


def _rows(boxes: Row) -> list[Row]:
    """Boxes side by side in one row, from the left; rows from the top."""
    rows: list[Row] = []
    for box in sorted(boxes, key=lambda box: box.y):
        last = rows[-1] if rows else []
        # Half a letter's height: the boxes that a detector finds in one row are not quite level.
        if last and box.y - median(other.y for other in last) < 0.5 * min(box.height, last[-1].height):
            last.append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]


def _line(row: Row) -> str:
    text = row[0].text
    for before, box in pairwise(row):
        # A number is a cell of its own however close: it is the label's value, not a part of its name.
        numeric = before.number is not None or box.number is not None
        near = box.left - before.right < 0.8 * min(before.height, box.height)
        text += (" " if near and not numeric else " | ") + box.text
    return text


def _column_line(label: TextBox, above: Row) -> str:
    return f"{label.text}: {' | '.join(box.text for box in above)}" if above else label.text


def _scale_line(scale: Row) -> Line:
    side = "side" if scale[0].x - scale[-1].x < scale[-1].y - scale[0].y else "width"
    return scale[0].top, f"Scale along the {side}: {', '.join(box.text for box in scale)}"


def _sideways_line(group: Row) -> Line:
    group = sorted(group, key=lambda box: -box.bottom)
    return group[0].bottom, f"Sideways text: {' '.join(box.text for box in group)}"


def _columns(rows: list[Row]) -> list[tuple[TextBox, Row]]:
    """The labels of the row that names most columns of numbers, the first such row, each with its numbers."""
    found: list[tuple[TextBox, Row]] = []
    most = 1
    for index, labels in enumerate(rows):
        above = _above(labels, rows[:index]) if all(map(_names, labels)) else []
        named = sum(map(bool, above))
        # Most of the labels must have numbers above: some words of a footer have them by chance.
        if named > most and named >= 0.6 * len(labels):
            most, found = named, list(zip(labels, above, strict=True))
    return found


def _names(box: TextBox) -> bool:
    return box.number is None or box.number in _YEARS


def _above(labels: Row, rows: list[Row]) -> list[Row]:
    """For each label the numbers above it that no name stands beside, from the left, then from the top.

    A column reaches half the distance to the next label on either side.
    """
    spaces = [after.x - before.x for before, after in pairwise(labels)]
    above: list[Row] = [[] for _ in labels]
    # Categories stand evenly under an axis, words of a sentence do not.
    if len(labels) < 3 or max(spaces) > 2.5 * min(spaces):
        return above
    reach = min(spaces) / 2
    for row in rows:
        # In a row with a name the numbers are the name's, as in a table.
        named = any(box.number is None for box in row)
        for box in row if not named else ():
            nearest = min(range(len(labels)), key=lambda index: abs(labels[index].x - box.x))
            if abs(labels[nearest].x - box.x) <= reach:
                above[nearest].append(box)
    return [_column(label, boxes, reach) for label, boxes in zip(labels, above, strict=True)]


def _column(label: TextBox, boxes: Row, reach: float) -> Row:
    """Boxes over a label from the left, and those over one another from the top."""
    # In quarters of the reach: bars side by side are apart, values over one another are one column.
    return sorted(boxes, key=lambda box: (round(4 * (box.x - label.x) / reach), box.top))


def _upright_scales(boxes: Row) -> list[Row]:
    """Numbers over one another that count up or down by equal steps: the marks of a vertical axis."""
    numbers = sorted((box for box in boxes if box.number is not None), key=lambda box: box.y)
    groups = [group for group in map(_counting, _aligned(numbers)) if _is_scale(group, [box.y for box in group])]
    return [group for group in groups if not _names_rows(group, numbers)]


def _names_rows(marks: Row, numbers: Row) -> bool:
    """Whether other numbers stand beside most of the marks, as in a table; a second axis has the same ones."""
    beside = [
        any(abs(box.y - mark.y) < 0.5 * mark.height and box.text != mark.text for box in numbers) for mark in marks
    ]
    return sum(beside) > 0.75 * len(marks)


def _level_scales(boxes: Row) -> list[Row]:
    """Numbers in a row that count by equal steps: the marks of a horizontal axis."""
    rows = [[box for box in row if box.number is not None] for row in _rows(boxes)]
    return [row for row in rows if _is_scale(row, [box.x for box in row])]


def _aligned(boxes: Sequence[TextBox]) -> list[Row]:
    """Boxes that stand over one another, flush at the left or the right, or centred."""
    groups: list[Row] = []
    for box in boxes:
        size = min(box.height, box.right - box.left)
        for group in groups:
            last = group[-1]
            if min(abs(box.right - last.right), abs(box.x - last.x), abs(box.left - last.left)) < 0.5 * size:
                group.append(box)
                break
        else:
            groups.append([box])
    return groups


def _counting(marks: Row) -> Row:
    """The marks up to the last that goes on counting: the name of the first column may stand under a vertical axis."""
    values = [mark.number or 0.0 for mark in marks]
    # Down an axis the marks fall, along one they rise: the first step says which.
    rising = len(values) > 1 and values[1] > values[0]
    end = next((i for i in range(1, len(values)) if (values[i] > values[i - 1]) is not rising), len(values))
    return marks[:end]


def _is_scale(marks: Row, places: list[float]) -> bool:
    """Whether marks stand and count evenly; years do too, but are as a rule the names of columns."""
    values = [mark.number or 0.0 for mark in marks]
    years = sum(value in _YEARS for value in values)
    # Three numbers count evenly by chance. Places are measured, and may be off by more than what is read.
    return len(marks) > 3 and _even(places, 0.15) and _even(values, 0.01) and years < 0.5 * len(marks)


def _even(values: list[float], tolerance: float) -> bool:
    """Whether at least three steps in four are as long as the typical one."""
    steps = [after - before for before, after in pairwise(values)]
    typical = median(steps)
    return typical != 0 and sum(abs(step / typical - 1) <= tolerance for step in steps) >= 0.75 * len(steps)
