"""What a gate decides."""

import pytest

from prism_eval.errors import UsageError
from prism_eval.gate import Policy, decide
from prism_eval.gate.policy import make_policy
from prism_eval.gate.side import side_of_run
from tests.gate.sides import mixed, run, side


def one(tmp_path, before, after, policy=None):
    """A decision on one benchmark."""
    return decide(side(tmp_path / "a", {"chartqa": before}), side(tmp_path / "b", {"chartqa": after}), policy)


def ruling(decision, name, benchmark=""):
    (found,) = [one for one in decision.rulings if (one.name, one.benchmark) == (name, benchmark)]
    return found


def test_equal_on_many_images_passes(tmp_path):
    decision = one(tmp_path, mixed(600, 400), mixed(600, 400))
    assert decision.outcome == "PASS"
    assert "a loss of 3.0 is ruled out" in decision.says


def test_a_loss_beyond_the_margin_fails(tmp_path):
    decision = one(tmp_path, mixed(600, 400), mixed(500, 500))
    assert decision.outcome == "FAIL"
    assert "-10.0" in decision.says
    assert "a loss of more than 3.0" in decision.says


def test_few_images_cannot_tell_and_say_what_they_could_have(tmp_path):
    decision = one(tmp_path, mixed(12, 8), mixed(12, 8))
    assert decision.outcome == "INCONCLUSIVE"
    found = ruling(decision, "benchmark", "chartqa")
    assert found.shows > 0.03
    assert found.images > 20
    assert "images would decide" in decision.says


def test_a_gain_is_no_loss(tmp_path):
    assert one(tmp_path, mixed(500, 500), mixed(600, 400)).outcome == "PASS"


def test_one_image_decides_nothing(tmp_path):
    assert one(tmp_path, ["correct"], ["wrong"]).outcome == "INCONCLUSIVE"


def test_a_single_benchmark_is_no_suite_beside(tmp_path):
    decision = one(tmp_path, mixed(60, 40), mixed(60, 40))
    assert [found.name for found in decision.rulings if found.difference] == ["benchmark"]
    assert ruling(decision, "benchmark", "chartqa").tier == "critical"


def test_a_benchmark_that_the_candidate_was_not_asked_fails(tmp_path):
    first = side(tmp_path / "a", {"chartqa": mixed(600, 400), "infovqa": mixed(600, 400)})
    second = side(tmp_path / "b", {"chartqa": mixed(600, 400)})
    decision = decide(first, second)
    assert decision.outcome == "FAIL"
    assert decision.says == "the candidate was not asked Infovqa"
    told = decide(first, second, make_policy({"benchmarks": {"infovqa": {"tier": "advisory"}}}))
    assert told.outcome == "PASS"


def test_another_benchmark_of_the_candidate_is_no_matter(tmp_path):
    first = side(tmp_path / "a", {"chartqa": mixed(600, 400)})
    second = side(tmp_path / "b", {"chartqa": mixed(600, 400), "infovqa": mixed(0, 400)})
    assert decide(first, second).outcome == "PASS"


@pytest.mark.parametrize("failed", [11, 300])
def test_failures_never_pass(tmp_path, failed):
    decision = one(tmp_path, mixed(600, 400), ["failed"] * failed + mixed(1000 - failed, 0))
    assert decision.outcome == "FAIL"
    assert ruling(decision, "failed").outcome == "FAIL"
    assert ruling(decision, "benchmark", "chartqa").outcome == "INCONCLUSIVE"


def test_what_is_not_there_was_not_measured_either(tmp_path):
    assert one(tmp_path, mixed(600, 400), mixed(600, 300)).outcome == "FAIL"


def test_a_baseline_that_failed_is_no_baseline(tmp_path):
    with pytest.raises(UsageError, match="make it again"):
        one(tmp_path, ["failed"] * 30 + mixed(970, 0), mixed(1000, 0))


