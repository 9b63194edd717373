"""A small engine as a stranger would write it: what it says depends on the request alone; each call is noted down."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from prism_eval import Engine
from prism_eval.engines.probe import Probe
from prism_eval.errors import FatalError, PermanentError, PrismError, RateLimited
from prism_eval.plugins import runtime
from prism_eval.schema import Completion, Request


class OddError(RateLimited):
    def __init__(self, *, wait: float) -> None:
        self.held = lambda: wait
        super().__init__("odd", retry_after=wait)


@dataclass(kw_only=True)
class Counting(Engine):
    """Says what it read, in a hash.

    Attributes:
        salt: Makes it another model.
        notes: A file that gets a line with each call.
        pause: Seconds that each call takes.
        refuses: What it says when it is to be loaded; empty to load.
    """

    salt: str = ""
    notes: Path | None = runtime(None)
    pause: float = runtime(0.0)
    refuses: str = runtime("")

    async def probe(self, trial: Request | None = None) -> Probe:
        if trial is not None:
            self._load()
        return Probe(model=self.model, context=4096, version="1", note=f"counts in {os.getpid()}")

    def _load(self) -> None:
        self._note("load")
        if self.refuses == "exit":
            os._exit(3)
        if self.refuses:
            raise FatalError(self.refuses)

    @property
    def root(self) -> str | None:
        return f"weights of {self.model}"

    @property
    def remarks(self) -> tuple[str, ...]:
        return ("It counts.",) if self.salt == "remark" else ()

    async def generate(self, request):
        text = "".join(part for message in request.messages for part in message.parts if isinstance(part, str))
        if self.notes is not None and "ray" in sys.modules:  # in an actor
            assert all(image.facts is None and image.other is None for image in request.images), "facts left the driver"
        seen = " ".join(f"{image.name}={image.digest[:8]}" for image in request.images)
        key = _hash(text + seen)[:12]
        self._note(f"begin {key} {text[-40:]!r}")
        await self._trouble(text)
        await asyncio.sleep(self.pause)
        self._note(f"end {key}")
        said = _hash(f"{self.salt} {self.model} {text} {seen} {request.sampling}")
        return Completion(f"{seen} says {said}", prompt_tokens=len(text), completion_tokens=len(said))

    async def log_likelihood(self, prompt, continuations):
        if self.refuses:
            raise FatalError(self.refuses)
        self._note(f"rank {prompt[-40:]!r}")
        return [-len(prompt) / 7 - len(continuation) / 3 for continuation in continuations]

    async def _trouble(self, text: str) -> None:
        word, _, place = text.partition(":")
        match word:
            case "die":
                os._exit(1)
            case "die once":
                _die_once(Path(place))
            case "exit":
                raise SystemExit("of a model's own")
            case "value":
                raise ValueError("line one\nline two" * 5000)
            case "odd":
                raise OddError(wait=2.5)
            case "permanent":
                raise PermanentError("x" * 10**7)
            case "unpicklable":
                error = PrismError("holds a lock")
                error.lock = asyncio.Lock()
                raise error
            case "cancel":
                raise asyncio.CancelledError

    def _note(self, what: str) -> None:
        if self.notes is not None:
            with self.notes.open("a") as file:
                file.write(f"{socket.gethostname()} {os.getpid()} {what}\n")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _die_once(mark: Path) -> None:
    if not mark.exists():
        mark.touch()
        os._exit(1)


@dataclass(kw_only=True)
class Garbage(Counting):
    """Returns what it likes."""

    async def generate(self, request):
        return {"text": object()}

    async def log_likelihood(self, prompt, continuations):
        return ["minus infinity"]
