"""Baselines as files."""

import json
import os
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prism_eval.errors import UsageError
from prism_eval.files import pages
from prism_eval.gate import baseline, compare, decide
from prism_eval.gate.baseline import read_baseline, save
from prism_eval.gate.output.baselines import changed, shown
from prism_eval.gate.side import LOSSES, side_of_run
from tests.gate.sides import mixed, run, side
from tests.runfolder import verdict, write_run

HEX = "0123456789abcdef" * 4


@pytest.fixture
def known(tmp_path):
    outcomes = {"chartqa": [*mixed(30, 10), "failed", "unparsed"], "infovqa": mixed(5, 5)}
    return side(tmp_path / "run", outcomes, label="CapRL-3B")


def test_what_is_saved_is_read_back(tmp_path, known):
    path = tmp_path / "baseline.parquet"
    save(known, path)
    read = read_baseline(path)
    assert read.items.equals(known.items)
    assert (read.label, read.fields, read.titles) == (known.label, known.fields, known.titles)
    assert (read.unusable, read.spent, read.where) == (known.unusable, known.spent, str(path))
    assert compare(read, known).suite.difference.value == 0


def test_the_bytes_are_the_same_each_time(tmp_path, known):
    save(known, tmp_path / "a.parquet")
    save(known, tmp_path / "b.parquet")
    save(read_baseline(tmp_path / "a.parquet"), tmp_path / "c.parquet")
    first, second, third = ((tmp_path / f"{name}.parquet").read_bytes() for name in "abc")
    assert first == second == third


@pytest.mark.parametrize("images", [[HEX], [HEX, HEX[::-1]], [], ["a name"], None])
def test_images_of_every_kind_come_back(tmp_path, images):
    rows = [verdict("A", "1", images=images or [], cluster="group"), verdict("A", "2", images=[HEX], cluster=HEX)]
    if images is None:
        rows[0]["images"] = None
    of = side_of_run(write_run(tmp_path / "run", rows))
    save(of, tmp_path / "b.parquet")
    assert read_baseline(tmp_path / "b.parquet").items.equals(of.items)


def test_no_question_and_no_caption_is_in_it_unless_asked(tmp_path):
    folder = run(tmp_path / "run", {"chartqa": ["correct"]}, given=lambda name, place: {"caption": "sécrètement"})
    save(side_of_run(folder), tmp_path / "a.parquet")
    save(side_of_run(folder, captions=True), tmp_path / "b.parquet")
    assert "caption" not in pq.read_schema(tmp_path / "a.parquet").names
    assert read_baseline(tmp_path / "b.parquet").items["caption"].to_pylist() == ["sécrètement"]
    assert not {"question", "gold", "answer"} & {*pq.read_schema(tmp_path / "b.parquet").names}


def test_captions_are_those_of_the_entry(tmp_path):
    rows = [
        *(verdict("A", str(place), caption=f"a{place}") for place in (1, 2, 3)),
        *(verdict("B", str(place), caption=f"b{place}") for place in (3, 1, 2)),
    ]
    of = side_of_run(write_run(tmp_path / "run", rows), "B", captions=True)
    assert dict(zip(of.items["item"].to_pylist(), of.items["caption"].to_pylist(), strict=True)) == {
        "1": "b1",
        "2": "b2",
        "3": "b3",
    }


def test_twenty_thousand_items_are_under_a_megabyte(tmp_path, known):
    size, rng = 20_000, np.random.default_rng(5)
    images = [[rng.bytes(32).hex()] for _ in range(size)]
    columns = {
        "benchmark": [f"benchmark{place % 12}" for place in range(size)],
        "item": [f"{place // 12}" for place in range(size)],
        "images": images,
        "cluster": [digests[0] for digests in images],
        "asked": pa.array(rng.integers(0, 2**32, size), pa.uint32()),
        "score": rng.integers(0, 2, size).astype(float),
        "verdicts": np.ones(size, dtype=np.int64),
        **{name.value: (rng.random(size) < 0.02).astype(np.int64) for name in LOSSES},
        "words": rng.integers(200, 900, size).astype(float),
        "empty": np.zeros(size),
        "cut": (rng.random(size) < 0.05).astype(float),
    }
    path = tmp_path / "b.parquet"
    save(replace(known, items=pa.table(columns)), path)
    assert path.stat().st_size <= 1_000_000
    assert read_baseline(path).items.num_rows == size


def edited(path, change):
    """The file with something in its table changed, as a careful hand would do it."""
    table = pq.read_table(path)
    pq.write_table(change(table), path)


