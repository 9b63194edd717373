"""What an error in the model's thread means for the request that it befell."""

from __future__ import annotations

from prism_eval.engines.http import one_line
from prism_eval.engines.transformers.loading import Loaded
from prism_eval.engines.transformers.memory import lacks_memory
from prism_eval.errors import CallError, Cause, FatalError, PermanentError


def told(error: Exception, loaded: Loaded) -> CallError:
    """The error as the one who asked is told it."""
    if isinstance(error, CallError):
        return error
    said = one_line(str(error)) or type(error).__name__
    if lacks_memory(error):
        ran_out = f"{loaded.name}: memory of {loaded.device} ran out with this request alone: {said}"
        return PermanentError(ran_out, cause=Cause.INFRASTRUCTURE)
    # After one of CUDA's own errors nothing more can be computed in this process.
    if type(error).__name__ == "AcceleratorError":
        return FatalError(f"{loaded.name}: {loaded.device} failed: {said}")
    return PermanentError(f"{loaded.name}: {type(error).__name__}: {said}")
