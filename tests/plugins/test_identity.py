from dataclasses import dataclass

import pytest

from prism_eval import Captioner, added, plugins, runtime
from prism_eval.captioners.prompted import PromptedCaptioner
from prism_eval.errors import MissingExtra
from prism_eval.judges.prompted import PromptedJudge
from prism_eval.plan.plan import _RUNTIME as PLAN_RUNTIME
from prism_eval.plan.plan import Plan
from prism_eval.plugins.identity import canonical_json, digest_of
from prism_eval.reasoners.prompted import PromptedReasoner
from prism_eval.reasoners.ranking import RankingReasoner
from prism_eval.schema import Caption

CLASSED = {
    "blind": (set(), set()),
    "budget": ({"parts", "words"}, set()),
    "file": (set(), {"model"}),  # the captions themselves are its identity, not their path
    "merge": ({"parts", "order"}, set()),
    "direct": ({"parts", "choice_prompt", "short_prompt", "system", "abstain"}, set()),
    "mismatched": ({"parts"}, set()),
    "ocr": ({"min_confidence", "max_pixels"}, {"workers"}),
    "oracle": ({"recall", "hallucination", "seed"}, set()),
    "suffix": ({"parts", "text"}, set()),
    "specific": ({"parts", "ask_prompt", "reader", "reader_sampling"}, set()),
    "lexical": ({"min_evidence"}, set()),
    "openai": (
        {"model", "revision", "extra_body", "limit_name", "max_pixels", "image_format", "structured"},
        {"base_url", "api_key_env", "timeout", "concurrency", "check_model"},
    ),
    "llamacpp": (
        {"model", "mmproj", "max_context", "max_pixels"},
        {"batch_size", "threads", "gpu_layers", "concurrency"},
    ),
    "ray": ({"model", "engine"}, {"concurrency", "replicas", "gpus", "cpus", "resources", "address"}),
    "transformers": ({"model", "revision", "dtype", "max_pixels"}, {"device", "batch_size", "concurrency"}),
    "vllm": (
        {"model", "revision", "dtype", "max_model_len", "max_pixels", "chat_template_kwargs", "engine_args"},
        {
            *("serve", "tensor_parallel_size", "data_parallel_size", "gpu_memory_utilization", "enforce_eager"),
            *("enable_prefix_caching", "logs", "concurrency"),
        },
    ),
}


def _fields(cls):
    every, hidden = set(plugins.settable(cls)), plugins.runtime_fields(cls)
    return every - hidden, hidden


@pytest.mark.parametrize("kind", ["captioner", "reasoner", "engine"])
def test_every_field_of_every_plugin_is_classed_as_identity_or_runtime(kind):
    ours = [name for name, point in plugins.entry_points(kind).items() if point.dist.name == "prism-eval"]
    assert ours
    for name in ours:
        try:
            cls = plugins.load(kind, name)
        except MissingExtra:
            continue
        assert _fields(cls) == CLASSED[name], f"class the new field of {name!r} here: may it change the output?"


def test_prompted_plugins_have_only_identity():
    assert _fields(PromptedCaptioner) == ({"engine", "prompt", "sampling", "per_question"}, set())
    prompts = {"engine", "choice_prompt", "short_prompt", "system", "no_caption", "abstain", "stored", "through"}
    prompts |= {"fence"}
    assert _fields(PromptedReasoner) == (prompts | {"sampling"}, set())
    ranking = {"rank_prompt", "prior_prompt", "prior", "marker"}
    assert _fields(RankingReasoner) == (prompts | ranking | {"sampling"}, set())
    assert _fields(PromptedJudge) == ({"engine", "prompt"} | {"sampling"}, set())


def test_every_key_of_the_plan_is_classed():
    identity = {"captioners", "reasoner", "benchmarks", "data", "protocol", "edition", "samples", "limit", "seed"}
    identity |= {
        "orders",
        "rotate",
        "judge",
        "math_limit",
        "first",
        "until_decided",
        "baseline",
        "margin",
        "looks",
        "shard",
    }
    assert set(Plan.model_fields) - PLAN_RUNTIME == identity
    assert {
        "concurrency",
        "attempts",
        "patience",
        "math_workers",
        "allow_missing",
        "memory",
        "thumbnails",
    } == PLAN_RUNTIME


@dataclass(kw_only=True)
class Echo(Captioner):
    word: str = "hello"
    patience: float = runtime(1.0)

    async def caption(self, images, *, sample, question=None):
        return Caption(self.word)


@dataclass(kw_only=True)
class Accented(Echo):
    accent: str = added("none")


def test_a_field_that_came_later_counts_only_where_it_is_not_at_its_default():
    @dataclass(kw_only=True)
    class Before(Echo):
        name = "accented"

    assert Accented().identity_digest == Before().identity_digest
    assert Accented(accent="soft").identity["accent"] == "soft"


def test_runtime_fields_leave_the_identity_alone():
    assert Echo(patience=2).identity == Echo(patience=3).identity
    assert Echo(word="a").identity != Echo(word="b").identity
    assert Echo().identity["plugin"] == "echo"


def test_canonical_json_ignores_order_and_refuses_nan():
    assert canonical_json({"b": 1, "a": [1, "é"]}) == '{"a":[1,"é"],"b":1}'
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    with pytest.raises(ValueError):
        canonical_json(float("nan"))
