"""Boxes of text keep their layout as lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prism_eval.captioners.ocr.reading_order import TextBox, in_reading_order


def box(text: str, x: float, y: float, *, sideways: bool = False) -> TextBox:
    """A box around the point (x, y), 10 pixels high, 6 pixels a letter."""
    half = 3 * len(text)
    return TextBox(text, x - half, y - 5, x + half, y + 5, sideways)


def test_a_row_becomes_a_line_with_cells_apart() -> None:
    boxes = [box("36.9", 400, 61), box("Facebook", 60, 60), box("Instagram", 60, 100), box("27.7", 300, 99)]
    assert in_reading_order(boxes).splitlines() == ["Facebook | 36.9", "Instagram | 27.7"]


def test_words_that_stand_close_are_one_cell() -> None:
    assert in_reading_order([box("Share", 15, 10), box("of women", 58, 10)]) == "Share of women"


def test_a_number_is_a_cell_of_its_own_however_close() -> None:
    assert in_reading_order([box("Blacks", 18, 10), box("22", 44, 10)]) == "Blacks | 22"


def test_labels_under_columns_take_the_numbers_above() -> None:
    years = [box(str(2015 + index), 100 + 60 * index, 200) for index in range(4)]
    values = [box(text, 100 + 60 * index, 120 - 13 * index) for index, text in enumerate(["8.1", "9.4", "9.9", "12"])]
    marks = [box(str(mark), 30, 200 - 8 * mark) for mark in (0, 5, 10, 15)]
    lines = in_reading_order([*values, *years, *marks]).splitlines()
    assert lines[0] == "Scale along the side: 15, 10, 5, 0"
    assert lines[1:] == ["2015: 8.1", "2016: 9.4", "2017: 9.9", "2018: 12"]


def test_bars_side_by_side_are_read_from_the_left_whatever_their_height() -> None:
    labels = [box(name, 100 + 100 * index, 200) for index, name in enumerate(["Tech", "Sales", "Staff"])]
    low = [box(f"{value}%", 85 + 100 * index, 150) for index, value in enumerate([24, 51, 37])]
    high = [box(f"{value}%", 115 + 100 * index, 60) for index, value in enumerate([76, 49, 63])]
    assert in_reading_order([*high, *low, *labels]).splitlines() == [
        "Tech: 24% | 76%",
        "Sales: 51% | 49%",
        "Staff: 37% | 63%",
    ]


def test_a_line_of_years_found_as_one_box_is_taken_apart() -> None:
    years = TextBox("2018 2019 2020", 70, 195, 280, 205)
    values = [box(text, 105 + 70 * index, 120) for index, text in enumerate(["1.1", "2.7", "2.9"])]
    assert in_reading_order([years, *values]).splitlines() == ["2018: 1.1", "2019: 2.7", "2020: 2.9"]


def test_values_beside_names_are_not_taken_by_a_footer_below() -> None:
    rows = [box("Norway", 40, 20), box("12", 200, 20), box("Chile", 40, 60), box("30", 300, 60)]
    footer = [box(text, 40 + 130 * index, 150) for index, text in enumerate(["Source", "Licence", "Year"])]
    assert in_reading_order([*rows, *footer]).splitlines()[:2] == ["Norway | 12", "Chile | 30"]


def test_sideways_text_is_named_and_joined_upwards() -> None:
    boxes = [TextBox("rate", 10, 10, 20, 40, True), TextBox("Birth", 10, 50, 20, 90, True)]
    assert in_reading_order(boxes) == "Sideways text: Birth rate"


def test_years_in_a_column_are_names_and_no_scale() -> None:
    rows = [part for index in range(5) for part in (box(str(2000 + index), 30, 20 * index), box("7.5", 90, 20 * index))]
    assert in_reading_order(rows).splitlines() == [f"{year} | 7.5" for year in range(2000, 2005)]


def test_numbered_rows_of_a_table_are_no_scale() -> None:
    rows = [
        part
        for index in range(1, 5)
        for part in (
            box(str(index), 30, 20 * index),
            box("250,000", 90, 20 * index),
            box(str(40 + index % 3), 150, 20 * index),
        )
    ]
    assert in_reading_order(rows).splitlines()[0] == "1 | 250,000 | 41"


@given(
    st.lists(
        st.builds(
            TextBox,
            st.text(min_size=1, max_size=8),
            st.floats(0, 500),
            st.floats(0, 500),
            st.floats(501, 900),
            st.floats(501, 900),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_no_text_is_lost_or_made_up(boxes: list[TextBox]) -> None:
    said = in_reading_order(boxes)
    for one in boxes:
        kept = any(map(str.isalnum, one.text))
        assert not kept or all(word in said for word in one.text.split())
