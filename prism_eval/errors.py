"""Every error prism-eval raises on purpose.

PrismError                       base: its text is one line a person can act on
├── UsageError                   what was typed, written or handed over is wrong: exit code 2
│   ├── UnknownName              a captioner, benchmark, key ... that does not exist
│   ├── MissingExtra             a plugin needs a package that is not installed
│   ├── BrokenPlugin             a plugin's own code fails to import
│   └── DataError                a data set, caption file or image is not as its definition says
│       └── DataUnreadable       of benchmarks that were asked for no item at all can be read
├── StoreError                   the generation store cannot be opened, read or written
├── RunError                     a run folder cannot be read or written
│   └── NotThere                 ... because it is none, or its stage was not run yet: exit code 2
├── Interrupted                  the user pressed Ctrl-C; finished work is kept
└── CallError                    one call of a captioner, reasoner or engine went wrong
    ├── TransientError           worth another try
    │   ├── RateLimited          waited out, first for `retry_after` seconds
    │   └── Unavailable          nobody is there now: waited out
    ├── PermanentError           this item fails, the run goes on
    │   ├── Denied               the key, or this one request: the first calls tell which
    │   ├── RequestFiltered      a filter let nothing through: no failure, a caption or an answer is `refused`
    │   └── ContextExceeded      the model has no room for it: likewise, it is `truncated`
    └── FatalError               no further call can succeed: the run stops

CallError's are what a plugin raises to say what happens next; anything else it raises counts as permanent.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum


class PrismError(Exception):
    """Base of all errors raised on purpose."""

    exit_code = 1

    lines: tuple[str, ...] = ()
    """What is wrong, a line each, where it is several things."""

    def __reduce__(self) -> tuple[Callable[..., PrismError], tuple[object, ...], dict[str, object]]:
        # Python's own way calls the class with the finished message, which several classes do not take.
        return _restored, (type(self), *self.args), self.__dict__


def _restored(cls: type[PrismError], *args: object) -> PrismError:
    """An error out of a pickle; its attributes are put in place afterwards."""
    return cls.__new__(cls, *args)


class UsageError(PrismError):
    """The command, plan or input is wrong; nothing was run."""

    # As every parser of command lines has it; 1 is left for runs that could not be finished.
    exit_code = 2


class UnknownName(UsageError):
    """A name that nothing answers to; the message offers the nearest ones.

    Args:
        kind: What the name should have been, such as ``captioner``.
        name: The name as given.
        known: The names that exist.
        hint: A sentence that ends the message, such as the command that lists the names.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        # Below a similarity of 0.6 the nearest name is a guess that misleads; then all names are listed.
        near = difflib.get_close_matches(name.lower(), self.known, n=2, cutoff=0.6)
        meant = f"did you mean {' or '.join(repr(match) for match in near)}?" if near else ""
        listing = "" if near else f"known: {', '.join(self.known) or 'none'}."
        parts = [f"unknown {kind} {name!r};", meant or listing, hint]
        super().__init__(" ".join(part for part in parts if part))


class MissingExtra(UsageError):
    """A plugin needs packages that an extra of ``package`` installs."""

    def __init__(self, what: str, extra: str, *, package: str = "prism-eval") -> None:
        self.extra = extra
        super().__init__(f"{what} needs packages that are not installed: pip install '{package}[{extra}]'")


class BrokenPlugin(UsageError):
    """A plugin was found but its code cannot be imported."""


class DataError(UsageError):
    """Data is not as its definition says; the message names the file, row and item."""


class DataUnreadable(DataError):
    """Of benchmarks that were asked for no item at all can be read.

    Args:
        reasons: By benchmark, why not.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.lines = tuple(f"{name}: {reason}" for name, reason in reasons.items())
        super().__init__("; ".join(self.lines))


class StoreError(PrismError):
    """The generation store cannot be opened, read or written."""


class RunError(PrismError):
    """A run folder cannot be read or written."""


class NotThere(RunError):
    """A folder holds no run, or not yet what a later stage of the run is made from."""

    # Unlike a full disk, it is mended by another command.
    exit_code = UsageError.exit_code


class Interrupted(PrismError):
    """The user asked the run to stop; everything finished is kept."""

    # What a shell makes of SIGINT: 128 and its number.
    exit_code = 130


class Cause(StrEnum):
    """Why there is no score, as far as it says whose doing that is.

    ``REFUSED``, ``MISSING``, ``TOO_LONG`` and ``BROKEN`` are the captioner's: it would not have the image, has no
    caption for it, wrote more than a text may hold, or its own code failed. ``UNUSABLE`` is the row or its image.
    ``INFRASTRUCTURE`` is all else: server, network, memory, disk, reader, scorer or judge.
    """

    REFUSED = "refused"
    MISSING = "missing"
    TOO_LONG = "too_long"
    BROKEN = "broken"
    UNUSABLE = "unusable"
    INFRASTRUCTURE = "infrastructure"

    @property
    def of_captioner(self) -> bool:
        """Whether it is the captioner's doing."""
        return self not in (Cause.UNUSABLE, Cause.INFRASTRUCTURE)


class CallError(PrismError):
    """One call went wrong.

    ``attempts`` counts the tries that were made; ``cause`` is whose doing it is if the call was for a caption.
    """

    attempts: int = 1
    cause: Cause = Cause.INFRASTRUCTURE


class TransientError(CallError):
    """Worth another try: a timeout, a reset, a 5xx."""


class RateLimited(TransientError):
    """The server asks for patience.

    Args:
        message: What it said.
        retry_after: After how many seconds it wants to be asked again, ``None`` if it did not say.
        unproven: Whether waiting is known to help only where calls have succeeded before: the account may be closed.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, unproven: bool = False) -> None:
        self.retry_after = retry_after
        self.unproven = unproven
        super().__init__(message)


class Unavailable(TransientError):
    """Nobody is there now: the server is being started, or the gateway before it found none.

    Args:
        message: What was met.
        unproven: Whether waiting is known to help only where somebody has answered before: the address may be wrong.
    """

    def __init__(self, message: str, *, unproven: bool = False) -> None:
        self.unproven = unproven
        super().__init__(message)


class PermanentError(CallError):
    """This item cannot succeed, others can: a refused request, an unreadable image.

    Args:
        args: What is wrong.
        cause: Whose doing it is, where it is not that of whoever was asked.
    """

    cause = Cause.REFUSED

    def __init__(self, *args: object, cause: Cause | None = None) -> None:
        super().__init__(*args)
        if cause is not None:
            self.cause = cause


class Denied(PermanentError):
    """401 or 403: the key is refused or, if other calls succeed with it, this one request."""

    cause = Cause.INFRASTRUCTURE


class RequestFiltered(PermanentError):
    """A filter stopped the request or its reply. The text says which and gives the filter's own words."""


class ContextExceeded(PermanentError):
    """The request leaves no room in the model's context. The text names the context."""


class FatalError(CallError):
    """No further call can succeed: a wrong key, a model that is not served."""
