"""Values as they lie in data sets: what can be read is read, the rest is one line that names file, row and column."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prism_eval.benchmarks import Benchmark, Definition, Row, RowError, load_definition, open_benchmark, verify
from prism_eval.benchmarks.reading.converter import Converter
from prism_eval.benchmarks.reading.images import ImageReader
from prism_eval.benchmarks.sources.image_files import ImageFiles
from prism_eval.captioners.joining import join_captions
from prism_eval.schema import Caption, Item, ItemKind

NAN = float("nan")
CHOICE: dict[str, Any] = {
    "id": "one",
    "question": "Which <image 1>?",
    "question_type": "multiple-choice",
    "options": ["x", "y"],
    "answer": "B",
    "image_1": "a.png",
}
OPEN = {**CHOICE, "question_type": "open", "options": "[]"}


def changed(name: str, **tables: Any) -> Definition:
    """A shipped definition with some of its tables replaced."""
    return Definition.model_validate({**load_definition(name).model_dump(exclude_unset=True), **tables})


@pytest.fixture
def read(tmp_path: Any, png: Any) -> Any:
    """Reads one row of MMMU, or of another benchmark, from its values; a folder with ``a.png`` and ``b.png``."""
    for shade, name in enumerate(("a.png", "b.png")):
        (tmp_path / name).write_bytes(png(shade))

    def one(values: dict[str, Any], name: str = "mmmu") -> Item | RowError:
        converter = Converter(load_definition(name), ImageReader(ImageFiles(tmp_path)))
        (found,) = converter.items(Row(4, values, "data.parquet row 5"))
        return found

    return one


READ_OPTIONS = {
    "a list": ["x", "y"],
    "Python": "['x', 'y']",
    "Python tuple": "('x', 'y')",
    "JSON": '["x", "y"]',
    "JSON with null": '["x", "y", null]',
    "a list in a list": [["x", "y"]],
    "a list in a list, in a text": "[['x', 'y']]",
    "a table": {"A": "x", "B": "y"},
    "a table in another order": {"B": "y", "A": "x"},
    "a table in a text": '{"A": "x", "B": "y"}',
    "a struct with padding": {"A": "x", "B": "y", "C": None, "D": None},
    "padding": ["x", "y", None, NAN, ""],
    "spaces": [" x ", "y\n"],
}


@pytest.mark.parametrize("case", READ_OPTIONS)
def test_options_that_can_be_read(read: Any, case: str) -> None:
    item = read({**CHOICE, "options": READ_OPTIONS[case]})
    assert (item.options, item.golds) == (("x", "y"), ("B",))


@pytest.mark.parametrize(
    "options",
    [
        "A. x; B. y",
        ["A. x", "B. y"],
        [["A. x", "B. y"]],
        "['A. x', 'B. y']",
        "[['A. x', 'B. y']]",
        {"B": "y", "A": "x"},
    ],
)
def test_lettered_options_that_can_be_read(read: Any, options: Any) -> None:
    row = {"ID": "1", "key": "1steps_1", "knowledge concept": "k", "image_path": "a.png", **CHOICE, "option": options}
    assert read(row, "wemath").options == ("x", "y")


def test_a_row_whose_options_are_lost_is_no_open_question(read: Any) -> None:
    row = {"id": "1", "question": "Which?", "image": "a.png", "decoded_image": "a.png", "level": 1, "subject": "s"}
    for lost in ([NAN, None], "[null]"):
        assert read({**row, "options": lost, "answer": "B"}, "mathvision").reason == "options missing"
    assert read({**row, "options": [], "answer": "7"}, "mathvision").kind is ItemKind.SHORT


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        ([1, 2.5], ("1", "2.5")),
        ([Decimal("1.50"), 2], ("1.50", "2")),
        (["nan", "None"], ("nan", "None")),
        (["x", "x"], ("x", "x")),
        ("['it\\'s', \"a 'b' c\"]", ("it's", "a 'b' c")),
        ("[True, False]", ("True", "False")),
        ("[true, false]", ("True", "False")),
    ],
)
def test_options_that_look_odd_and_are_not(read: Any, options: Any, texts: tuple[str, ...]) -> None:
    assert read({**CHOICE, "options": options}).options == texts


REFUSED_OPTIONS = {
    "printed by numpy": ("['a' 'b' 'c' 'd']", "no commas, as numpy prints"),
    "printed by numpy, on lines": ("['a'\n 'b'\n 'c']", "no commas"),
    "printed by numpy, quotes mixed": ("[\"it's\" 'b']", "no commas"),
    "printed by numpy, in part": ("['a' 'b', 'c']", "no commas"),
    "numbers printed by numpy": ("[1 2 3]", "is not a list"),
    "an array's repr": ("array(['a', 'b'], dtype=object)", "is not a list"),
    "one": ("['only']", "the only option"),
    "one after its padding": (["only", None, ""], "the only option"),
    "a gap": (["a", None, "c"], "option 2 of 3 is empty"),
    "a gap, NaN": (["a", NAN, "c"], "option 2 of 3 is empty"),
    "a gap, blank": (["a", " ", "c"], "option 2 of 3 is empty"),
    "nested": ([["a"], ["b"]], "an option is list"),
    "a table of names": ({"x": "a", "y": "b"}, "not the letters from A on"),
    "a table with a gap": ({"A": "a", "C": "b"}, "not the letters from A on"),
    "a table twice": ({"A": "a", "a": "b"}, "not the letters from A on"),
    "infinity": ([1.0, float("inf")], "an option is float"),
    "a table in a list": ([{"label": "A"}, {"label": "B"}], "an option is dict"),
    "a number": (7, "expected a list"),
}


@pytest.mark.parametrize("case", REFUSED_OPTIONS)
def test_options_that_cannot_be_read(read: Any, case: str) -> None:
    options, message = REFUSED_OPTIONS[case]
    error = read({**CHOICE, "options": options})
    assert isinstance(error, RowError)
    assert (error.reason, error.item) == ("options do not parse", "one")
    assert message in str(error)
    assert "data.parquet row 5 (item one), column 'options'" in str(error)


@pytest.mark.parametrize("options", [None, NAN, [], "[]", "", [None], [NAN, NAN], "[None]", ["", " "]])
def test_a_choice_without_options_names_their_column(read: Any, options: Any) -> None:
    error = read({**CHOICE, "options": options})
    assert error.reason == "options missing"
    assert "column 'options'" in str(error)


def test_a_gap_between_option_columns_is_refused_for_the_letters_behind_it(read: Any) -> None:
    row = {"question_id": 1, "question": "?", "answer": "C", "question_image_type": "map", "image": "a.png"}
    choices = dict(zip(("choice_A", "choice_B", "choice_C", "choice_D"), ("x", "y", "z", None), strict=True))
    assert read({**row, **choices}, "seedbench2plus").golds == ("C",)
    assert "option 2 of 3 is empty" in str(read({**row, **choices, "choice_B": NAN}, "seedbench2plus"))


@pytest.mark.parametrize("answer", ["B", "b", " B ", "(B)", "B.", "b)", ["B"], "B:", [None, "B"]])
def test_letters_as_people_write_them(read: Any, answer: Any) -> None:
    found = read({**CHOICE, "answer": answer})
    assert found.golds == ("B",)


@pytest.mark.parametrize("answer", [["A", "B"], "A, B", "A;B", "['A', 'B']"])
def test_several_right_letters_make_a_short_answer(read: Any, answer: Any) -> None:
    item = read({**CHOICE, "answer": answer})
    assert (item.kind, item.golds[0]) == (ItemKind.SHORT, "A, B")


@pytest.mark.parametrize(
    ("answer", "golds"),
    [
        ("nan", ("nan",)),
        ("None", ("None",)),
        ("['3', '4']", ("3", "4")),
        (["3", None, NAN, ""], ("3",)),
        ([["3", "4"]], ("3", "4")),
        (12.0, ("12.0",)),
        (Decimal("1.50"), ("1.50",)),
        (" ['2', 3] \n", ("2", "3")),
        (0, ("0",)),
    ],
)
def test_golds_that_can_be_read(read: Any, answer: Any, golds: tuple[str, ...]) -> None:
    assert read({**OPEN, "answer": answer}).golds == golds


@pytest.mark.parametrize("kind", [CHOICE, OPEN])
@pytest.mark.parametrize("answer", [None, NAN, [], [None], "", "  ", [""], float("inf"), True, {"a": 1}, "['a' 'b']"])
def test_golds_that_are_none(read: Any, kind: dict[str, Any], answer: Any) -> None:
    error = read({**kind, "answer": answer})
    assert isinstance(error, RowError)
    assert error.reason.startswith("gold")
    assert "data.parquet row 5 (item one), column 'answer'" in str(error)


def test_the_text_of_two_options_names_neither(tmp_path: Any, png: Any) -> None:
    (tmp_path / "a.png").write_bytes(png(1))
    definition = changed("mmmu", answer={"choice": "text"})
    converter = Converter(definition, ImageReader(ImageFiles(tmp_path)))
    row = {**CHOICE, "options": ["x", "x", "y"], "answer": "x"}
    (error,) = converter.items(Row(0, row, "here"))
    assert "the text of several options" in str(error)
    (item,) = converter.items(Row(0, {**row, "answer": "y"}, "here"))
    assert item.golds == ("C",)


@pytest.mark.parametrize(
    ("value", "number"), [(1, "B"), ("1", "B"), (1.0, "B"), ("1.0", "B"), (2, None), (-1, None), (0.5, None)]
)
def test_an_index_stays_one_in_a_column_with_gaps(tmp_path: Any, png: Any, value: Any, number: str | None) -> None:
    (tmp_path / "a.png").write_bytes(png(1))
    definition = changed("mmmu", answer={"choice": "index"})
    (found,) = Converter(definition, ImageReader(ImageFiles(tmp_path))).items(Row(0, {**CHOICE, "answer": value}, "x"))
    assert (found.golds == (number,)) if number else isinstance(found, RowError)


def test_an_open_question_needs_no_options(read: Any) -> None:
    for options in ("['a' 'b']", "?", NAN, None, ["only"]):
        assert read({**OPEN, "options": options, "answer": "3"}).kind is ItemKind.SHORT


@pytest.mark.parametrize(("value", "said"), [(7, "7"), (7.0, "7"), (" 7 ", "7"), ("07", "07"), (0, "0")])
def test_an_id_has_one_form(read: Any, value: Any, said: str) -> None:
    assert read({**CHOICE, "id": value}).id == said


@pytest.mark.parametrize("value", [None, NAN, "", "  ", [1], {"a": 1}])
def test_an_id_that_is_none(read: Any, value: Any) -> None:
    error = read({**CHOICE, "id": value})
    assert (error.reason, error.item) == ("id missing", "")
    assert "column 'id'" in str(error)


@pytest.mark.parametrize(("value", "message"), [(7, "is int, not text"), ({"a": 1}, "is dict"), (NAN, "is empty")])
def test_a_question_that_is_none(read: Any, value: Any, message: str) -> None:
    assert message in str(read({**CHOICE, "question": value}))


def pictures(png: Any) -> dict[str, Any]:
    data = png(1)
    text = base64.b64encode(data).decode()
    return {
        "bytes": data,
        "base64": text,
        "base64 on lines": base64.encodebytes(data).decode(),
        "base64 of a JPEG": base64.b64encode(png(1, form="JPEG")).decode(),
        "base64 of a BMP": base64.b64encode(png(1, form="BMP")).decode(),
        "base64 of a WebP": base64.b64encode(png(1, form="WEBP")).decode(),
        "base64 without padding": text.rstrip("="),
        "base64 of URLs": text.translate(str.maketrans("+/", "-_")),
        "data: URL in capitals": f"DATA:image/png;BASE64,{text}",
        "data: URL after a blank": f" data:image/png;base64,{text.rstrip('=')}",
        "data: URL": f"data:image/png;base64,{text}",
        "data: URL, quoted": f"data:image/png;base64,{text.replace('+', '%2B').replace('=', '%3D')}",
        "a list of one": [data],
        "a list of one text": [text],
        "as the hub stores it": {"bytes": data, "path": "elsewhere.png"},
        "as the hub stores it, in JSON": {"bytes": text, "path": None},
        "a path": "b.png",
        "a path, as the hub stores it": {"bytes": None, "path": "b.png"},
        "a path, no bytes": {"bytes": b"", "path": "b.png"},
    }


@pytest.mark.parametrize("case", pictures(lambda *_, **__: b""))
def test_images_that_can_be_read(read: Any, png: Any, case: str) -> None:
    item = read({**CHOICE, "image_1": pictures(png)[case]})
    form = next((form for form in ("JPEG", "BMP", "WebP") if form in case), "PNG")
    assert [image.data for image in item.images] == [png(1, form=form.upper())]
    assert len(item.images[0].name) < 20


REFUSED_IMAGES = {
    "an address": ("https://example.org/a.png", "is an address, and nothing is fetched"),
    "an address, as the hub stores it": ({"bytes": None, "path": "s3://bucket/a.png"}, "nothing is fetched"),
    "a file's address": ("file:///etc/passwd", "nothing is fetched"),
    "a long name": ("a" * 304 + ".png", "is not in"),
    "a long text": ("a" * 70_000, "a text of 70000 characters"),
    "base64 cut short": (base64.b64encode(b"\x89PNG" * 999).decode()[:-3], "neither an encoded image nor a path"),
    "a broken data: URL": ("data:image/png;base64,***", "a data: URL that is not base64"),
    "a data: URL without data": ("data:image/png", "a data: URL without data"),
    "a path out of the folder": ("../a.png", "refused image path"),
    "an absolute path": ("/etc/passwd", "refused image path"),
    "an absolute path, Windows": ("C:\\a.png", "is not in"),
    "a null byte": ("a\0.png", "is not in"),
    "a lone surrogate": ("a\ud800.png", "is not in"),
    "nulls": ({"bytes": None, "path": None}, "has no image"),
    "nothing": ([], "has no image"),
    "blank": ("", "has no image"),
    "NaN": (NAN, "has no image"),
    "another table": ({"src": "a.png"}, "an image column holds dict, neither bytes nor a path"),
    "a list in a list": ([["a.png"]], "neither bytes nor a path"),
    "a number": (7, "neither bytes nor a path"),
}


@pytest.mark.parametrize("case", REFUSED_IMAGES)
def test_images_that_cannot_be_read(read: Any, case: str) -> None:
    value, message = REFUSED_IMAGES[case]
    error = read({**CHOICE, "image_1": value})
    assert isinstance(error, RowError)
    assert message in str(error)
    assert "data.parquet row 5" in str(error)
    assert len(str(error)) < 1200


@pytest.mark.parametrize(
    ("images", "numbers"),
    [
        ({"image_1": "a.png", "image_2": None, "image_3": "b.png"}, (1, 3)),
        ({"image_1": "a.png", "image_2": {"bytes": None, "path": None}, "image_3": "b.png"}, (1, 3)),
        ({"image_1": None, "image_2": "a.png", "image_7": "b.png"}, (2, 7)),
        ({"image_1": ["a.png", None, "b.png"]}, (1, 3)),
        ({"image_1": ["a.png", "b.png"]}, ()),
        ({"image_1": "a.png", "image_2": "b.png"}, ()),
    ],
)
def test_placeholders_keep_their_numbers(read: Any, images: dict[str, Any], numbers: tuple[int, ...]) -> None:
    item = read({**CHOICE, **images})
    assert item.image_numbers == numbers
    assert [image.name for image in item.images] == ["a.png", "b.png"]
    first, second = numbers or (1, 2)
    joined = join_captions([Caption("one"), Caption("two")], item.image_numbers).text
    assert joined == f"<image {first}>\none\n\n<image {second}>\ntwo"


@pytest.mark.parametrize("question", ["", None, NAN])
@pytest.mark.parametrize("answer", ["D", "d"])
def test_a_question_that_is_drawn_with_its_options_is_read(read: Any, question: Any, answer: str) -> None:
    row = {"sample_index": "5", "problem_version": "Vision Only", "question": question, "question_type": "multi-choice"}
    drawn = "How long is it?\nChoices:\nA:1\nB:2\nC:3\nD:4"
    item = read({**row, "answer": answer, "image": "a.png", "question_for_eval": drawn}, "mathverse:vision_only")
    assert (item.options, item.golds) == (("A", "B", "C", "D"), ("D",))
    assert read({**row, "answer": "F", "image": "a.png"}, "mathverse:vision_only").golds == ("F",)
    assert item.question == "Solve the problem shown in the image."
    assert load_definition("mathverse:vision_only").letters_in_image
    assert not load_definition("mathverse").letters_in_image


def test_rows_without_a_group_are_groups_of_their_own(tmp_path: Any, png: Any) -> None:
    (tmp_path / "a.png").write_bytes(png(1))
    fields = {**load_definition("mmmu").fields.model_dump(exclude_unset=True), "cluster": ["group"]}
    converter = Converter(changed("mmmu", fields=fields), ImageReader(ImageFiles(tmp_path)))
    (item,) = converter.items(Row(0, {**CHOICE, "group": NAN}, "x"))
    assert item.cluster == item.images[0].digest


def test_excluded_rows_count_as_nothing(jsonl_folder: Any) -> None:
    data = jsonl_folder("mmmu", [CHOICE, {**CHOICE, "id": "broken", "options": "?"}])
    source = open_benchmark("mmmu", data).source
    benchmark = Benchmark(changed("mmmu", excluded={"broken": "no options"}), source)
    assert [item.id for item in benchmark.items()] == ["one"]


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
_JSON = st.recursive(
    _SCALARS | st.sampled_from(["['a' 'b']", "[[1]]", "A", "a.png", "data:,x", "[" * 200]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("ABbytespath"), inner, max_size=4),
    max_leaves=8,
)
_ROWS: dict[str, dict[str, Any]] = {
    "mmmu": CHOICE,
    "mathverse": {
        "sample_index": 1,
        "problem_version": "Vision Intensive",
        "question": "?",
        "question_type": "multi-choice",
        "choices": "A. x; B. y",
        "answer": "A",
        "image": "a.png",
    },
    "chartqapro": {
        "Question": ["q", "r"],
        "Answer": ["1", "2"],
        "Paragraph": "",
        "Question Type": "Conversational",
        "Year": ["NO"],
        "image": "a.png",
    },
    "seedbench2plus": {
        "question_id": 1,
        "question": "?",
        "answer": "A",
        "question_image_type": "map",
        "image": "a.png",
        **{f"choice_{letter}": letter for letter in "ABCD"},
    },
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data(), name=st.sampled_from(sorted(_ROWS)))
def test_any_value_in_any_column_is_an_item_or_a_row_error(read: Any, data: st.DataObject, name: str) -> None:
    row = dict(_ROWS[name])
    for column in data.draw(st.lists(st.sampled_from(sorted(row)), min_size=1, max_size=2)):
        row[column] = data.draw(_JSON)
    found = read(row, name)
    if isinstance(found, Item):
        assert found.golds
        assert found.images
        # What the store's keys and the tables are made of.
        json.dumps([found.id, found.question, found.options, found.golds, dict(found.columns)])
    else:
        assert "\n" not in str(found)


@pytest.mark.parametrize("brackets", ['[@"x"]', '{"bytes": @"x"}', '{"A": @"x"}'])
@pytest.mark.parametrize("depth", [50, 500, 980])
@pytest.mark.parametrize("name", sorted(_ROWS))
def test_a_cell_of_a_thousand_brackets_costs_its_row(jsonl_folder: Any, name: str, depth: int, brackets: str) -> None:
    opened, closed = brackets.split('@"x"')
    deep = opened * depth + "1" + closed * depth
    rows = [json.dumps({**_ROWS[name], column: "@"}).replace('"@"', deep) for column in _ROWS[name]]
    good = {**_ROWS[name], **({"id": "good"} if name == "mmmu" else {})}
    found = list(open_benchmark(name, jsonl_folder(name, [*rows, good])).items_and_problems())
    # A row whose version is such a cell is one of another version.
    assert len(found) in (len(rows), len(rows) + 1)
    assert isinstance(found[-1], Item)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(lines=st.lists(_JSON.map(json.dumps) | st.text(max_size=30), max_size=5))
def test_any_lines_are_a_report(jsonl_folder: Any, lines: list[str]) -> None:
    row = {"image": "a.png", "question": "?", "answer": "1"}
    whole = [json.dumps({**row, "answer": value}) for value in (float("nan"), float("inf"), "nan", 10**400)]
    report = verify(open_benchmark("chartqa", jsonl_folder("chartqa", [*lines, *whole])))
    assert report.items >= 2
    assert {reason for reason in report.problems if reason.startswith("gold")} == {
        "gold missing",
        "gold does not parse",
    }


@pytest.mark.parametrize("row", [{"label": None}, {"label": ""}, {"answer": None, "label": " "}])
def test_the_column_that_is_there_is_named(read: Any, row: dict[str, Any]) -> None:
    assert "column 'label'" in str(read({"query": "?", "imgname": "a.png", **row}, "chartqa"))