def test_a_supporting_benchmark_that_fails_is_to_be_looked_at(tmp_path):
    first = side(tmp_path / "a", {"chartqa": mixed(600, 400), "infovqa": mixed(600, 400)})
    second = side(tmp_path / "b", {"chartqa": mixed(700, 300), "infovqa": mixed(510, 490)})
    decision = decide(first, second)
    assert ruling(decision, "suite").outcome == "PASS"
    assert ruling(decision, "benchmark", "infovqa").outcome == "FAIL"
    assert decision.outcome == "INCONCLUSIVE"
    critical = make_policy({"benchmarks": {"infovqa": {"tier": "critical"}}})
    assert decide(first, second, critical).outcome == "FAIL"


def test_critical_benchmarks_that_fail_are_one_family(tmp_path):
    # Alone each is under one in twenty, and twelve of them together are not.
    names = [f"benchmark{number}" for number in range(12)]
    lost = {name: mixed(100, 100) for name in names}
    before = {name: mixed(108, 92) if name == "benchmark0" else mixed(100, 100) for name in names}
    policy = {"benchmark": {"tier": "critical", "margin": 1.0}, "suite": {"tier": "advisory"}}
    first, second = side(tmp_path / "a", before), side(tmp_path / "b", lost)
    alone = one(
        tmp_path / "alone", before["benchmark0"], lost["benchmark0"], make_policy({"benchmark": {"margin": 1.0}})
    )
    assert alone.outcome == "FAIL"
    assert ruling(decide(first, second, make_policy(policy)), "benchmark", "benchmark0").outcome == "INCONCLUSIVE"


def test_limits_let_pass_what_the_baseline_does_too(tmp_path):
    same = ["unparsed"] * 200 + mixed(800, 0)
    assert one(tmp_path / "same", same, same).outcome == "PASS"
    worse = ["unparsed"] * 201 + mixed(799, 0)
    decision = one(tmp_path / "worse", same, worse)
    assert ruling(decision, "unparsed").outcome == "FAIL"
    assert ruling(decision, "unparsed").says == "answers no rule can read: 20.1 % of at most 10 %"


def test_captions_that_grow_beyond_the_limit_fail(tmp_path):
    policy = make_policy({"limits": {"length_growth": 50}})
    before = run(tmp_path / "a", {"chartqa": mixed(1000, 0)}, given=lambda name, place: {"caption": "two words"})
    after = run(tmp_path / "b", {"chartqa": mixed(1000, 0)}, given=lambda name, place: {"caption": "four words " * 2})
    decision = decide(side_of_run(before), side_of_run(after), policy)
    assert ruling(decision, "length_growth").outcome == "FAIL"
    assert ruling(decision, "length_growth").says == "captions longer: +100 % of at most +50 %"
    assert decide(side_of_run(before), side_of_run(after)).outcome == "PASS"


def test_a_cost_that_nobody_knows_is_no_pass(tmp_path):
    decision = one(tmp_path, mixed(1000, 0), mixed(1000, 0), make_policy({"limits": {"cost_growth": 10}}))
    assert decision.outcome == "INCONCLUSIVE"
    assert decision.says == "captions dearer: not known of both"


SHARES = ("failed", "unparsed", "refused", "truncated", "empty", "cut")


@pytest.mark.parametrize("limits", [{"tier": "advisory"}, dict.fromkeys(SHARES, 100)], ids=["advisory", "of 100 %"])
def test_a_policy_that_lets_everything_through_is_refused(tmp_path, limits):
    policy = make_policy({"suite": {"tier": "advisory"}, "limits": limits})
    with pytest.raises(UsageError, match="has no critical rule"):
        one(tmp_path, mixed(10, 0), mixed(10, 0), policy)


def test_a_benchmark_that_neither_has_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"unknown benchmark in gate.toml 'chartqaa'; did you mean 'chartqa'"):
        decide(
            side(tmp_path / "a", {"chartqa": ["correct"]}),
            side(tmp_path / "b", {"chartqa": ["correct"]}),
            make_policy({"benchmarks": {"chartqaa": {"margin": 1.0}}}),
            where="gate.toml",
        )


def test_the_default_is_one_point_of_the_suite():
    assert (Policy().suite.margin, Policy().suite.tier, Policy().benchmark.tier) == (1.0, "critical", "supporting")
