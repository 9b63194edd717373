"""What an engine in a cluster may be given; nothing here needs one."""

from __future__ import annotations

from pathlib import Path

import pytest

from prism_eval.engines.openai import OpenAIEngine
from prism_eval.engines.ray.engine import RayEngine
from prism_eval.engines.vllm.engine import VLLMEngine
from prism_eval.errors import UsageError
from tests.engines.ray.counting import Counting


def over(engine, **options) -> RayEngine:
    return RayEngine(engine=engine, model=f"{engine.name}:{engine.model}", **options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"replicas": 0}, "replicas must be 1 or more, not 0"),
        ({"gpus": -1.0}, "gpus must be 0 or more"),
        ({"cpus": float("nan")}, "cpus must be 0 or more"),
        ({"resources": {"A100": -2}}, "A100 must be 0 or more"),
    ],
)
def test_numbers_that_will_not_do(options: dict, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        over(Counting(model="m"), **options)


def test_an_engine_that_asks_a_server_has_no_place_in_a_cluster() -> None:
    with pytest.raises(UsageError, match="openai asks a server: leave out ray:"):
        over(OpenAIEngine(model="m", base_url="http://127.0.0.1:1/v1"))
    with pytest.raises(UsageError, match="leave out ray:"):
        over(over(Counting(model="m")))


def test_a_model_over_several_gpus_takes_as_many(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "qwen2"}')
    engine = VLLMEngine(model=str(tmp_path), tensor_parallel_size=4, data_parallel_size=2)
    assert over(engine)._wanted().devices == 8
    assert over(engine, gpus=0.0).gpus == 0, "vLLM has a build for processors"
    with pytest.raises(UsageError, match=r"gpus=4 is too few for vllm:.*, which is spread over 8"):
        over(engine, gpus=4.0)


def test_where_it_runs_is_no_part_of_what_it_is() -> None:
    inside = Counting(model="m", salt="s", concurrency=5)
    one = over(inside, replicas=4, cpus=2.0, address="auto")
    assert (one.identity, one.identity_digest) == (inside.identity, inside.identity_digest)
    assert (one.replicas, one.concurrency, one.address) == (4, 5, "auto")
    assert one.lane != over(inside, replicas=3, cpus=2.0, address="auto").lane
