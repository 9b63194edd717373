"""A candidate that was asked a random part of what the baseline was."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import binom

from prism_eval.errors import UsageError
from prism_eval.gate import Policy, compare, decide
from prism_eval.gate.baseline import read_baseline, save
from prism_eval.gate.output.comparisons import sheet
from prism_eval.gate.planning import outlook
from prism_eval.gate.policy import make_policy
from prism_eval.statistics import subsample_difference
from tests.gate.sides import mixed, side
from tests.gate.simulated import CHARTQA, INFOVQA, pair

SAMPLED = {"plan": {"limit": 30, "seed": 4}}


def part_of(whole, rng, share):
    """A side as if it had been asked a random part of its images."""
    images = whole.items["cluster"].to_numpy()
    kept = np.unique(images)
    kept = rng.choice(kept, round(share * kept.size), replace=False)
    fields = {name: {**said, **({"limit": 1, "seed": 0} if name else {})} for name, said in whole.fields.items()}
    return replace(whole, fields=fields, items=whole.items.filter(pa.array(np.isin(images, kept))))


def with_fields(one):
    return replace(one, fields={"": {}, **{name: {} for name in one.titles}})


@pytest.fixture
def sides(tmp_path):
    """A baseline that was asked a hundred images, and a candidate that was asked the first thirty of its draw."""
    before = mixed(60, 40)
    first = side(tmp_path / "a", {"chartqa": before, "infovqa": before})
    second = side(tmp_path / "b", {"chartqa": mixed(18, 12), "infovqa": mixed(10, 20)}, **SAMPLED)
    return first, second


def test_the_rest_of_the_baseline_tells_how_hard_the_part_is(sides):
    first, second = sides
    found = compare(first, second)
    one, two = found.parts
    assert [(part.common, part.known, part.dropped) for part in found.parts] == [(30, 100, (0, 0))] * 2
    asked = np.where(np.arange(100) < 30, [*[1.0] * 18, *[0.0] * 12, *[np.nan] * 70], np.nan)
    baseline = np.repeat([1.0, 0.0], [60, 40])
    assert one.against.difference.value == subsample_difference(asked, baseline, np.arange(100)).value
    assert one.scores == pytest.approx((0.6, 0.6 + one.against.difference.value))
    assert found.losses == ({"chartqa": (100, 0), "infovqa": (100, 0)}, {"chartqa": (30, 0), "infovqa": (30, 0)})
    assert two.against.difference.value < one.against.difference.value
    assert found.behaviour[0].answers == found.behaviour[1].answers == 60
    said = sheet(found)
    assert said.grids[0].rows[0][1] == "30 of 100"
    assert said.notes == [
        "The candidate was asked a random part of Chartqa, Infovqa; the baseline's others tell how hard it is."
    ]


def test_a_saved_baseline_serves_as_well(sides, tmp_path):
    first, second = sides
    save(first, tmp_path / "baseline.parquet")
    assert compare(read_baseline(tmp_path / "baseline.parquet"), second).suite == compare(first, second).suite


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("images", [["elsewhere"]], "item '29' of chartqa shows another image"),
        ("asked", pa.array([7], pa.uint32()), "item '29' of chartqa asks something else"),
        ("cluster", ["elsewhere"], "item '29' of chartqa is of another group"),
    ],
)
def test_an_item_that_is_another_one_is_refused(sides, column, values, says):
    first, second = sides
    place = second.items.column_names.index(column)
    last = 29
    items = pa.concat_tables(
        [
            second.items.slice(0, last),
            second.items.slice(last, 1).set_column(place, column, pa.array(values)),
            second.items.slice(last + 1),
        ]
    )
    with pytest.raises(UsageError, match=says):
        compare(first, replace(second, items=items))


def test_what_is_no_part_of_the_baseline_is_refused_by_the_field(tmp_path):
    small = side(tmp_path / "a", {"chartqa": mixed(5, 5)}, **SAMPLED)
    whole = side(tmp_path / "b", {"chartqa": mixed(20, 20)})
    with pytest.raises(UsageError, match=r"cannot be compared: chartqa: limit is 30 in .* and nothing in"):
        compare(small, whole)
    kept_first = side(tmp_path / "c", {"chartqa": mixed(5, 5)}, plan={"limit": 10, "first": True})
    with pytest.raises(UsageError, match=r"cannot be compared: chartqa: limit is nothing in .* and 10 in"):
        compare(whole, kept_first)


def test_a_run_that_ended_when_it_was_decided_pays_for_its_looks(tmp_path):
    first = side(tmp_path / "a", {"chartqa": mixed(60, 40)})
    asked = {"chartqa": ["wrong", *mixed(39, 0)]}
    ended = side(tmp_path / "b", asked, looks={"taken": 2, "planned": 5})
    at_once = side(tmp_path / "c", asked, **SAMPLED)
    early, whole = compare(first, ended), compare(first, at_once)
    assert (early.look, whole.look) == ((2, 5), None)
    assert early.suite.difference.low < whole.suite.difference.low
    assert "look 2 of 5" in sheet(early).notes[-1]
    assert decide(first, ended).rulings[0].shows > decide(first, at_once).rulings[0].shows


def test_a_family_is_corrected_over_its_looks(tmp_path):
    names = [f"benchmark{place}" for place in range(4)]
    first = side(tmp_path / "a", {name: mixed(80, 20) for name in names})
    policy = make_policy({"benchmark": {"tier": "critical"}, "suite": {"tier": "advisory"}})
    worse = {name: mixed(60, 40) for name in names}
    at_once, early = (
        decide(first, side(tmp_path / name, worse, **said), policy)
        for name, said in (("b", {}), ("c", {"looks": {"taken": 1, "planned": 5}}))
    )
    assert (at_once.outcome, early.outcome) == ("FAIL", "INCONCLUSIVE")


@pytest.mark.parametrize("shape", [CHARTQA, INFOVQA], ids=["chartqa", "infovqa"])
def test_a_gate_on_a_part_errs_no_more_than_it_says(shape):
    rng, drawn, policy = np.random.default_rng(17), 80, make_policy({"benchmark": {"margin": 5.0}})
    most = binom.ppf(0.995, drawn, 0.05)

    def outcomes(**how):
        for _ in range(drawn):
            first, second = map(with_fields, pair(rng, [shape], kept=0.3, **how))
            yield decide(first, part_of(second, rng, 0.3), policy).outcome

    assert list(outcomes()).count("FAIL") <= most
    assert list(outcomes(loss=0.05)).count("PASS") <= most


def test_a_plan_counts_what_the_rest_of_the_baseline_tells():
    rng = np.random.default_rng(3)
    first, second = map(with_fields, pair(rng, [(2000, 2.0)], kept=0.1))
    (whole,) = outlook(first, Policy(), like=second)
    assert 0.5 < whole.unexplained < 0.95
    # Of an earlier candidate that was asked a part, the same is expected.
    (part,) = outlook(first, Policy(), like=part_of(second, rng, 0.3))
    assert (part.images, part.error) == (2000, pytest.approx(whole.error, rel=0.15))
    assert part.powers[0].shows == pytest.approx(whole.powers[0].shows, rel=0.2)
    expected = compare(first, part_of(second, rng, 0.1)).suite.difference.held_error
    power = next(one for one in whole.powers if one.images == 200)
    assert power.shows == pytest.approx(0.03 + (1.645 + 0.842) * expected, rel=0.15)
