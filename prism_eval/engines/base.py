"""The engine contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from prism_eval.errors import FatalError, UsageError
from prism_eval.plugins.identity import Plugin, runtime
from prism_eval.schema import Completion, Request


@dataclass(kw_only=True)
class Engine(Plugin, ABC):
    """Where a model's tokens come from.

    An engine batches inside itself; callers keep enough requests in flight, and no more than ``concurrency`` at one
    address. It makes one attempt a call: the caller retries. Subclass it as a dataclass; fields that never change the
    output are declared with `prism_eval.plugins.identity.runtime`.

    Attributes:
        model: The model's name.
        concurrency: Calls in flight at once at the engine's address; ``None`` for as many as the plan says.
    """

    model: str
    concurrency: int | None = runtime(None)

    def __post_init__(self) -> None:
        if self.concurrency is not None and self.concurrency < 1:
            raise UsageError(f"concurrency must be 1 or more, not {self.concurrency}")

    @property
    def address(self) -> str:
        """Where the calls go: engines with one address share what can be asked of it at once.

        A server's URL. An engine inside this process shares with nobody: its address is the object's own, holds no
        ``://`` and means nothing to another process.
        """
        # Not the model's name: two objects hold the model twice, and each has a queue of its own.
        return f"{self.name}@{id(self):x}"

    @property
    def root(self) -> str | None:
        """The path or repository of the weights, if a server that serves them under an alias says so.

        Known once `check` or a first call has asked; ``None`` before, and where nobody says.
        """
        return None

    @abstractmethod
    async def generate(self, request: Request) -> Completion:
        """Let the model write once.

        Raises:
            TransientError: Worth another try.
            RateLimited: Worth another try after ``retry_after`` seconds.
            PermanentError: This request cannot succeed.
            FatalError: No request can succeed.
        """

    async def log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        """How likely the model is to go on from a prompt with each of some continuations.

        An ability that engines may have; see `ranks`. The prompt is plain text, in no chat template.

        Args:
            prompt: What the model has read.
            continuations: What might follow, each with the blank it begins with.

        Returns:
            Natural logarithms of probabilities, in the continuations' order, all up to one constant: only their
            differences mean something.

        Raises:
            FatalError: The engine or its server gives no log-probabilities.
            TransientError: Worth another try.
            PermanentError: This prompt cannot succeed.
        """
        raise FatalError(f"engine {self.name} gives no log-probabilities: it cannot rank options")

    @classmethod
    def ranks(cls) -> bool:
        """Whether the engine has the ability of `log_likelihood`."""
        # Asked of the class, before anything is built: a flag beside the method could contradict it.
        return cls.log_likelihood is not Engine.log_likelihood

    async def check(self) -> str:
        """Say in one line whether the engine can serve its model; raises `CallError` if it cannot."""
        return f"{self.name}: {self.model}"

    async def close(self) -> None:
        """Give back connections, threads and memory."""
