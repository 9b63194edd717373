"""Scores over runs: order, marks, and how often noise is called a fall."""

import json
from itertools import count

import numpy as np
import pytest

from prism_eval.errors import UsageError
from prism_eval.gate import history
from prism_eval.gate.output.histories import document, shown, write_figure
from prism_eval.leaderboard import build
from prism_eval.leaderboard.history import History, Point
from prism_eval.report.html import render
from prism_eval.run.folder import RunFolder
from prism_eval.statistics import Difference, Estimate, spent
from tests.gate.sides import mixed
from tests.gate.sides import run as folder_of
from tests.gate.simulated import side as drawn_side
from tests.shell import shell


@pytest.fixture(autouse=True)
def _made_by_hand(monkeypatch):
    """Folders made by hand have no plan to belong to."""
    monkeypatch.setattr(history, "check_belonging", lambda *_, **__: None)
    monkeypatch.setattr(RunFolder, "open", staticmethod(RunFolder))


def run(path, day, outcomes, **more):
    return folder_of(path, {"chartqa": outcomes}, created=f"2026-11-{day:02}T00:00:00+00:00", **more)


def test_runs_stand_in_the_order_in_which_they_were_made(tmp_path):
    last = run(tmp_path / "a", 9, mixed(300, 700), git_commit="c" * 40)
    first = run(tmp_path / "b", 1, mixed(600, 400))
    middle = run(tmp_path / "c", 5, ["wrong"] * 6 + mixed(594, 395) + ["correct"] * 5)
    (found,) = history.histories([last, first, middle])
    assert [point.where for point in found.points] == [str(first), str(middle), str(last)]
    assert [point.best for point in found.points] == ["", str(first), str(first)]
    assert [point.below for point in found.points] == [False, False, True]
    assert found.first_below.commit == "c" * 40
    said = shown([found])
    assert said.answer == f"A fell below its best with {last} 2026-11-09 00:00 {'c' * 12}"
    assert said.grids[0].rows[2][-1].endswith(" below")
    assert document([found])["histories"][0]["points"][2]["below"] is True


def test_every_entry_has_a_history_and_one_may_be_named(tmp_path):
    first = run(tmp_path / "a", 1, mixed(6, 4), label="3B")
    second = run(tmp_path / "b", 2, mixed(6, 4), label="72B")
    assert [one.label for one in history.histories([first, second])] == ["3B", "72B"]
    with pytest.raises(UsageError, match="'72B' is no entry"):
        history.histories([first, second], "72B")


def test_a_run_of_failures_is_no_best_and_no_fall(tmp_path):
    runs = [
        run(tmp_path / "a", 1, mixed(600, 400)),
        run(tmp_path / "b", 2, ["failed"] * 1000),
        run(tmp_path / "c", 3, mixed(600, 400)),
    ]
    (found,) = history.histories(runs)
    assert [point.score is None for point in found.points] == [False, True, False]
    assert found.points[2].best == str(runs[0])
    assert found.first_below is None
    assert "No run of 3 runs is shown to be below" in shown([found]).answer


def test_runs_that_were_not_asked_alike_are_refused(tmp_path):
    runs = [
        run(tmp_path / "a", 1, mixed(6, 4)),
        run(tmp_path / "b", 2, mixed(6, 4), protocol={"name": "standard", "edition": "caprl"}),
    ]
    with pytest.raises(UsageError, match=r"cannot be compared: protocol\.edition"):
        history.histories(runs)
    with pytest.raises(UsageError, match="given twice"):
        history.histories([runs[0], runs[0]])


def drawn(rng, rates):
    """A history on the same 400 images of three questions: an image stays as it is, each run's captions are drawn."""
    image = np.repeat(np.arange(400), 3)
    name = np.full(image.size, "benchmark")
    ease = rng.beta(2, 2, 400)[image]
    number = count()
    runs = []
    for rate in rates:
        right = rng.random(image.size) < np.clip(ease + rate - 0.5, 0, 1)
        side = drawn_side(name, image, right)
        runs.append((Point(where=f"run {next(number):03}", created="", commit="", score=history._score(side)), side))
    return history.history("A", runs)


