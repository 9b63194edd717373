"""The files that ``prism-eval reward init`` writes, loaded as each trainer loads them, and asked by its own code."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import sys
from types import SimpleNamespace

import pytest

from prism_eval.cli import main
from prism_eval.errors import UnknownName
from prism_eval.rewards.loop import close_all
from prism_eval.rewards.trainers.init import READER, trainer_file, trainers
from tests.rewards.reader import COLOUR, DOGS
from tests.server.fault_server import Behaviour
from tests.server.threaded import ThreadedServer

QUESTIONS = [COLOUR, DOGS]


@pytest.fixture
def reader(tmp_path, monkeypatch):
    monkeypatch.setenv("PRISM_EVAL_CACHE", str(tmp_path / "cache"))
    with ThreadedServer(Behaviour()) as running:
        yield f"openai:model?base_url={running.url}"
        close_all()


@pytest.fixture
def written(tmp_path, reader):
    """Writes a trainer's file."""

    def write(trainer):
        path = tmp_path / f"reward_for_{trainer}.py"
        path.write_text(trainer_file(trainer, reader), encoding="utf-8")
        return path

    return write


def loaded(path):
    """The file as a module, the way that EasyR1 and OpenRLHF load theirs."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("trainer", ["trl", "verl", "easyr1", "openrlhf"])
def test_a_file_makes_what_its_trainer_looks_for(written, trainer):
    module = loaded(written(trainer))
    made = {"trl": "reward_funcs", "easyr1": "compute_score", "verl": "compute_score", "openrlhf": "reward_func"}
    assert getattr(module, made[trainer])
    assert inspect.getdoc(module)
    assert module.reward.reader == "openai:model"


def test_easyr1_s_file_scores_a_batch(written):
    module = loaded(written("easyr1"))
    assert (module.REWARD_NAME, module.REWARD_TYPE) == ("caption", "batch")
    (row,) = module.compute_score([{"response": "A car.", "response_length": 3, "ground_truth": QUESTIONS}])
    assert 0 <= row["overall"] <= 1.2


@pytest.mark.parametrize("trainer", trainers())
def test_every_file_is_python_whatever_the_reader_is_called(trainer):
    text = trainer_file(trainer, """openai:it's "one"\\n{reasoner}""")
    compile(text, trainer, "exec")
    assert READER in trainer_file(trainer)


def test_the_command_writes_it_once(tmp_path, monkeypatch, capsys):
    path = tmp_path / "reward.py"
    for code, told in ((0, ""), (2, "is there already")):
        monkeypatch.setattr(sys, "argv", ["prism-eval", "reward", "init", "trl", "-o", str(path)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == code
        assert told in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == trainer_file("trl")
    with pytest.raises(UnknownName, match="known: easyr1, openrlhf, swift, trl, verl"):
        trainer_file("nemo")


def test_verl_loads_and_awaits_its_file(written):
    reward = pytest.importorskip("verl.trainer.ppo.reward", reason="verl is not installed")
    from omegaconf import OmegaConf

    named = {"path": str(written("verl")), "name": "compute_score", "reward_kwargs": {}}
    function = reward.get_custom_reward_fn(OmegaConf.create({"reward": {"custom_reward_function": named}}))
    assert inspect.iscoroutinefunction(function)

    async def step():
        asked = {"data_source": "caprl", "ground_truth": QUESTIONS, "extra_info": {"num_turns": None}}
        return await asyncio.gather(*(function(solution_str=f"Car {number}.", **asked) for number in range(4)))

    rows = asyncio.run(step())
    assert [row.keys() for row in rows] == [rows[0].keys()] * 4
    assert all(0 <= row["score"] <= 1 for row in rows)


def test_swift_registers_and_runs_its_file(written):
    algorithm = pytest.importorskip("swift.rl_core.grpo_algorithm", reason="ms-swift is not installed")
    import torch
    from swift.rewards import orms

    loaded(written("swift"))
    samples = [
        SimpleNamespace(
            messages=[{"role": "user", "content": "Describe."}, {"role": "assistant", "content": f"Car {number}."}],
            to_reward_row=lambda: {"questions": QUESTIONS},
        )
        for number in range(4)
    ]
    for _ in range(2):
        function = orms["caption"](args=None)
        rewards = algorithm.compute_rewards_per_func(samples, [function], None, torch.device("cpu"))
        assert rewards.shape == (4, 1)
        assert ((rewards >= 0) & (rewards <= 1)).all()


def test_openrlhf_loads_and_calls_its_file(written):
    agent = pytest.importorskip("openrlhf.utils.agent", reason="OpenRLHF is not installed")
    executor = agent.SingleTurnAgentExecutor(remote_rm_url=str(written("openrlhf")))
    prompt = "<|im_start|>user\nDescribe.<|im_end|>\n<|im_start|>assistant\n"
    import json

    fetching = executor._fetch_rewards_via_func([f"{prompt}A car.<|im_end|>"], [prompt], [json.dumps(QUESTIONS)])
    (given,) = asyncio.run(fetching)
    import torch

    assert 0 <= torch.tensor([given["rewards"]]).item() <= 1
    assert {name: torch.tensor([value]).numel() for name, value in given["extra_logs"].items()}["failed"] == 1
