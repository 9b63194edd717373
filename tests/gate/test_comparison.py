"""Two sides held beside each other."""

import pytest

from prism_eval.errors import RunError, UsageError
from prism_eval.gate import Margins, compare
from prism_eval.gate.side import side_of_run
from prism_eval.schema import Outcome
from prism_eval.statistics import paired_difference
from tests.gate.sides import mixed, run, side
from tests.runfolder import verdict, write_run


def test_what_is_won_and_lost_is_told_by_id_the_largest_first(tmp_path):
    first = side(tmp_path / "a", {"chartqa": ["correct", "wrong", "wrong", "correct"]})
    second = side(tmp_path / "b", {"chartqa": ["wrong", "correct", "wrong", "correct"]})
    found = compare(first, second)
    assert [(flip.benchmark, flip.item, flip.before, flip.after) for flip in found.lost] == [("chartqa", "0", 1, 0)]
    assert [flip.item for flip in found.won] == ["1"]
    assert found.scores == (0.5, 0.5)


def test_half_of_the_captions_lost_is_a_smaller_flip_than_all(tmp_path):
    def two(outcomes):
        return [
            verdict("A", str(place), outcome, sample=sample)
            for place, pair in enumerate(outcomes)
            for sample, outcome in enumerate(pair)
        ]

    first = side_of_run(write_run(tmp_path / "a", two([("correct", "correct"), ("correct", "correct")])))
    second = side_of_run(write_run(tmp_path / "b", two([("correct", "wrong"), ("wrong", "wrong")])))
    assert [(flip.item, flip.after) for flip in compare(first, second).lost] == [("1", 0.0), ("0", 0.5)]


