"""A GGUF file to a server of llama.cpp in this process."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prism_eval.engines.http import one_line
from prism_eval.engines.llamacpp.threads import idle_cores
from prism_eval.errors import FatalError

_NOTHING, _ERRORS = 0, 1
"""How much llama.cpp writes to the terminal."""
_REASON = re.compile(r"^[\d.]+ E .*?: (?:error loading model: )?(.+)$", re.MULTILINE)
_TRIES_AGAIN = (
    "import sys, xllamacpp as x; p = x.CommonParams(); p.model.path, p.mmproj.path = sys.argv[1:3]; "
    "p.n_ctx = int(sys.argv[3]); p.verbosity = 1; x.Server(p)"
)
_PATIENCE = 600.0


@dataclass(frozen=True)
class Wanted:
    """Which model, and how: engines that want the same share one.

    Attributes:
        model: Its file.
        mmproj: The file of what makes images into its tokens; empty for none.
        context: The tokens that each request and its reply may have.
        batch_size: How many are worked on at once.
        threads: The most threads; ``None`` for as many as there are idle cores.
        gpu_layers: Layers that a GPU computes; ``None`` for as many as it holds.
    """

    model: Path
    mmproj: Path | None
    context: int
    batch_size: int
    threads: int | None
    gpu_layers: int | None


@dataclass(eq=False)
class Loaded:
    """A model in memory.

    Attributes:
        server: llama.cpp's server; held here alone.
        address: Where it listens, on this machine alone.
        key: What it wants to hear from whoever asks: other users of the machine must not.
        threads: How many compute.
    """

    server: Any = field(repr=False)
    address: str
    key: str = field(repr=False)
    threads: int

    def stop(self) -> None:
        """End the server and free the memory; blocks until that is done."""
        self.server = None


def load(wanted: Wanted, taken: int) -> Loaded:
    """Load a model; blocks until it is there.

    Args:
        wanted: The model.
        taken: Threads that compute other models of this process now and then.

    Raises:
        FatalError: llama.cpp cannot load it; the message says why.
    """
    import xllamacpp

    idle = max(1, idle_cores() - taken)
    threads = idle if wanted.threads is None else min(wanted.threads, idle)
    key = secrets.token_urlsafe()
    params = _params(wanted, threads)
    params.api_keys = [key]
    try:
        server = xllamacpp.Server(params)
    except RuntimeError:
        raise FatalError(f"{wanted.model.name}: llama.cpp cannot load it: {_why(wanted)}") from None
    return Loaded(server, server.listening_address, key, threads)


def _params(wanted: Wanted, threads: int) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(wanted.model)
    params.mmproj.path = str(wanted.mmproj or "")
    params.n_ctx = wanted.context * wanted.batch_size
    params.n_parallel = wanted.batch_size
    params.n_threads_http = wanted.batch_size + 4
    params.n_gpu_layers = -1 if wanted.gpu_layers is None else wanted.gpu_layers
    for part in (params.cpuparams, params.cpuparams_batch):
        part.n_threads = threads
    params.verbosity = _NOTHING
    # Texts come as the model wrote them, thoughts included, as other engines give them.
    params.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    params.force_pure_content_parser = True
    # Of a text that a slot has let go a copy would stay in memory, up to eight gigabytes of them.
    params.cache_ram_mib = 0
    params.ui = params.endpoint_slots = params.warmup = False
    _neutral(params.sampling)
    return params


def _neutral(sampling: Any) -> None:
    """Turn off what llama.cpp does where a request says nothing: 40 tokens, 0.95 of the mass, a least probability."""
    sampling.temp, sampling.top_k, sampling.top_p, sampling.min_p = 1.0, 0, 1.0, 0.0
    sampling.penalty_repeat = 1.0


def _why(wanted: Wanted) -> str:
    """llama.cpp's own reason, which it tells the terminal only: another process hears it."""
    words = [_TRIES_AGAIN, str(wanted.model), str(wanted.mmproj or ""), str(wanted.context)]
    try:
        # -P: a file in the user's folder must not stand in a package's place.
        tried = subprocess.run(
            [sys.executable, "-P", "-c", *words], capture_output=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "no reason given"
    said = _REASON.search(tried.stderr.decode("utf-8", "replace"))
    return one_line(said[1]) if said else "no reason given; is there enough memory?"
