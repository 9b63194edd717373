"""Whatever stands in a set, or in a file of CapRL's layout: one error of ours, or questions that can be looked at."""

import contextlib
import json
import shutil
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prism_eval.errors import PrismError
from prism_eval.questions.caprl_parquet import write_caprl
from prism_eval.questions.caprl_reading import import_caprl
from prism_eval.questions.excluded import Excluded
from prism_eval.questions.filtering import prepare
from prism_eval.questions.layout import read_questions
from prism_eval.questions.lint import lint
from prism_eval.questions.question_set import QuestionSet
from prism_eval.questions.thresholds import Thresholds
from tests.faults.mutations import damage_file, mutated

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
randoms = st.integers(0, 2**32).map(Random)


def looked_at(questions):
    lint(questions.read())
    prepare(
        questions, seeing=["oracle"], readers=["lexical"], thresholds=Thresholds(), excluded=Excluded({"0": "chartqa"})
    )


@EXAMPLES
@given(random=randoms)
def test_a_row_of_a_set(make_set, random):
    questions = make_set(3)
    rows = [json.loads(line) for line in questions.rows.read_text("utf-8").splitlines()]
    rows[random.randrange(3)] = mutated(rows[0], random)
    questions.rows.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    with contextlib.suppress(PrismError):
        looked_at(questions)


def spoil_cell(path, random):
    """Write the file anew with something odd in a row, where Parquet can hold it."""
    rows = pq.read_table(path).to_pylist()
    rows[random.randrange(len(rows))] = mutated(rows[0], random)
    with contextlib.suppress(pa.ArrowException, OverflowError, TypeError, ValueError):
        pq.write_table(pa.Table.from_pylist(rows), path)


@pytest.mark.parametrize("spoil", [spoil_cell, damage_file])
def test_a_file_of_caprl_s(make_set, tmp_path, spoil):
    questions = make_set(4)
    write_caprl(questions, questions.read())
    for seed in range(60):
        file = shutil.copy(questions.kept, tmp_path / "spoilt.parquet")
        spoil(file, Random(seed))
        made = QuestionSet.create(tmp_path / "made")
        with contextlib.suppress(PrismError):
            import_caprl(file, made)
            looked_at(made)


@EXAMPLES
@given(random=randoms)
def test_a_reply(random):
    reply = "#### 1. **Which?**\n   - A) a\n   - B) b\n\n**Answer:** B) b\n\n------\n" * 3
    characters = list(reply)
    for _ in range(random.randrange(1, 30)):
        place = random.randrange(len(characters))
        characters[place] = random.choice(
            ["", "\n", "*", "#", "Ａ", "\x00", "\ud800", "Answer:", characters[place] * 999]
        )
    assert all(one.problem or one.answer for one in read_questions("".join(characters)))
