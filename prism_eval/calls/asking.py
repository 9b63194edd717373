"""Asking a plugin once, whatever it does."""

from __future__ import annotations

import asyncio
import inspect
from typing import TypeVar

from prism_eval.calls.call import Call, failed_by
from prism_eval.errors import (
    CallError,
    Cause,
    ContextExceeded,
    FatalError,
    MissingExtra,
    PermanentError,
    PrismError,
    RequestFiltered,
    StoreError,
)
from prism_eval.files.budgets import MAX_CHARACTERS
from prism_eval.plugins import Plugin
from prism_eval.schema import FinishReason, Generation

G = TypeVar("G", bound=Generation)


async def asked(call: Call[G]) -> G:
    """Ask the plugin once. Whatever it raises of its own is an error of this call, and of nothing else."""
    try:
        return await _said(call)
    except (RequestFiltered, ContextExceeded) as error:
        # An outcome of who was asked, and kept as one. A judge's or a prior's would be a score that nobody gave.
        if call.stage in ("prior", "judge"):
            raise
        filtered = isinstance(error, RequestFiltered)
        return call.returns("", FinishReason.FILTERED if filtered else FinishReason.CONTEXT, note=str(error))
    except (CallError, StoreError):  # said by the contract, or ours: a call within this one can meet a full disk
        raise
    except MissingExtra as error:  # every further call would say the same
        raise FatalError(str(error)) from None
    except PrismError as error:
        raise PermanentError(f"{_doing(call)}: {error}") from None
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():  # by us: the run is being stopped
            raise
        raise failed_by(_asked_of(call), _doing(call), error) from None
    except BaseException as error:  # noqa: BLE001 - compiled plugins panic beside Exception, others call sys.exit
        raise failed_by(_asked_of(call), _doing(call), error) from None


async def _said(call: Call[G]) -> G:
    coming: object = call.ask()
    if not inspect.isawaitable(coming):
        wrong = f"{_doing(call)}: {_method(call)} is not async: it returned {type(coming).__name__} at once"
        raise PermanentError(wrong, cause=Cause.BROKEN)
    said: object = await coming
    if not isinstance(said, call.returns):
        wanted = call.returns.__name__
        wrong = f"{_doing(call)}: {_method(call)} returned {type(said).__name__}, not a prism_eval.{wanted}"
        raise PermanentError(wrong, cause=Cause.BROKEN)
    if len(said.text) > MAX_CHARACTERS:
        much = f"{_doing(call)}: a text of {len(said.text):,} characters, more than {MAX_CHARACTERS:,}"
        raise PermanentError(much, cause=Cause.TOO_LONG)
    return said


def _asked_of(call: Call[G]) -> Plugin:
    """Behind an engine's name stands our own prompt: what fails there is mostly the engine's."""
    plugin: Plugin = getattr(call.plugin, "engine", call.plugin)
    return plugin


def _doing(call: Call[G]) -> str:
    return f"{_word(call)} {_asked_of(call).name!r}, {call.about}"


def _word(call: Call[G]) -> str:
    asks_reasoner = call.stage in ("instruction", "answer", "prior")
    return "reasoner" if asks_reasoner else {"caption": "captioner"}.get(call.stage, call.stage)


def _method(call: Call[G]) -> str:
    return {"caption": "caption()", "answer": "answer()", "judge": "ask()"}.get(call.stage, "it")
