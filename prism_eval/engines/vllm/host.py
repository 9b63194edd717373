"""What holds a model, shared by all engines that name the same one."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from prism_eval.engines.vllm.arguments import Arguments
from prism_eval.plugins.identity import canonical_json
from prism_eval.schema import Completion, Request


@dataclass(frozen=True)
class Wanted:
    """Which model, and how it is held: engines that want the same share one.

    Attributes:
        name: What messages call it.
        arguments: What vLLM is told.
        template: What its chat template is told.
        serve: Whether it stands behind a server of its own.
        logs: The folder of its log; ``None`` for a temporary one.
    """

    name: str
    arguments: Arguments = field(hash=False)
    template: Arguments = field(hash=False)
    serve: bool
    logs: Path | None

    def __str__(self) -> str:
        how = canonical_json([self.arguments, self.template])
        return f"{'served ' if self.serve else ''}{self.name} {how}"


class Host(ABC):
    """A model and whatever holds it.

    Attributes:
        wanted: Which model.
    """

    _all: ClassVar[dict[str, Host]] = {}
    _users: ClassVar[Counter[str]] = Counter()
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted

    @classmethod
    def shared(cls, wanted: Wanted) -> Host:
        """The host of a wanted model, begun now if there is none; to be let go of once with `leave`."""
        from prism_eval.engines.vllm.resident import Resident
        from prism_eval.engines.vllm.served import Served

        with cls._lock:
            name = str(wanted)
            if name not in cls._all:
                cls._all[name] = Served(wanted) if wanted.serve else Resident(wanted)
            cls._users[name] += 1
            return cls._all[name]

    async def leave(self) -> None:
        """Let go of the model: the last to do so ends it, and waits until all its processes are gone."""
        with self._lock:
            name = str(self.wanted)
            self._users[name] -= 1
            if self._users[name]:
                return
            del self._all[name]
        await self.end()

    @abstractmethod
    async def ready(self) -> str:
        """Wait until the model is there, and say where and what it is.

        Raises:
            FatalError: It cannot be.
        """

    @abstractmethod
    async def generate(self, request: Request) -> Completion:
        """Let the model write; see `Engine.generate`."""

    @abstractmethod
    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """See `Engine.log_likelihood`."""

    @abstractmethod
    async def control_tokens(self, text: str) -> frozenset[str] | None:
        """See `Engine.control_tokens`."""

    @abstractmethod
    async def end(self) -> None:
        """End the model and wait until all its processes are gone."""
