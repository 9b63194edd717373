import io
import re
from collections import Counter
from dataclasses import replace
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval import evaluate
from prism_eval.benchmarks import load_definition
from prism_eval.plan import make_plan
from prism_eval.plan.orders import Orders, gold_position, reorder, restore, rotations
from prism_eval.reasoners.base import Reasoner
from prism_eval.run.reading import read_manifest
from prism_eval.schema import Answer, Item, ItemKind, Outcome, Verdict
from tests.builders import short_item


def choice(*options, gold="B", benchmark="mmstar", number="1"):
    return Item(
        benchmark=benchmark, id=number, kind=ItemKind.CHOICE, question="Which?", images=(), golds=(gold,),
        cluster=number, options=options or ("cat", "dog", "cow", "hen"),
    )  # fmt: skip


@given(st.integers(1, 6), st.integers(1, 30), st.integers(0, 5))
def test_orders_are_different_permutations_with_the_items_own_first(options, count, seed):
    item = choice(*(f"option {number}" for number in range(options)), gold="A")
    orders = Orders(count, seed).of(item)
    assert orders[0] == tuple(range(options))
    assert len(orders) == len(set(orders)) == min(count, factorial(options))
    assert {tuple(sorted(order)) for order in orders} == {orders[0]}
    assert orders == Orders(count, seed).of(item)


def test_orders_depend_on_the_seed_and_the_item():
    several = {tuple(Orders(4, seed).of(choice(number=number))) for seed in (0, 1) for number in ("1", "2")}
    assert len(several) == 4


@given(st.permutations(range(4)), st.sampled_from("ABCD"), st.sampled_from("ABCD"))
def test_the_gold_moves_with_its_option_and_a_pick_is_read_back(order, gold, picked):
    item = choice(gold=gold)
    shown = reorder(item, tuple(order))
    assert shown.options[shown.letters.index(shown.golds[0])] == item.options[item.letters.index(gold)]
    verdict, position = restore(Verdict(Outcome.WRONG, 0.0, picked), item, tuple(order))
    assert position == "ABCD".index(picked)
    assert item.options["ABCD".index(verdict.extracted)] == shown.options[position]


@pytest.mark.parametrize("extracted", [None, "cannot answer", "E"])
def test_no_option_is_no_position(extracted):
    verdict = Verdict(Outcome.UNPARSED, 0.0, extracted)
    assert restore(verdict, choice(), (3, 2, 1, 0)) == (verdict, None)


@pytest.mark.parametrize(
    "item",
    [
        short_item(1),
        choice("12", "13", "None of the above", "All of the above"),
        choice("cat", "dog", "Both A and B", "neither"),
        choice(benchmark="visulogic"),
    ],
)
def test_what_cannot_be_shown_in_another_order_is_asked_once(item):
    assert len(Orders(3, fixed=frozenset({"visulogic"})).of(item)) == 1


def test_letters_that_stand_in_the_image_cannot_move():
    drawn = {name for name in ("visulogic", "mmmu_pro:vision", "mmmu_pro", "mmstar", "charxiv", "mathverse")
             if load_definition(name).letters_in_image}  # fmt: skip
    assert drawn == {"visulogic", "mmmu_pro:vision"}


class AlwaysB(Reasoner):
    """Picks the second position, whatever stands there."""

    async def answer(self, caption, item, *, sample):
        return Answer("Answer: B")


class Knows(Reasoner):
    """Picks the same option wherever it stands."""

    async def answer(self, caption, item, *, sample):
        return Answer(f"Answer: {item.letters[item.options.index(min(item.options))]}")


def run(reasoner, tmp_path, **plan):
    return evaluate("blind", reasoner=reasoner, benchmarks="mmstar", out=tmp_path / "run", limit=40,
                    store=tmp_path / "store.sqlite", **plan)  # fmt: skip


