"""The layout of CapRL-QA-75K, out and in."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prism_eval.errors import DataError
from prism_eval.questions.askable import unaskable
from prism_eval.questions.caprl_parquet import write_caprl
from prism_eval.questions.caprl_reading import import_caprl
from prism_eval.questions.question_set import QuestionSet
from tests.builders import png


def test_a_row_is_an_image_with_its_questions(make_set, tmp_path):
    questions = make_set(8)
    rows = questions.read()
    write_caprl(questions, rows)
    table = pq.read_table(questions.kept)
    assert table.schema.names == ["id", "image", "prompt", "data_source", "reward_model"]
    found = table.to_pylist()
    assert len(found) == len({one.image for one in rows})
    for row in found:
        asked = [one for one in rows if one.image_digest == row["id"]]
        assert row["reward_model"]["ground_truth"] == [
            {"question": one.question, "choices": list(one.options), "answer": one.answer} for one in asked
        ]
        assert row["image"]["bytes"] == questions.image_file(asked[0]).read_bytes()
        assert row["prompt"] == "<image> Please describe this image in detail."
        assert row["data_source"] == "mine"


def test_what_was_written_is_read_back(make_set, tmp_path):
    questions = make_set(8)
    write_caprl(questions, questions.read())
    again = QuestionSet.create(tmp_path / "again")
    assert import_caprl(questions.kept, again) == 8
    said = {(one.image_digest, one.question, one.options, one.answer) for one in questions.read()}
    assert {(one.image_digest, one.question, one.options, one.answer) for one in again.read()} == said


@pytest.mark.parametrize(
    ("choices", "options", "right"),
    [
        (["A) Black", "B) White"], ("Black", "White"), "B"),
        (["A. Black", "B. White"], ("Black", "White"), "B"),
        (["   - A) Black", "   - B) White"], ("Black", "White"), "B"),
        # No label: another option has none.
        (["A) Black", "White"], ("A) Black", "White"), "B"),
        # The answer means the option that had its letter, wherever it stands.
        (["B) Black", "A) White"], ("Black", "White"), "A"),
    ],
)
def test_letters_before_options_are_taken_off(tmp_path, choices, options, right):
    import_caprl(write(tmp_path, choices=choices), made := QuestionSet.create(tmp_path / "made"))
    (one,) = made.read()
    assert (one.options, one.answer) == (options, right)


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("b", "B"),
        (" (B) ", "B"),
        ("B) White", "B"),
        ("white", "B"),
        ("Grey", "Grey"),
        ("B) Black", "B) Black"),
        ("", ""),
    ],
)
def test_an_answer_is_a_letter_however_it_is_written(tmp_path, answer, letter):
    file = write(tmp_path, choices=("Black", "White"), answer=answer)
    import_caprl(file, made := QuestionSet.create(tmp_path / "made"))
    (one,) = made.read()
    assert one.answer == letter
    # What names no option stays as it stands, and the filter drops it.
    assert bool(unaskable(one)) == (letter != "B")


def test_the_way_out_of_captions_is_no_option(tmp_path):
    choices = ["A) Black", "B) White", "F) Can not answer based on the caption"]
    import_caprl(write(tmp_path, choices=choices), made := QuestionSet.create(tmp_path / "made"))
    assert [one.options for one in made.read()] == [("Black", "White")]


def write(folder, *, choices=("a", "b"), answer="B", **cells):
    truth = [{"question": "Which?", "choices": list(choices), "answer": answer}]
    row = {"id": "7", "image": {"bytes": png(3), "path": "x.png"}, "reward_model": {"ground_truth": truth}, **cells}
    pq.write_table(pa.Table.from_pylist([row]), folder / "questions.parquet")
    return folder / "questions.parquet"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"image": "http://example.org/x.png"}, "column image holds no bytes"),
        ({"reward_model": "B"}, "ground_truth is no list of questions"),
        ({"reward_model": {"ground_truth": "B"}}, "ground_truth is no list of questions"),
    ],
)
def test_another_layout_is_refused_with_file_row_and_column(tmp_path, cells, message):
    with pytest.raises(DataError, match=rf"questions\.parquet row 1: .*{message}"):
        import_caprl(write(tmp_path, **cells), QuestionSet.create(tmp_path / "made"))


def test_what_is_no_such_file_is_refused(tmp_path):
    pq.write_table(pa.table({"id": [1]}), tmp_path / "other.parquet")
    (tmp_path / "text.parquet").write_text("no")
    made = QuestionSet.create(tmp_path / "made")
    with pytest.raises(DataError, match="it has no column image, reward_model"):
        import_caprl(tmp_path / "other.parquet", made)
    for name, said in (("text.parquet", "cannot be read as Parquet"), ("nothing.parquet", "it is missing")):
        with pytest.raises(DataError, match=f"{name}: {said}"):
            import_caprl(tmp_path / name, made)
