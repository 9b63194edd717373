"""One model call: who is asked, about what, under which key; and what it means that it failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from prism_eval.errors import CallError, Cause, Denied, FatalError, PermanentError, PrismError, TransientError
from prism_eval.plugins import Plugin
from prism_eval.plugins.faults import fault_of
from prism_eval.schema import Generation

G = TypeVar("G", bound=Generation)
_AHEAD = frozenset({"instruction", "caption"})
KEPT = "finished work is in the store"
"""Ends the message of whatever stops a run in the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[G]):
    """One request to a plugin.

    Attributes:
        key: The digest of everything that can change its result.
        stage: ``instruction``, ``caption``, ``answer``, ``prior`` or ``judge``.
        plugin: Who is asked.
        about: The image or item it is about, for messages.
        ask: Asks once.
        returns: What the plugin must return.
        shares: What others begin with as well, such as a caption's digest: they should meet one server's prefix cache.
    """

    key: str
    stage: str
    plugin: Plugin
    about: str
    ask: Callable[[], Awaitable[G]] = field(repr=False)
    returns: type[G]
    shares: str = ""

    @property
    def ahead(self) -> bool:
        """Whether other calls wait for what it makes: it goes before those that nothing waits for."""
        return self.stage in _AHEAD


def made_by(plugin: Plugin, about: str, make: Callable[[], Call[G]]) -> Call[G]:
    """The call that ``make`` makes; its key holds what the plugin says of itself, and a plugin may say anything.

    Args:
        plugin: Who is to be asked.
        about: The image or item it is about, for messages.
        make: Makes the call.

    Raises:
        PermanentError: The plugin's own code failed.
    """
    try:
        call = make()
    except PrismError:
        raise
    except BaseException as error:  # noqa: BLE001 - a stranger's bug costs this call, not the run
        raise failed_by(plugin, f"{plugin.name!r}, {about}", error) from None
    if not isinstance(call, Call):
        raise PermanentError(
            f"{plugin.name!r}, {about}: call() returned {type(call).__name__}, not a call", cause=Cause.BROKEN
        )
    return call


def failed_by(plugin: object, doing: str, error: BaseException) -> PermanentError:
    """The error of a plugin that raised one of its own.

    Args:
        plugin: The plugin.
        doing: Who was doing what.
        error: What it raised.
    """
    # A plugin that lets the errors of its files, its network or its memory pass has met them, and not made them.
    met = isinstance(error, OSError | MemoryError)
    return PermanentError(fault_of(plugin, doing, error), cause=Cause.INFRASTRUCTURE if met else Cause.BROKEN)


@dataclass(frozen=True, slots=True)
class CallFailure:
    """Why a call has no result.

    Kept in place of the exception: its traceback holds every frame it passed, and with them the image and whatever was
    made of it to be sent.

    Attributes:
        kind: Which class of error it was.
        text: What it said.
        attempts: How many tries were made.
        cause: Whose doing it was, if the call was for a caption.
    """

    kind: type[CallError]
    text: str
    attempts: int
    cause: Cause = Cause.INFRASTRUCTURE

    @classmethod
    def of(cls, error: CallError, attempts: int) -> CallFailure:
        """What is worth keeping of an error; a subclass of a plugin's own is kept as what it is to us."""
        # Not its own class: a stranger's may want arguments that are long gone when it is raised anew.
        kinds = (FatalError, Denied, PermanentError, TransientError)
        kind = next((kind for kind in kinds if isinstance(error, kind)), PermanentError)
        return cls(kind, str(error), attempts, error.cause)

    def error(self) -> CallError:
        """The failure as an exception, to be raised anew for everyone who wanted the result."""
        error = self.kind(self.text)
        error.attempts, error.cause = self.attempts, self.cause
        return error