def test_the_difference_is_paired_and_clustered_on_the_image(tmp_path):
    def of_two(name, place):
        return {"images": [f"image {place // 2}"]}

    before, after = mixed(40, 20), mixed(30, 30)
    first = side_of_run(run(tmp_path / "a", {"chartqa": before}, given=of_two))
    second = side_of_run(run(tmp_path / "b", {"chartqa": after}, given=of_two))
    found = compare(first, second).suite.difference
    one, two = ([float(outcome == "correct") for outcome in of] for of in (after, before))
    assert found == paired_difference(one, two, [place // 2 for place in range(60)], ["chartqa"] * 60)
    assert found.clusters == 30


def test_one_benchmark_has_a_benchmarks_margin_and_several_that_of_a_suite(tmp_path):
    one = {"chartqa": mixed(5, 5)}
    two = {**one, "infovqa": mixed(5, 5)}
    assert compare(side(tmp_path / "a", one), side(tmp_path / "b", one)).suite.margin == 0.03
    both = compare(side(tmp_path / "c", two), side(tmp_path / "d", two), Margins(benchmarks={"infovqa": 0.05}))
    assert both.suite.margin == 0.01
    assert [part.against.margin for part in both.parts] == [0.03, 0.05]


def test_items_that_only_one_side_has_are_left_out_and_counted(tmp_path):
    first = side(tmp_path / "a", {"chartqa": ["correct"] * 4, "infovqa": ["correct"]})
    second = side(tmp_path / "b", {"chartqa": ["correct", "failed", "correct"], "mmmu": ["wrong"]})
    found = compare(first, second)
    (part,) = found.parts
    assert (part.common, part.dropped) == (2, (2, 1))
    assert found.only == (("infovqa",), ("mmmu",))
    assert found.losses == ({"chartqa": (4, 0)}, {"chartqa": (4, 2)})
    assert found.suite.verdict == "cannot tell"
    assert "2 of 4 answers failed" in found.suite.sentence


def test_one_id_of_two_benchmarks_is_two_items(tmp_path):
    first = side(tmp_path / "a", {"chartqa": ["correct"], "infovqa": ["wrong"]})
    second = side(tmp_path / "b", {"infovqa": ["wrong"], "chartqa": ["correct"]})
    found = compare(first, second)
    assert (found.won, found.lost) == ((), ())
    assert [part.name for part in found.parts] == ["chartqa", "infovqa"]


@pytest.mark.parametrize(
    ("manifest", "field"),
    [
        ({"protocol": {"name": "standard", "edition": "caprl"}}, "protocol.edition"),
        ({"reasoner": {"label": "lexical", "identity": {"plugin": "lexical", "version": "2"}}}, "reasoner.version"),
        (
            {"benchmarks": [{"name": "chartqa", "title": "C", "fingerprint": "e" * 64, "scorer": "exact"}]},
            "chartqa: fingerprint",
        ),
        (
            {"benchmarks": [{"name": "chartqa", "title": "C", "fingerprint": "f" * 64, "scorer": "other"}]},
            "chartqa: scorer",
        ),
    ],
)
def test_runs_that_were_not_asked_alike_are_refused_by_the_field(tmp_path, manifest, field):
    first = side(tmp_path / "a", {"chartqa": ["correct"]})
    second = side(tmp_path / "b", {"chartqa": ["correct"]}, **manifest)
    with pytest.raises(UsageError, match=f"cannot be compared: {field} is"):
        compare(first, second)


def test_nothing_in_common_is_refused(tmp_path):
    first = side(tmp_path / "a", {"chartqa": ["correct"]})
    second = side(tmp_path / "b", {"infovqa": ["correct"]})
    with pytest.raises(UsageError, match="have no item in common"):
        compare(first, second)


def test_captions_are_counted_once_and_answers_each(tmp_path):
    def of_one_image(name, place):
        return {"images": ["the image" if place else "another"], "caption": "" if place else "two words"}

    outcomes = {"chartqa": ["correct", "unparsed", "unparsed", "refused"]}
    first = side_of_run(run(tmp_path / "a", outcomes, given=of_one_image))
    before, _ = compare(first, first).behaviour
    assert (before.answers, before.captions, before.words, before.empty) == (4, 2, 1.0, 0.5)
    assert before.losses[Outcome.UNPARSED] == 0.5
    assert before.losses[Outcome.REFUSED] == 0.25


def test_without_captions_there_is_no_length(tmp_path):
    blind = run(tmp_path / "a", {"chartqa": ["wrong"]}, given=lambda name, place: {"caption": None})
    before, _ = compare(side_of_run(blind), side_of_run(blind)).behaviour
    assert (before.captions, before.words, before.empty) == (0, None, 0.0)


def test_an_entry_is_named_where_there_are_several(tmp_path):
    rows = [verdict(label, "1") for label in ("CapRL-3B", "CapRL-3B-long", "72B")]
    folder = write_run(tmp_path / "a", rows)
    assert side_of_run(folder, "72").label == "72B"
    assert side_of_run(folder, "CapRL-3B").label == "CapRL-3B"
    assert side_of_run(folder, like="72B").label == "72B"
    with pytest.raises(UsageError, match="has several entries, name one: CapRL-3B, CapRL-3B-long, 72B"):
        side_of_run(folder)
    with pytest.raises(UsageError, match="'caprl' fits CapRL-3B, CapRL-3B-long"):
        side_of_run(folder, "caprl")
    with pytest.raises(UsageError, match="'7B' is no entry"):
        side_of_run(folder, "7B")


def test_a_run_without_verdicts_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no verdict"):
        side_of_run(write_run(tmp_path / "a", []))


def test_verdicts_that_the_manifest_does_not_know_of_are_refused(tmp_path):
    # What they depend on is nowhere: they would be compared with anything.
    folder = run(tmp_path / "a", {"chartqa": ["correct"], "infovqa": ["correct"]}, benchmarks=[{"name": "chartqa"}])
    with pytest.raises(RunError, match="has verdicts of infovqa, which the manifest beside it does not name"):
        side_of_run(folder)
