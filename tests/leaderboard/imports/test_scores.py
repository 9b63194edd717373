"""Right and wrong, told as lmms-eval's own aggregations tell them."""

from __future__ import annotations

from typing import Any

import pytest

from prism_eval.errors import DataError
from prism_eval.leaderboard.imports.scores import NoScore, score_of


@pytest.mark.parametrize(
    ("gold", "replies", "right"),
    [
        ("3.14159", [3.14, "about 3.14"], True),
        ("1,200", [1200.0], True),
        ("12", ["12"], False),  # lmms-eval has numbers as numbers, and text never equals one
        ("oak", ["a white oak tree"], True),
        ("a", ["banana"], False),
        ("a", ["option a "], True),
        (["oak", "elm"], ["elm"], True),
        ("Oak", ["pine", "oak"], True),
    ],
)
def test_an_open_question_of_mmmu(gold: Any, replies: list[Any], right: bool) -> None:
    value = {"question_type": "open", "answer": gold, "parsed_pred": replies}
    assert score_of("mmmu_val", "mmmu_acc", value) == float(right)


def test_one_right_reply_of_several_is_enough_for_mmmu() -> None:
    value = {"question_type": "multiple-choice", "answer": "B", "parsed_pred": ["A", "B"]}
    assert score_of("mmmu_val", "mmmu_acc", value) == 1


def test_parts_of_a_composite_question_of_mmmu_pro_are_shares() -> None:
    assert score_of("mmmu_pro_composite", "mmmu_acc", {"answer": ["A", "B"], "parsed_pred": ["A", "C"]}) == 0.5


def test_a_value_that_is_not_as_it_should_be_is_told() -> None:
    with pytest.raises(DataError, match="mmmu_acc is not as lmms-eval writes it: 'answer'"):
        score_of("mmmu_val", "mmmu_acc", {"parsed_pred": ["A"]})
    with pytest.raises(DataError, match="mathvision_standard_eval is not as lmms-eval writes it"):
        score_of("mathvision_test", "mathvision_standard_eval", {"scores": []})


def test_charts_that_a_judge_scores_all_together_have_no_score_each() -> None:
    value = {"resp_value": {"response": "4"}, "resp_key": "1", "data": {"answer": "4"}}
    with pytest.raises(NoScore):
        score_of("charxiv_val_reasoning", "reasoning_acc", value)
