"""What goes over the wire, in each form."""

from __future__ import annotations

import json

import pytest

from prism_eval.errors import DataError
from prism_eval.rewards import Reward
from prism_eval.rewards.serving.wire import read_own, read_theirs, written
from tests.rewards.reader import COLOUR

PAIRS = [["What colour is the car?\n   - A) red\n   - B) blue", "B"]]
PROMPT = "<|im_start|>user\nDescribe.<|im_end|>\n<|im_start|>assistant\n"


def test_one_route_tells_caprl_s_body_from_openrlhf_s_by_its_query():
    caprl = read_theirs({"prompts": [["A car.", PAIRS], ["", PAIRS]], "query": [], "labels": []})
    assert (caprl.form, [one.caption for one in caprl.rollouts]) == ("caprl", ["A car.", ""])
    theirs = read_theirs(
        {"query": [f"{PROMPT}A car.<|im_end|>"], "prompts": [PROMPT], "labels": [json.dumps([COLOUR])]}
    )
    assert (theirs.form, theirs.rollouts[0].caption) == ("openrlhf", "A car.<|im_end|>")
    # What OpenRLHF sends to the servers that have no part in a batch of one.
    assert read_theirs({"query": [], "prompts": [], "labels": []}).rollouts == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "neither CapRL's"),
        ([], "neither CapRL's"),
        ({"prompts": ["A car."], "query": []}, r"prompts\[0\] is no pair"),
        ({"score_mode": "vl_judge", "samples": []}, "score_mode 'vl_judge' is not served"),
        ({"query": ["a"], "prompts": [], "labels": []}, "1, 0 and 0 elements"),
        ({"query": ["a"], "prompts": ["b"], "labels": ["[]"]}, "where the caption begins"),
    ],
)
def test_what_is_neither_is_told(body, told):
    with pytest.raises(DataError, match=told):
        read_theirs(body)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"captions": []}, "the body is no request"),
        ({"rollouts": [{"caption": "A car."}]}, r"rollouts\[0\] has no caption"),
        ({"rollouts": [{"caption": "A", "questions": [], "tokens": -1}]}, r"rollouts\[0\]: image is a text"),
        ({"rollouts": [{"caption": "A", "questions": [], "image": 7}]}, r"rollouts\[0\]: image is a text"),
    ],
)
def test_what_is_none_of_ours_is_told(body, told):
    with pytest.raises(DataError, match=told):
        read_own(body)


def test_replies_have_the_shape_that_each_asks_for():
    rewards = [Reward(value=1.2, accuracy=1.0, length_term=1.0), Reward(value=0.0, accuracy=0.0)]
    caprl = read_theirs({"prompts": [["A car.", PAIRS]] * 2, "query": []})
    assert written(caprl, rewards) == {"rewards": [1.2, 0.0], "qa_rewards": [1.0, 0.0]}
    theirs = read_theirs({"query": [f"{PROMPT}A car."] * 2, "prompts": [PROMPT] * 2, "labels": ["[]"] * 2})
    given = written(theirs, rewards)
    assert given["rewards"] == given["scores"] == [1.2, 0.0]
    assert all(len(column) == 2 for column in given["extra_logs"].values())
    own = read_own({"rollouts": [{"caption": "A car.", "questions": [COLOUR], "tokens": 3, "image": "1.png"}]})
    missing = Reward(value=None, accuracy=None, problem="gone")
    assert written(own, [missing])["rewards"][0]["value"] is None
