"""Which tables make up the twin of each benchmark."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prism_eval.twins import rows_charts, rows_exams, rows_maths, rows_scenes
from prism_eval.twins.tables import Row


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a twin.

    Attributes:
        columns: Kind of each column, as `tables.write_rows` takes them.
        rows: Makes the rows.
        folder: The configuration's folder inside the twin's, as in a snapshot of the hub; "" where there is but one.
        variant: The definition's variant that reads this table; "" for the default.
    """

    columns: Mapping[str, str]
    rows: Callable[[random.Random], Iterator[Row]]
    folder: str = ""
    variant: str = ""


TWINS: Mapping[str, tuple[Table, ...]] = {
    "chartqa": (Table(rows_charts.CHARTQA, rows_charts.chartqa),),
    "chartqapro": (Table(rows_charts.CHARTQAPRO, rows_charts.chartqapro),),
    "infovqa": (Table(rows_charts.INFOVQA, rows_charts.infovqa),),
    "charxiv": (Table(rows_charts.CHARXIV, rows_charts.charxiv),),
    "mmmu": (Table(rows_exams.MMMU, rows_exams.mmmu),),
    "mmmu_pro": (
        Table(rows_exams.MMMU_PRO, rows_exams.mmmu_pro, "standard (10 options)"),
        Table(
            rows_exams.MMMU_PRO, functools.partial(rows_exams.mmmu_pro, width=4), "standard (4 options)", "standard4"
        ),
        Table(rows_exams.MMMU_PRO_VISION, rows_exams.mmmu_pro_vision, "vision", "vision"),
    ),
    "mmstar": (Table(rows_exams.MMSTAR, rows_exams.mmstar),),
    "seedbench2plus": (Table(rows_scenes.SEEDBENCH2PLUS, rows_scenes.seedbench2plus),),
    "mathverse": (Table(rows_maths.MATHVERSE, rows_maths.mathverse),),
    "mathvision": (Table(rows_maths.MATHVISION, rows_maths.mathvision),),
    "wemath": (Table(rows_maths.WEMATH, rows_maths.wemath),),
    "visulogic": (Table(rows_scenes.VISULOGIC, rows_scenes.visulogic),),
}
