"""What a gate says it can decide, and whether it can."""

import random
import tomllib

import pytest

from prism_eval.errors import UsageError
from prism_eval.gate import Policy, decide
from prism_eval.gate.output.plans import policy_file, told
from prism_eval.gate.planning import outlook
from prism_eval.gate.policy import make_policy
from tests.gate.sides import mixed, side
from tests.shell import shell


def drawn(seed, images, right, *, kept=0.5, before=None):
    """Outcomes of one benchmark: each as before with a probability, else drawn again."""
    rng = random.Random(seed)
    fresh = ["correct" if rng.random() < right else "wrong" for _ in range(images)]
    return [old if rng.random() < kept else new for old, new in zip(before or fresh, fresh, strict=True)]


def test_it_decides_as_often_as_it_says(tmp_path):
    before = drawn(1, 1200, 0.6)
    first = side(tmp_path / "a", {"chartqa": before})
    (planned,) = outlook(first, Policy())
    power = planned.powers[-1]
    passed = failed = 0
    for seed in range(60):
        same = side(tmp_path / f"same {seed}", {"chartqa": drawn(100 + seed, 1200, 0.6, before=before)})
        # Half of the answers are kept: a loss of six points is twelve in the other half.
        lost = side(tmp_path / f"lost {seed}", {"chartqa": drawn(900 + seed, 1200, 0.48, before=before)})
        passed += decide(first, same).outcome == "PASS"
        failed += decide(first, lost).outcome == "FAIL"
    assert passed / 60 == pytest.approx(power.passes, abs=0.2)
    assert failed / 60 == pytest.approx(power.fails, abs=0.2)
    assert 0.4 < power.passes < 0.95


def test_fewer_images_decide_less(tmp_path):
    first = side(tmp_path / "a", {"chartqa": mixed(1500, 1500)})
    (planned,) = outlook(first, Policy())
    assert [power.images for power in planned.powers] == [50, 100, 200, 500, 1000, 2000, 3000]
    assert [power.shows for power in planned.powers] == sorted((one.shows for one in planned.powers), reverse=True)
    assert planned.powers[0].passes < 0.15 < planned.powers[-1].passes


def test_two_runs_are_measured(tmp_path):
    first = side(tmp_path / "a", {"chartqa": mixed(600, 400)})
    near = side(tmp_path / "b", {"chartqa": ["wrong", *mixed(600, 400)[1:]]})
    alone, pair = outlook(first, Policy())[0], outlook(first, Policy(), like=near)[0]
    assert pair.error < alone.error / 3


@pytest.mark.parametrize("right", [0, 24])
def test_a_baseline_near_an_end_promises_no_more_than_a_gate_keeps(tmp_path, right):
    first = side(tmp_path / "a", {"chartqa": mixed(right, 24 - right), "infovqa": mixed(right, 24 - right)})
    decision = decide(first, first)
    gates = {ruling.benchmark: ruling for ruling in decision.rulings if ruling.shows is not None}
    for name, planned in zip(("", "chartqa", "infovqa"), outlook(first, Policy()), strict=True):
        assert planned.powers[-1].shows == pytest.approx(gates[name].shows, rel=0.1)


def test_one_image_decides_nothing(tmp_path):
    (planned,) = outlook(side(tmp_path / "a", {"chartqa": ["correct"]}), Policy())
    assert (planned.powers[-1].shows, planned.powers[-1].passes) == (1.0, 0.0)


def test_the_suite_comes_first_where_there_are_several(tmp_path):
    first = side(tmp_path / "a", {"chartqa": mixed(60, 40), "infovqa": mixed(60, 40)})
    planned = outlook(first, make_policy({"benchmarks": {"infovqa": {"margin": 5}}}))
    assert [(one.title, one.margin) for one in planned] == [("the suite", 0.01), ("Chartqa", 0.03), ("Infovqa", 0.05)]


def test_without_a_score_nothing_is_planned(tmp_path):
    with pytest.raises(UsageError, match="has no score"):
        outlook(side(tmp_path / "a", {"chartqa": ["failed"]}), Policy())


def test_a_policy_to_begin_with_is_the_default_whatever_benchmarks_are_called(tmp_path):
    first = side(
        tmp_path / "a",
        {"chartqa": mixed(60, 40)},
        benchmarks=[{"name": "chartqa", "title": 'x"\n[suite]\nmargin = 9', "fingerprint": "f", "scorer": "exact"}],
    )
    for outlooks in ((), outlook(first, Policy())):
        assert make_policy(tomllib.loads(policy_file(Policy(), outlooks))) == Policy()


def test_the_plan_and_the_file_from_the_shell(tmp_path):
    from prism_eval import evaluate

    evaluate("oracle", benchmarks="chartqa", data="synthetic", out=tmp_path / "r", store=tmp_path / "s.sqlite")
    done = shell("gate", "--plan", "--baseline", tmp_path / "r")
    assert done.returncode == 0
    assert "would be shown four times of five" in " ".join(done.stdout.split())
    assert "--candidate RUN measures it" in done.stdout
    measured = shell("gate", "--plan", "--baseline", tmp_path / "r", "--candidate", tmp_path / "r", "--format", "json")
    assert '"measured": true' in measured.stdout
    file = tmp_path / "gate.toml"
    assert shell("gate", "init", "--baseline", tmp_path / "r", "-o", file).returncode == 0
    assert "# ChartQA: on these " in file.read_text()
    words = ("gate", "--baseline", tmp_path / "r", "--candidate", tmp_path / "r", "--policy", file)
    assert shell(*words).returncode in (0, 3)
    again = shell("gate", "init", "-o", file)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "is there already" in again.stderr
    assert shell("gate", "--plan").returncode == 2


def test_told_without_a_measurement_says_so(tmp_path):
    first = side(tmp_path / "a", {"chartqa": mixed(60, 40)})
    assert told(outlook(first, Policy()), measured=False).sheet.notes
    assert not told(outlook(first, Policy(), like=first), measured=True).sheet.notes
