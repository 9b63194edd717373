"""Waiting for a replica's reply, and what it means that there is none."""

from __future__ import annotations

import asyncio
from typing import Any

from prism_eval.engines.http import one_line
from prism_eval.errors import CallError, PermanentError, TransientError


class Lost(Exception):
    """The replica is gone, or cannot be reached: what it was asked is to be asked elsewhere."""


async def reply_to(reference: Any) -> Any:
    """What a call to an actor came to.

    Raises:
        Lost: Its actor died or cannot be reached.
        CallError: Ray could not bring the call there or its reply back.
    """
    import ray
    from ray.exceptions import RayError

    try:
        # Not the reference itself: it would wake a loop that was closed meanwhile.
        return await asyncio.wrap_future(reference.future())
    except asyncio.CancelledError:
        ray.cancel(reference)
        raise
    except RayError as error:
        raise _meaning(error) from None


def _meaning(error: Exception) -> Lost | CallError:
    from ray import exceptions as known

    if isinstance(error, known.RayActorError | known.WorkerCrashedError | known.OutOfMemoryError):
        return Lost("out of memory" if "memory" in str(error) and "OOM" in str(error) else "it died")
    if isinstance(error, known.RayTaskError):
        cause = error.cause
        return PermanentError(f"ray: the replica failed: {type(cause).__name__}: {one_line(str(cause))}")
    return TransientError(f"ray: {type(error).__name__}: {one_line(str(error))}")
