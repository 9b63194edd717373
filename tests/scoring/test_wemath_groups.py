"""We-Math's metric over groups of a problem and its steps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prism_eval
from prism_eval.errors import PermanentError
from prism_eval.run.reading import read_manifest
from prism_eval.schema import Answer, Item, ItemKind, Outcome, Verdict
from prism_eval.scoring.choice import MMStar, WeMath
from prism_eval.scoring.strict import Strict

RIGHT = Verdict(Outcome.CORRECT, 1.0, "A")
WRONG = Verdict(Outcome.WRONG, 0.0, "B")
FAILED = Verdict(Outcome.FAILED, None)
MARKS = {"1": RIGHT, "0": WRONG, "f": FAILED}

# Each step's mark in order, the whole problem's last. Strictly, then loosely:
HAND_WORKED = [
    "111",  # mastered, mastered
    "101",  # rote, mastered
    "001",  # rote, rote
    "110",  # inadequate generalisation
    "1100",  # insufficient knowledge
    "1111",  # mastered, mastered
    "0001",  # rote, rote
    "0000",  # insufficient knowledge
    "1110",  # inadequate generalisation
    "0011",  # rote, mastered
]


def item(group, key):
    return Item(
        benchmark="wemath",
        id=f"{group}/{key}",
        kind=ItemKind.CHOICE,
        question="?",
        images=(),
        golds=("A",),
        cluster="",
        options=("1", "2"),
        columns={"ID": group, "key": key},
    )


def items(name, marks):
    """The items of a group with their verdicts; a blank is an item that was not asked."""
    steps = len(marks) - 1
    parts = [*map(str, range(1, steps + 1)), "multi"]
    for part, mark in zip(parts, marks, strict=True):
        if mark != " ":
            yield item(f"{steps}steps_{name}", f"{steps}steps_{part}"), MARKS[mark]


def metrics(groups):
    aggregation = WeMath().aggregation()
    for number, marks in enumerate(groups):
        for one, verdict in items(number, marks):
            aggregation.add(one, verdict)
    return aggregation.metrics()


def test_a_hand_worked_example():
    assert metrics(HAND_WORKED) == {
        "strict": pytest.approx(30),  # (2 mastered + 2 inadequately generalised / 2) / 10
        "loose": pytest.approx(50),  # (4 + 2 / 2) / 10
        "IK": pytest.approx(20),
        "IG": pytest.approx(20),
        "CM strict": pytest.approx(20),
        "RM strict": pytest.approx(400 / 6),  # 4 of the 6 groups whose whole problem was solved
        "CM loose": pytest.approx(40),
        "RM loose": pytest.approx(200 / 6),
        "groups": 10,
        "incomplete groups": 0,
    }


@pytest.mark.parametrize("incomplete", ["1 1", "11 ", " 11", "11f", "f11", "0f0", "   1", "1ff1"])
def test_an_incomplete_group_is_left_out_and_counted(incomplete):
    assert metrics([*HAND_WORKED, incomplete]) == {**metrics(HAND_WORKED), "incomplete groups": 1}


@pytest.mark.parametrize("outcome", [Outcome.ABSTAINED, Outcome.REFUSED, Outcome.TRUNCATED, Outcome.UNPARSED])
def test_no_answer_is_as_good_as_a_wrong_one(outcome):
    aggregation = WeMath().aggregation()
    for one, verdict in items("1", "110"):
        aggregation.add(one, Verdict(outcome, 0.0) if verdict is WRONG else verdict)
    assert aggregation.metrics()["IG"] == 100


def test_groups_of_two_and_of_three_steps_with_one_id_are_two():
    aggregation = WeMath().aggregation()
    for marks in ("111", "1111"):
        for one, verdict in items("1", marks):
            aggregation.add(item("7", one.columns["key"]), verdict)
    assert aggregation.metrics()["groups"] == 2


def test_where_nothing_is_complete_there_are_no_rates():
    found = metrics(["1  "])
    assert (found["groups"], found["incomplete groups"]) == (0, 1)
    assert {found[name] for name in ("strict", "loose", "IK", "IG", "CM strict", "RM loose")} == {None}


def test_where_no_whole_problem_was_solved_there_is_no_rate_of_rote_memorisation():
    found = metrics(["110", "000"])
    assert found["strict"] == found["loose"] == 25
    assert found["RM strict"] is found["RM loose"] is None


@pytest.mark.parametrize("extra", [{}, {"ID": "1"}, {"key": "2steps_1"}, {"ID": "1", "key": "steps"}])
def test_items_outside_groups_say_nothing(extra):
    aggregation = WeMath().aggregation()
    aggregation.add(replace(item("1", "2steps_1"), columns=extra), RIGHT)
    assert aggregation.metrics() == {}


@given(st.lists(st.text("01", min_size=3, max_size=4), min_size=1, max_size=30))
def test_every_group_has_one_dimension_and_loose_is_never_below_strict(groups):
    found = metrics(groups)
    for way in ("strict", "loose"):
        rote = found[f"RM {way}"]
        solved = 100 * sum(marks.endswith("1") for marks in groups) / len(groups)
        assert (rote is None) == (solved == 0)
        memorised = (rote or 0) / 100 * solved
        assert found["IK"] + found["IG"] + found[f"CM {way}"] + memorised == pytest.approx(100)
        assert found[way] == pytest.approx(100 - found["IG"] / 2 - memorised - found["IK"])
    assert found["loose"] >= found["strict"]


@pytest.mark.parametrize("scorer", [MMStar, Strict])
def test_other_scorers_aggregate_by_no_rule_of_their_own(scorer):
    assert scorer().aggregation() is None


class Sly(prism_eval.Reasoner):
    """Solves whole problems and first steps only; its calls for one item fail."""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails

    @property
    def identity(self):
        return {"plugin": "sly", "version": "1", "fails": self.fails}

    def question_identity(self, item):
        return {**super().question_identity(item), "id": item.id}

    async def answer(self, caption, item, *, sample):
        if item.id == self.fails:
            raise PermanentError("no answer")
        right = item.columns["key"].endswith(("_multi", "_1"))
        other = next(letter for letter in item.letters if letter not in item.golds)
        return Answer(f"Answer: {item.golds[0] if right else other}")


class TestRuns:
    @pytest.fixture
    def run(self, tmp_path):
        def evaluate(captioners, **plan):
            out, store = tmp_path / "run", tmp_path / "store.sqlite"
            return prism_eval.evaluate(captioners, benchmarks="wemath", out=out, store=store, **plan)

        return evaluate

    def test_who_knows_what_the_twin_shows_has_mastered_every_group(self, run):
        result = run(["oracle", "blind"])
        blind, oracle = read_manifest(result.folder.path)["aggregates"]
        assert (oracle["captioner"], oracle["answers"], oracle["failed"]) == ("oracle", 39, 0)
        assert oracle["metrics"] == {
            "strict": 100,
            "loose": 100,
            "IK": 0,
            "IG": 0,
            "CM strict": 100,
            "RM strict": 0,
            "CM loose": 100,
            "RM loose": 0,
            "groups": 12,
            "incomplete groups": 0,
        }
        assert blind["metrics"]["strict"] < 50
        (own,) = result.leaderboard.own
        assert own.entries == (("oracle", 0), ("blind", 0))
        assert {name: own.numbers[name][0] for name in ("strict", "IK", "CM strict")} == {
            "strict": "100",
            "IK": "0",
            "CM strict": "100",
        }
        # A table, and no note.
        assert not any("aggregation" in warning or "strict" in warning for warning in result.leaderboard.warnings)

    def test_rote_memorisation_tells_strict_from_loose_for_each_sample(self, run):
        result = run("oracle", reasoner=Sly(), samples=2)
        entries = read_manifest(result.folder.path)["aggregates"]
        assert [entry["sample"] for entry in entries] == [0, 1]
        for entry in entries:
            assert (entry["metrics"]["strict"], entry["metrics"]["RM strict"]) == (0, 100)
            assert (entry["metrics"]["loose"], entry["metrics"]["CM loose"]) == (100, 100)
        (own,) = result.leaderboard.own
        assert own.entries == (("oracle", 1), ("oracle", 2))

    def test_other_orders_of_the_options_are_not_asked_by_the_authors(self, run):
        (entry,) = read_manifest(run("oracle", orders=2).folder.path)["aggregates"]
        assert (entry["answers"], entry["metrics"]["groups"]) == (39, 12)

    def test_a_sample_holds_whole_groups(self, run):
        (entry,) = read_manifest(run("oracle", limit=20).folder.path)["aggregates"]
        assert (entry["answers"], entry["metrics"]["groups"], entry["metrics"]["incomplete groups"]) == (20, 6, 0)

    def test_the_first_items_and_a_failed_call_leave_groups_out(self, run):
        result = run("oracle", limit=6, first=True, reasoner=Sly(fails="2steps_1/2steps_2"))
        (entry,) = read_manifest(result.folder.path)["aggregates"]
        assert (entry["answers"], entry["failed"]) == (5, 1)
        assert (entry["metrics"]["groups"], entry["metrics"]["incomplete groups"]) == (0, 2)
        assert result.leaderboard.own[0].numbers["strict"] == ("\N{EN DASH}",)

    def test_other_editions_report_no_groups(self, run):
        assert "aggregates" not in read_manifest(run("blind", limit=3, edition="strict").folder.path)

    def test_real_groups(self, run, shared):
        (entry,) = read_manifest(run("blind", reasoner=Sly(), data=shared / "data").folder.path)["aggregates"]
        assert (entry["metrics"]["groups"], entry["metrics"]["incomplete groups"]) == (16, 12)
        assert (entry["metrics"]["strict"], entry["metrics"]["loose"]) == (0, 100)