def test_noise_is_no_trend():
    rng = np.random.default_rng(11)
    fallen = sum(drawn(rng, [0.6] * 20).first_below is not None for _ in range(60))
    assert fallen <= 3


def test_a_fall_of_eight_points_is_found_at_its_run():
    rng = np.random.default_rng(12)
    found = [drawn(rng, [0.6] * 6 + [0.52] * 2).first_below for _ in range(40)]
    assert sum(point is not None and point.where == "run 006" for point in found) >= 30
    assert not any(point is not None and point.where < "run 006" for point in found)


def test_the_levels_of_all_comparisons_add_up_to_the_error_rate():
    assert sum(spent(number) for number in range(1, 100_000)) == pytest.approx(0.05, abs=1e-6)
    assert sum(spent(number) for number in range(1, 100_000)) < 0.05
    assert spent(3, rivals=4) == spent(3) / 4
    for numbers in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="counted from 1"):
            spent(numbers[0], rivals=numbers[1])


def long(label, runs, *, fell=None):
    score = Estimate(value=0.5, error=0.1, low=0.4, high=0.6, items=9, clusters=9)
    other = Difference(
        value=-0.2,
        error=0.05,
        held_error=0.05,
        degrees=8,
        low=-0.3,
        high=-0.1,
        p=0.001,
        items=9,
        clusters=9,
        differing=5,
    )
    points = [
        Point(where=f"run$x^{n}", created="", commit="", score=score, difference=other if n else None, below=n == fell)
        for n in range(runs)
    ]
    return History(label=label, points=tuple(points))


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_a_figure_is_the_same_each_time_and_takes_any_label(tmp_path, ending):
    for name in "ab":
        write_figure([long("$\\frac{", 400, fell=2)], tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"a.{ending}").stat().st_size > 1000
    if ending != "pdf":  # a PDF has the time in it
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_a_history_is_a_section_of_the_page_with_strangers_text_as_text(tmp_path):
    board = build([run(tmp_path / "a", 1, mixed(6, 4))])
    assert 'id="history"' not in render(board)
    page = render(board, histories=[long("</svg><script>alert('x')</script>", 3, fell=1), *[long("B", 14)] * 7])
    assert page.count('<a href="#history">Over the runs</a>') == 1
    assert "fell below its best with run$x^1" in page
    assert "<script>alert" not in page
    assert "Score by run, with 95 % intervals: the first 6" in page
    assert page.count('<b class="v-worse">below</b>') == 1
    # Long tables wait closed.
    assert page.count('<details class="benchmark" open>\n<summary><span class="title">') == 1


def test_a_figure_of_another_kind_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"a figure is \.svg, \.png or \.pdf"):
        write_figure([History(label="A", points=())], tmp_path / "a.docx")


def test_the_verb_from_the_shell(tmp_path):
    from prism_eval import evaluate

    of = {"benchmarks": "chartqa", "data": "synthetic", "store": tmp_path / "s.sqlite"}
    evaluate("oracle", out=tmp_path / "1", **of)
    evaluate("oracle", out=tmp_path / "2", **of)
    done = shell("history", tmp_path / "1", tmp_path / "2", "--figure", tmp_path / "h.svg")
    assert done.returncode == 0
    assert done.stdout.startswith("No run of 2 runs is shown to be below the best before it")
    assert (tmp_path / "h.svg").read_text().startswith("<?xml")
    said = json.loads(shell("history", tmp_path / "1", tmp_path / "2", "--format", "json").stdout)
    assert [point["below"] for point in said["histories"][0]["points"]] == [False, False]
    held = json.loads(shell("history", tmp_path, "--format", "json").stdout)
    assert [point["where"] for point in held["histories"][0]["points"]] == [str(tmp_path / "1"), str(tmp_path / "2")]
    reported = shell("report", tmp_path / "2", "--history", tmp_path, "--bundle", tmp_path / "site")
    assert reported.returncode == 0, reported.stderr
    assert 'id="history"' in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    wrong = shell("history", tmp_path / "1", tmp_path / "nowhere")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
