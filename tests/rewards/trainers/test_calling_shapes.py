"""Each trainer's adapter, called as the trainer calls it.

The calls are those of verl 0.9.1 (``reward_loop/reward_manager/naive.py``), ms-swift 4.6.0
(``rl_core/grpo_algorithm.py``), OpenRLHF 0.11.2 (``utils/agent.py``) and EasyR1 at 46c6c210
(``verl/workers/reward/function.py``).
"""

from __future__ import annotations

import asyncio
import inspect
import json

import pytest

from prism_eval.errors import DataError, PermanentError, RunError, UsageError
from prism_eval.rewards import CaptionReward, LengthTerm
from prism_eval.rewards.loop import close_all
from prism_eval.rewards.trainers import easyr1, openrlhf, swift, trl, verl
from tests.rewards.reader import COLOUR, DOGS, Scripted, finds

QUESTIONS = [COLOUR, DOGS]
GOOD, HALF, LOST = "The car is blue and there are three dogs.", "The car is blue .", "The car is lost."
BLUE = json.dumps(QUESTIONS)


def says(caption, item):
    return PermanentError("the server is gone") if "lost" in caption.text else finds(caption, item)


@pytest.fixture
def make(tmp_path):
    """Makes rewards, which are closed with the loops they are put into."""
    readers = []

    def reward(answer=says, **settings):
        readers.append(Scripted(says=answer))
        return CaptionReward(readers[-1], store=tmp_path / "store.sqlite", **settings)

    reward.readers = readers
    yield reward
    close_all()


def chat(text):
    return [{"role": "assistant", "content": text}]


class AsyncORM:
    """As ms-swift has it."""

    def __init__(self, args=None, **_):
        self.args = args

    async def __call__(self, **_):
        raise NotImplementedError


async def ask_trl(functions, completions, **columns):
    """As TRL's trainer gathers its async functions."""
    ids = [[0] * len(str(one)) for one in completions]
    asked = {"prompts": ["Describe."] * len(completions), "completions": completions, "completion_ids": ids, **columns}
    for function in functions:
        assert inspect.iscoroutinefunction(function.__call__)
    return await asyncio.gather(*(function(**asked, trainer_state=None) for function in functions))


@pytest.mark.parametrize("form", [str, chat])
async def test_trl_gets_a_value_or_none(make, form):
    (function,) = trl.reward_funcs(make())
    completions = [form(text) for text in (GOOD, HALF, LOST)]
    tables, metrics = {}, {}
    given = await ask_trl(
        [function],
        completions,
        questions=[QUESTIONS, BLUE, QUESTIONS],
        log_extra=tables.__setitem__,
        log_metric=metrics.__setitem__,
    )
    assert given == [[1.0, 0.5, None]]
    assert tables["accuracy"] == [1.0, 0.5, None]
    assert "8 of 8 asks failed" in tables["problem"][2]
    assert (metrics["caption/failed"], metrics["caption/unscored"]) == (8 / 24, 1 / 3)
    assert function.__name__ == "caption_reward"
    function.close()


async def test_trl_s_components_stand_apart_are_asked_once_and_are_none_together(make):
    reward = make(length=LengthTerm(full=10, zero=60))
    functions = trl.reward_funcs(reward, apart=True)
    given = await ask_trl(functions, [GOOD, HALF, LOST, "Nothing."], questions=[QUESTIONS] * 4)
    assert given[0] == [1.0, 0.5, None, 0.0]
    # By the policy's own tokens, which TRL counts.
    assert given[1] == [pytest.approx((60 - len(GOOD)) / 50), pytest.approx((60 - len(HALF)) / 50), None, 0.0]
    assert len(make.readers[0].asked) == 4 * 8
    assert [one.__name__ for one in functions] == ["caption_accuracy", "caption_length"]
    # The next step's list is another, though it may say the same.
    assert (await ask_trl(functions, [GOOD], questions=[QUESTIONS]))[0] == [1.0]
    functions[0].close()