def column(name, values):
    return lambda table: table.set_column(
        table.column_names.index(name), name, pa.array(values(table[name].to_pylist()))
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (column("score", lambda scores: [1.0] * len(scores)), "was edited or damaged"),
        (column("score", lambda scores: [2.0] * len(scores)), "column score is not between 0 and 1"),
        (column("score", lambda scores: [float("nan")] * len(scores)), "column score is not between 0 and 1"),
        (column("item", lambda ids: ["1"] * len(ids)), "chartqa item 1 is there twice"),
        (column("item", lambda ids: [None] * len(ids)), "an empty cell in column item"),
        (column("images", lambda ids: ["x"] * len(ids)), "column images holds no lists"),
        (column("verdicts", lambda ids: ["x"] * len(ids)), "column verdicts is of type string, and not int64"),
        (lambda table: table.slice(1), "was edited or damaged"),
        (lambda table: table.drop_columns(["score"]), "there is no column score"),
        (lambda table: table.replace_schema_metadata({}), "is no baseline: prism-eval baseline save RUN"),
        (lambda table: table.replace_schema_metadata({"prism_eval.baseline": "[]"}), "is no baseline"),
        (lambda table: table.replace_schema_metadata({"prism_eval.baseline": "{"}), "is no baseline, or cut short"),
        (
            lambda table: table.replace_schema_metadata({"prism_eval.baseline": json.dumps({"format": 99})}),
            "has format 99, this prism-eval reads 2",
        ),
        (lambda table: table.replace_schema_metadata({"prism_eval.baseline": '{"format": 2}'}), "was edited"),
        (column("score", lambda scores: [{"a": 1}] * len(scores)), "column score is of type struct.*, and not double"),
        (column("item", lambda ids: [[1]] * len(ids)), "column item is of type list"),
        (column("cluster", lambda ids: [{"a": 1}] * len(ids)), "column cluster is of type struct"),
        (column("images", lambda ids: [[1]] * len(ids)), "column images holds lists of int64"),
        (column("verdicts", lambda ids: [1.5] * len(ids)), "column verdicts is of type double, and not int64"),
    ],
)
def test_what_was_edited_is_refused(tmp_path, known, change, says):
    path = tmp_path / "b.parquet"
    save(known, path)
    edited(path, change)
    with pytest.raises(UsageError, match=says) as caught:
        read_baseline(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [("fields", []), ("fields", {"": 1}), ("titles", None), ("unusable", {"chartqa": "x"}), ("spent", 1), ("label", 1)],
)
def test_what_was_edited_with_its_digest_is_refused_too(tmp_path, known, key, value, monkeypatch):
    path = tmp_path / "b.parquet"
    save(known, path)
    said = json.loads(pq.read_schema(path).metadata[b"prism_eval.baseline"])
    edited(path, lambda table: table.replace_schema_metadata({"prism_eval.baseline": json.dumps({**said, key: value})}))
    monkeypatch.setattr(baseline, "_digest", lambda *_: said["digest"])
    with pytest.raises(UsageError, match=f"is damaged: {key}") as caught:
        read_baseline(path)
    assert "\n" not in str(caught.value)


def test_what_is_no_file(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        read_baseline(tmp_path / "none.parquet")
    with pytest.raises(UsageError, match="is no baseline"):
        read_baseline(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match=r"is no baseline.*a pipe"):
        read_baseline(tmp_path / "pipe")


def test_one_that_unpacks_to_gigabytes_is_refused(tmp_path, known, monkeypatch):
    save(known, tmp_path / "b.parquet")
    monkeypatch.setattr(pages, "MOST_OF_A_GROUP", 100)
    with pytest.raises(UsageError, match=r"is no baseline.*bytes and more in one row group"):
        read_baseline(tmp_path / "b.parquet")


def test_a_cell_that_is_no_text_is_refused(tmp_path, known):
    path = tmp_path / "b.parquet"
    save(known, path)
    table = pq.read_table(path)
    no_text = pa.array([b"\xff"] * len(table), pa.binary()).view(pa.string())
    pq.write_table(table.set_column(table.column_names.index("item"), "item", no_text), path)
    with pytest.raises(UsageError, match="is no baseline, or cut short"):
        read_baseline(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), cut=st.booleans())
def test_a_byte_changed_or_the_end_cut_off_never_changes_a_score(tmp_path, known, place, byte, cut):
    path = tmp_path / "b.parquet"
    if not path.exists():
        save(known, path)
        path.with_suffix(".whole").write_bytes(path.read_bytes())
    whole = path.with_suffix(".whole").read_bytes()
    at = int(place * len(whole))
    path.write_bytes(whole[:at] if cut else whole[:at] + bytes([byte]) + whole[at + 1 :])
    try:
        read = read_baseline(path)
    except UsageError as error:
        said = str(error)
        assert "\n" not in said
    else:
        assert read.items.equals(known.items)


def test_a_gate_takes_a_file(tmp_path):
    of = side(tmp_path / "run", {"chartqa": mixed(600, 400)})
    save(of, tmp_path / "b.parquet")
    assert decide(read_baseline(tmp_path / "b.parquet"), of).outcome == decide(of, of).outcome == "PASS"


def test_two_of_them_differ_by_field_or_by_score(tmp_path, known):
    assert changed(known, replace(known, where="elsewhere")) is None
    other = replace(known, fields={**known.fields, "": {**known.fields[""], "orders": 2}})
    found = changed(known, other)
    assert "cannot be compared" in found.answer
    assert found.grids[0].rows == [("orders", "1", "2")]
    scores = pa.array([0.0] * known.items.num_rows)
    worse = replace(known, items=known.items.set_column(known.items.column_names.index("score"), "score", scores))
    assert "against CapRL-3B" in changed(known, worse).answer


def test_two_of_which_one_lacks_a_benchmark_are_compared_on_what_both_have(tmp_path, known):
    less = side(tmp_path / "less", {"chartqa": [*mixed(30, 10), "failed", "unparsed"]}, label="CapRL-3B")
    for pair, word in (((known, less), "baseline"), ((less, known), "candidate")):
        found = changed(*pair)
        assert "on par" in found.answer or "cannot tell" in found.answer
        assert f"Only the {word} has infovqa: left out." in found.notes
    apart = changed(less, side(tmp_path / "other", {"infovqa": mixed(5, 5)}))
    assert "no benchmark in common" in apart.answer
    assert [note.rsplit(" has ")[1] for note in apart.notes] == ["chartqa.", "infovqa."]


def test_what_it_holds_is_shown(known):
    said = shown(known)
    assert said.answer.startswith("CapRL-3B: 52 items, captions of ")
    assert said.grids[0].rows[0] == ("Chartqa", "42", "41", "73.2")
