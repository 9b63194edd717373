"""What comes back from a replica: a value or an error of ours, and never what only its process can read."""

from __future__ import annotations

from dataclasses import dataclass

from prism_eval import errors
from prism_eval.errors import PermanentError, PrismError
from prism_eval.plugins.faults import fault_of

_LONGEST = 4000
"""Characters of an error's text: some libraries put whole requests into theirs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call to a replica ended.

    Attributes:
        value: What the engine returned; ``None`` where it raised.
        error: What it raised.
        root: See `Engine.root`.
        remarks: See `Engine.remarks`.
    """

    value: object = None
    error: PrismError | None = None
    root: str | None = None
    remarks: tuple[str, ...] = ()


def told(error: BaseException, plugin: object, doing: str) -> PrismError:
    """An error as it can be told in another process: of a class of ours, short, without the frames that it passed.

    Args:
        error: What was raised.
        plugin: By whom.
        doing: Who was doing what, for errors that are not ours.
    """
    if not isinstance(error, PrismError):
        return PermanentError(fault_of(plugin, doing, error))
    # A subclass of a stranger's own is told as what it is to us: its class may not exist in the other process.
    kind = next(cls for cls in type(error).__mro__ if issubclass(cls, PrismError) and cls.__module__ == errors.__name__)
    plain = {name: value for name, value in vars(error).items() if isinstance(value, str | int | float | None)}
    again = kind.__new__(kind, _short(str(error)))
    vars(again).update(plain)
    return again


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
