"""The tables of the twins: each benchmark's own columns, and what makes its rows."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prism_eval.twins import rows_charts, rows_choices
from prism_eval.twins.parquet import Row

_SEVEN_IMAGES = ", ".join(f"image_{index}:image" for index in range(1, 8))
_DESCRIPTIVE = ", ".join(
    f"descriptive_{kind}" for kind in ("q1:int", "a1", "q2:int", "a2", "q3:int", "a3", "q4:int", "a4")
)
_MMMU_PRO = f"id, question, options, explanation, {_SEVEN_IMAGES}, img_type, answer, topic_difficulty, subject"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a twin.

    Attributes:
        rows: Makes the rows.
        listed: The columns, as "name" for text or "name:kind", with a kind that `parquet.as_table` takes.
        folder: The configuration's folder inside the twin's, as in a snapshot of the hub; "" where there is but one.
    """

    rows: Callable[[random.Random], Iterator[Row]]
    listed: str
    folder: str = ""

    @property
    def columns(self) -> dict[str, str]:
        """Kind by column."""
        return {name: kind or "string" for name, _, kind in (part.partition(":") for part in self.listed.split(", "))}


TABLES: Mapping[str, Table] = {
    "chartqa": Table(rows_charts.chartqa, "type, question, answer, image:image"),
    "chartqapro": Table(
        rows_charts.chartqapro,
        "Question:strings, Answer:strings, Question Type, image:binary, Year:strings, Paragraph",
    ),
    "infovqa": Table(
        rows_charts.infovqa,
        "questionId, question, answers:strings, answer_type:strings, image:image, image_url, "
        "operation/reasoning:strings, ocr, data_split",
    ),
    "charxiv": Table(
        rows_charts.charxiv,
        "image:image, category, year, original_figure_path, original_id, figure_path, num_subplots:int, "
        "subplot_row:int, subplot_col:int, subplot_loc, reasoning_q_source:int, reasoning_q, reasoning_a, "
        f"reasoning_a_type:int, {_DESCRIPTIVE}",
    ),
    "mmmu": Table(
        rows_choices.mmmu,
        f"id, question, options, explanation, {_SEVEN_IMAGES}, img_type, answer, topic_difficulty, question_type, "
        "subfield",
    ),
    "mmmu_pro": Table(rows_choices.mmmu_pro, _MMMU_PRO, "standard (10 options)"),
    "mmmu_pro:standard4": Table(functools.partial(rows_choices.mmmu_pro, width=4), _MMMU_PRO, "standard (4 options)"),
    "mmmu_pro:vision": Table(rows_choices.mmmu_pro_vision, "id, image:image, options, answer, subject", "vision"),
    "mmstar": Table(
        rows_choices.mmstar, "index:int, question, image:image, answer, category, l2_category, meta_info:source"
    ),
    "seedbench2plus": Table(
        rows_choices.seedbench2plus,
        "data_id, question_id, question, choice_A, choice_B, choice_C, choice_D, answer, question_image_type, "
        "data_source, data_type, level, subpart, version, image:image",
    ),
    "mathverse": Table(
        rows_choices.mathverse,
        "sample_index, problem_index, problem_version, question, image:image, answer, question_type, metadata:paper, "
        "query_wo, query_cot",
    ),
    "mathvision": Table(
        rows_choices.mathvision,
        "id, question, options:strings, image, decoded_image:image, answer, solution, level:int, subject",
    ),
    "wemath": Table(
        rows_choices.wemath,
        "ID, split, knowledge concept, question, option, answer, image_path:image, key, question number:int, "
        "knowledge concept description",
    ),
    "visulogic": Table(rows_choices.visulogic, "id, image_path, question, label, tag, image:image"),
}