async def test_trl_is_told_of_a_column_that_is_not_there(make):
    (function,) = trl.reward_funcs(make(), questions="qa")
    with pytest.raises(UsageError, match="no column 'qa' of questions; it has: prompts, questions"):
        await ask_trl([function], [GOOD], questions=[QUESTIONS])
    with pytest.raises(UsageError, match="no length term"):
        trl.reward_funcs(make(), apart=True)


KEYS = {"score", "accuracy", "length_term", "asks", "abstained", "unparsed", "failed", "missing"}


async def test_verl_gets_equal_keys_in_every_sample(make):
    function = verl.compute_score(make(), missing=-1.0)
    assert inspect.iscoroutinefunction(function)
    rows = [
        await function(data_source="caprl", solution_str=text, ground_truth=asked, extra_info={"index": 3})
        for text, asked in ((GOOD, QUESTIONS), ("", QUESTIONS), (LOST, QUESTIONS), (GOOD, []))
    ]
    assert [row.keys() for row in rows] == [KEYS] * 4
    assert all(isinstance(value, float) for row in rows for value in row.values())
    assert [row["score"] for row in rows] == [1.0, 0.0, -1.0, -1.0]
    assert [row["missing"] for row in rows] == [0.0, 0.0, 1.0, 1.0]


async def test_verl_stops_where_nothing_stands_for_a_missing_reward(make):
    function = verl.compute_score(make())
    assert (await function(solution_str=HALF, ground_truth=QUESTIONS))["score"] == 0.5
    with pytest.raises(RunError, match=r"the server is gone.*give missing= a number"):
        await function(solution_str=LOST, ground_truth=QUESTIONS)


async def test_what_failed_once_is_asked_again_before_anything_is_missing(make):
    left = [1]

    def flaky(caption, item):
        return PermanentError("a hiccup") if left and left.pop() else finds(caption, item)

    function = verl.compute_score(make(flaky))
    row = await function(solution_str=GOOD, ground_truth=QUESTIONS)
    assert (row["score"], row["failed"]) == (1.0, 0.0)


def test_swift_gets_a_value_or_none_in_a_new_loop_at_every_step(make):
    made = swift.orm(AsyncORM, make())(args="config")
    assert made.args == "config"
    assert asyncio.iscoroutinefunction(made.__call__)

    async def step():
        return await asyncio.gather(made([GOOD, HALF, LOST], questions=[QUESTIONS] * 3, trainer_state=None))

    assert asyncio.run(step()) == asyncio.run(step()) == [[1.0, 0.5, None]]
    with pytest.raises(UsageError, match="no column 'questions'"):
        asyncio.run(made([GOOD], trainer_state=None))


def test_easyr1_gets_a_row_for_each_with_overall_in_it(make):
    function = easyr1.batch_function(make(length=LengthTerm()), missing=0.25)
    assert not inspect.iscoroutinefunction(function)
    given = [{"response": text, "response_length": 2560, "ground_truth": BLUE} for text in (GOOD, HALF, LOST)]
    rows = function(given, some_setting=1)
    assert [row["overall"] for row in rows] == [1.1, 0.6, 0.25]
    assert [row.keys() for row in rows] == [KEYS - {"score"} | {"overall"}] * 3


def test_openrlhf_gets_lists_of_its_one_sample(make):
    function = openrlhf.reward_func(make())
    prompt = "<|im_start|>user\n<image>Describe.<|im_end|>\n<|im_start|>assistant\n"
    given = function([f"{prompt}{HALF}<|im_end|>"], [prompt], [BLUE])
    assert given["rewards"] == given["scores"] == [0.5]
    assert given["extra_logs"]["abstained"] == [4.0]
    with pytest.raises(RunError):
        function([prompt + LOST], [prompt], [BLUE])


def test_a_batch_whose_questions_are_all_bad_stops_every_trainer(make):
    given = [{"response": GOOD, "response_length": 9, "ground_truth": "cat"}] * 2
    with pytest.raises(DataError, match="are no JSON"):
        easyr1.batch_function(make(), missing=0.0)(given)
