"""Two steps of TRL's own GRPO with a tiny model, scored by the real reader behind a real server."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from prism_eval.rewards import CaptionReward, LengthTerm, Rollout
from prism_eval.rewards.loop import OwnLoop
from prism_eval.rewards.trainers.trl import RewardFunction, Shared, reward_funcs
from tests.engines.transformers.tiny import text_model
from tests.rewards.reader import COLOUR, DOGS
from tests.server.fault_server import Behaviour
from tests.server.threaded import ThreadedServer

pytest.importorskip("trl", reason="TRL is not installed: tox -e trainers installs it")

# What torch, TRL and its data sets warn of among themselves is not ours.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return text_model(tmp_path_factory.mktemp("policy"))


def rows(form):
    from datasets import Dataset

    prompt = [{"role": "user", "content": "Describe."}] if form == "chat" else "Describe this image."
    return Dataset.from_list([{"prompt": prompt, "questions": [COLOUR, DOGS]}] * 4)


def trained(model, functions, folder, form="chat", **settings):
    """The log of two steps, and the trainer."""
    from trl import GRPOConfig, GRPOTrainer

    config = GRPOConfig(
        output_dir=str(folder),
        max_steps=2,
        per_device_train_batch_size=4,
        num_generations=4,
        max_completion_length=12,
        use_cpu=True,
        report_to=[],
        logging_steps=1,
        save_strategy="no",
        disable_tqdm=True,
        bf16=False,
        seed=1,
        **settings,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = GRPOTrainer(str(model), reward_funcs=functions, args=config, train_dataset=rows(form))
        trainer.train()
    return [step for step in trainer.state.log_history if "reward" in step], trainer


@pytest.mark.parametrize("form", ["chat", "text"])
def test_two_steps_are_trained_by_the_reader(model, tmp_path, form):
    with ThreadedServer(Behaviour()) as running:
        reward = CaptionReward(f"openai:model?base_url={running.url}", store=tmp_path / "store.sqlite")
        functions = reward_funcs(reward)
        steps, trainer = trained(model, functions, tmp_path / "out", form)
        asked = [body["messages"][-1]["content"] for body in running.server.bodies]
        functions[0].close()
    assert [step["step"] for step in steps] == [1, 2]
    for step in steps:
        assert 0 <= step["rewards/caption_reward/mean"] <= 1
        assert step["caption/failed"] == 0
        assert step["loss"] == step["loss"]
    # Eight questions on each caption that differs from the others, none of them twice.
    assert 8 < len(asked) <= 2 * 4 * 8
    assert all("What colour is the car?" in one or "How many dogs" in one for one in asked)
    assert set(trainer._logs["extra"]["outcomes"][0].split()) <= {"correct", "wrong", "unparsed", "abstained"}


def test_components_stand_apart_with_weights_of_their_own(model, tmp_path):
    with ThreadedServer(Behaviour()) as running:
        spec = f"openai:model?base_url={running.url}"
        reward = CaptionReward(spec, store=tmp_path / "store.sqlite", length=LengthTerm(full=4, zero=13))
        functions = reward_funcs(reward, apart=True)
        steps, _ = trained(model, functions, tmp_path / "out", reward_weights=[1.0, 0.2])
        functions[0].close()
    for step in steps:
        accuracy, length = (step[f"rewards/caption_{part}/mean"] for part in ("accuracy", "length"))
        assert step["reward"] == pytest.approx(accuracy + 0.2 * length)
        assert 0 < length < 1


def test_while_the_reader_is_away_nothing_is_learnt(model, tmp_path):
    from transformers import AutoModelForCausalLM

    with ThreadedServer(Behaviour()) as running:
        spec = f"openai:model?base_url={running.url}"
        source = OwnLoop(CaptionReward(spec, store=tmp_path / "store.sqlite", patience=0.2))
        source.score_all_now([Rollout(caption="A blue car.", questions=[COLOUR])])
        function = RewardFunction(Shared(source, "questions", ""), "value", "caption_reward")
        running.go_away()
        # A step that high would not go unseen.
        steps, trainer = trained(model, [function], tmp_path / "out", learning_rate=0.1)
        function.close()
    assert [step["caption/unscored"] for step in steps] == [1.0, 1.0]
    assert [step["grad_norm"] for step in steps] == [0.0, 0.0]
    before = AutoModelForCausalLM.from_pretrained(str(model)).state_dict()
    after = trainer.model.state_dict()
    assert all((after[name].cpu() == weights).all() for name, weights in before.items())


def test_the_same_step_with_the_reader_there_is_learnt_from(model, tmp_path):
    with ThreadedServer(Behaviour()) as running:
        reward = CaptionReward(f"openai:model?base_url={running.url}", store=tmp_path / "store.sqlite")
        functions = reward_funcs(reward)
        steps, _ = trained(model, functions, tmp_path / "out", learning_rate=0.1)
        functions[0].close()
    assert max(step["grad_norm"] for step in steps) > 0
