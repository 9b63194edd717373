"""Run folders that were damaged, edited or made up: one line or a decision, and no PASS of what is no score."""

import json
import math

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prism_eval.errors import PrismError
from prism_eval.gate import decide
from prism_eval.gate.output.decisions import told
from prism_eval.gate.policy import make_policy
from prism_eval.gate.side import side_of_run
from tests.gate.sides import mixed, run
from tests.runfolder import SCHEMA, edit

ASKED = {"chartqa": mixed(30, 10), "mmmu": mixed(20, 20)}
# Wide, so that little is asked for a PASS.
POLICY = make_policy({name: {"margin": 50.0} for name in ("suite", "benchmark")})
NUMBERS = st.sampled_from([None, math.nan, math.inf, -math.inf, -1, 2, 0, 1, 0.5, 1e308, -(2**53), 2**53])
TEXTS = st.sampled_from(["", "\x00", "a\nb", "\x1b[31m", "\u202e", "correct", "failed", "no outcome", "chartqa", "nan"])
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["name", "label", "items", "x"]), inner, max_size=3),
    ),
    max_leaves=6,
)
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def good(tmp_path):
    return side_of_run(run(tmp_path / "good", ASKED))


def decided(good, folder):
    """The gate's outcome, or why it refuses: names as the folder has them, made one line where it is printed."""
    try:
        decision = decide(good, side_of_run(folder), POLICY)
        told(decision, "pull_request")
        told(decide(side_of_run(folder), good, POLICY), "pull_request")
    except PrismError as error:
        return str(error)
    return decision.outcome


def changed(table, column, rows, value):
    """The table with a value in some rows of a column, as far as it goes there; else the column's type is another."""
    values = table[column].to_pylist()
    for row in rows:
        values[row % len(values)] = value
    try:
        new = pa.array(values, SCHEMA.field(column).type)
    except (pa.ArrowException, OverflowError, TypeError):
        new = pa.array([None if one is None else str(one) for one in values])
    return table.set_column(table.column_names.index(column), column, new)


def test_an_undamaged_folder_passes(good, tmp_path):
    assert decided(good, run(tmp_path / "same", ASKED)) == "PASS"


@many
@given(
    column=st.sampled_from(SCHEMA.names),
    rows=st.lists(st.integers(0, 79), min_size=1, max_size=80, unique=True),
    value=st.one_of(NUMBERS, TEXTS, st.lists(TEXTS, max_size=2)),
)
def test_a_column_of_anything(good, tmp_path, column, rows, value):
    folder = run(tmp_path / "bad", ASKED)
    edit(folder / "verdicts.parquet", lambda table: changed(table, column, rows, value))
    outcome = decided(good, folder)
    if outcome == "PASS":
        scores = [score for score in side_of_run(folder).items["score"].to_pylist() if score is not None]
        assert all(0 <= score <= 1 for score in scores)


@many
@given(
    cut=st.lists(st.integers(0, 79), max_size=80, unique=True),
    twice=st.lists(st.integers(0, 79), max_size=3),
    without=st.sampled_from(["", *SCHEMA.names]),
)
def test_rows_that_are_missing_or_there_twice(good, tmp_path, cut, twice, without):
    folder = run(tmp_path / "bad", ASKED)

    def damaged(table):
        kept = [row for row in range(table.num_rows) if row not in cut] + twice
        table = table.take(pa.array(kept, pa.int64()))
        return table.drop_columns([without]) if without else table

    edit(folder / "verdicts.parquet", damaged)
    outcome = decided(good, folder)
    if outcome == "PASS":
        assert not set(cut) - set(twice)


@many
@given(data=st.data())
def test_a_manifest_of_anything(good, tmp_path, data):
    folder = run(tmp_path / "bad", ASKED)
    manifest = json.loads((folder / "manifest.json").read_text())
    holder, key = manifest, data.draw(st.sampled_from([*manifest, "looks", "plan", "counts", "models", "aggregates"]))
    while isinstance(holder.get(key), (dict, list)) and holder[key] and data.draw(st.booleans()):
        inner = holder[key]
        if isinstance(inner, list):
            inner = inner[0]
            if not isinstance(inner, dict):
                break
        holder, key = inner, data.draw(st.sampled_from([*inner]))
    holder[key] = data.draw(JUNK)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    decided(good, folder)


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.5, 1.5])
def test_a_score_that_is_none_is_refused(good, tmp_path, value):
    folder = run(tmp_path / "bad", ASKED)
    edit(folder / "verdicts.parquet", lambda table: changed(table, "score", [3], value))
    assert "score" in decided(good, folder)
