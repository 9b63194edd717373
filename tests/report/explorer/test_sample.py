"""How the items of a page of bounded size are drawn."""

from pathlib import Path

from prism_eval.leaderboard import build
from prism_eval.report.explorer.replies import replies_of
from prism_eval.report.explorer.sample import drawn
from tests.runfolder import verdict, write_run


def order(folder: Path, rows):
    board = build(write_run(folder, rows))
    replies = replies_of(board)
    texts = board.verdicts.table.columns({"item": "string", "benchmark": "string"}).to_pylist()
    named = {item: texts[row] for item, row in enumerate(replies.rows.max(axis=0).tolist())}
    return [named[item] for item in drawn(replies, board.benchmarks)]


def test_every_item_comes_once_and_benchmarks_take_turns(tmp_path):
    rows = [verdict("a", str(item), benchmark=name) for name, size in (("one", 40), ("two", 5)) for item in range(size)]
    items = order(tmp_path, rows)
    assert len({(item["benchmark"], item["item"]) for item in items}) == len(items) == 45
    assert [item["benchmark"] for item in items[:6]] == ["one", "two"] * 3


def test_two_of_three_are_such_that_captioners_differ(tmp_path):
    rows = [verdict("a", str(item)) for item in range(90)]
    rows += [verdict("b", str(item), "wrong" if item % 5 == 0 else "correct") for item in range(90)]
    items = [int(item["item"]) % 5 == 0 for item in order(tmp_path, rows)]
    assert items[:27] == [True, True, False] * 9
    assert not any(items[27:])


def test_of_one_captioner_what_it_lost_comes_first(tmp_path):
    rows = [verdict("a", str(item), "wrong" if item < 10 else "correct") for item in range(50)]
    assert sum(int(item["item"]) < 10 for item in order(tmp_path, rows)[:15]) == 10


def test_an_image_comes_a_second_time_when_all_have_come_once(tmp_path):
    rows = [verdict("a", str(item), images=[f"image {item // 10}"]) for item in range(100)]
    first = [int(item["item"]) // 10 for item in order(tmp_path, rows)[:10]]
    assert sorted(first) == list(range(10))


def test_the_order_is_the_same_each_time_and_not_the_tables(tmp_path):
    rows = [verdict("a", str(item)) for item in range(100)]
    first, second = order(tmp_path / "a", rows), order(tmp_path / "b", rows)
    assert first == second
    assert [int(item["item"]) for item in first] != list(range(100))


def test_a_failed_call_differs_from_nothing(tmp_path):
    rows = [verdict(captioner, str(item)) for captioner in "ab" for item in range(10)]
    rows[3] = verdict("a", "3", "failed")
    rows[14] = verdict("b", "4", "wrong")
    assert order(tmp_path, rows)[0]["item"] == "4"