def test_a_lean_towards_a_position_is_averaged_out_and_reported(tmp_path):
    result = run(AlwaysB(), tmp_path, orders=4)
    frame = result.to_pandas()
    items = frame["item"].nunique()
    assert len(frame) == 4 * items
    assert set(frame["order"]) == {0, 1, 2, 3}
    assert set(frame["chosen_position"]) == {1}
    assert frame.groupby("item")["gold"].nunique().max() == 1
    assert (frame["score"] == (frame["extracted"] == frame["gold"].str[2])).all()
    (row,) = result.leaderboard.everyone
    assert row.items == items
    assert row.positions.lean.positions[1].picked == 1
    assert row.positions.lean.low > 0.4
    assert row.positions.questions == items
    assert row.positions.consistency < 0.3
    assert read_manifest(result.folder.path)["benchmarks"][0]["items"] == items


def test_the_pages_show_the_lean(tmp_path):
    from rich.console import Console

    from prism_eval.report.terminal import LeaderboardView

    result = run(AlwaysB(), tmp_path, orders=2)
    console = Console(file=io.StringIO(), width=100)
    console.print(LeaderboardView(result.leaderboard))
    said = console.file.getvalue()
    (by,) = re.findall(r"\bB \+(\d+\.\d)\b", said)
    assert re.search(rf"\bA -\d+\.\d B \+{by}|\bB \+{by} [CD] -\d+\.\d", said)
    assert f" {by} [" in said
    assert 60 < float(by) < 90
    page = result.html.read_text(encoding="utf-8")
    assert "Same option in every order" in page
    assert f"B 100.0 ({100 - float(by):.1f})" in page


def test_a_reasoner_that_knows_is_consistent(tmp_path):
    (row,) = run(Knows(), tmp_path, orders=3).leaderboard.everyone
    assert row.positions.consistency == 1
    assert (row.positions.lean.low, row.positions.lean.largest) == (0, pytest.approx(0, abs=0.2))


def test_where_the_right_option_stood_is_in_the_table(tmp_path):
    frame = run(Knows(), tmp_path, orders=3).to_pandas()
    right = frame["outcome"] == "correct"
    assert 0 < right.sum() < len(frame)
    assert (frame["chosen_position"] == frame["gold_position"]).equals(right)
    assert frame.groupby("item")["gold_position"].nunique().max() > 1


@pytest.mark.parametrize(("golds", "place"), [(("C",), 2), (("A", "B"), None), (("cat",), None), ((), None)])
def test_a_right_option_stands_somewhere_if_there_is_one(golds, place):
    assert gold_position(replace(choice(), golds=golds)) == place
    assert gold_position(short_item(1)) is None


def test_one_order_says_nothing_of_positions(tmp_path):
    result = run(AlwaysB(), tmp_path)
    assert result.leaderboard.everyone[0].positions is None
    assert 'id="positions"' not in result.html.read_text(encoding="utf-8")


@given(st.integers(2, 6), st.integers(1, 30), st.integers(0, 5))
def test_rotated_the_right_option_stands_in_every_position_equally_often(options, count, seed):
    item = choice(*(f"option {number}" for number in range(options)), gold="B")
    orders = Orders(count, seed, rotated=True).of(item)
    assert orders[0] == tuple(range(options))
    assert len(orders) == len(set(orders))
    if count > 1:
        assert len(orders) == rotations(options, count)
        positions = Counter(gold_position(reorder(item, order)) for order in orders)
        assert set(positions.values()) == {len(orders) // options}
        assert set(positions) == set(range(options))


@pytest.mark.parametrize(
    ("options", "count", "asked"),
    [(4, 12, 12), (4, 14, 12), (4, 3, 4), (3, 12, 6), (2, 12, 2), (5, 12, 10), (7, 12, 7)],
)
def test_rotations_come_in_whole_rounds_as_many_as_there_are(options, count, asked):
    assert rotations(options, count) == asked


def test_a_plan_that_does_not_rotate_is_the_plan_it_was():
    plain = make_plan({"captioners": ["blind"], "orders": 4})
    rotated = make_plan({"captioners": ["blind"], "orders": 4, "rotate": True})
    assert "rotate" not in plain._through("score")
    assert (plain.digest == rotated.digest, plain.difference(rotated)) == (False, "rotate")
    assert make_plan({"captioners": ["blind"], "rotate": True}).digest == make_plan({"captioners": ["blind"]}).digest
