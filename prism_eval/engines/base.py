"""The engine contract."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from prism_eval.engines.probe import Probe, text_alone
from prism_eval.errors import CallError, FatalError, PermanentError, TransientError, UsageError
from prism_eval.plugins import Plugin, runtime
from prism_eval.schema import Completion, Generation, Request


@dataclass(kw_only=True)
class Engine(Plugin, ABC):
    """Where a model's tokens come from.

    An engine batches inside itself; callers keep enough requests in flight, and no more than ``concurrency`` at one
    address. It makes one attempt a call: the caller retries. Subclass it as a dataclass; fields that never change the
    output are declared with `prism_eval.runtime`.

    Attributes:
        model: The model's name.
        concurrency: Calls in flight at once at the engine's address; ``None`` for as many as the plan says.
    """

    model: str
    concurrency: int | None = runtime(None)

    def __post_init__(self) -> None:
        if self.concurrency is not None and self.concurrency < 1:
            raise UsageError(f"concurrency must be 1 or more, not {self.concurrency}")

    @abstractmethod
    async def generate(self, request: Request) -> Completion:
        """Let the model write once.

        Raises:
            TransientError: Worth another try.
            RateLimited: Worth another try after ``retry_after`` seconds.
            PermanentError: This request cannot succeed.
            RequestFiltered: A filter would not let it through: the caption or answer counts as refused.
            ContextExceeded: There is no room for it: the caption or answer counts as truncated.
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

    async def control_tokens(self, text: str) -> frozenset[str] | None:
        """Which control tokens of the model's own tokenizer a text holds.

        An ability that engines may have: with it, `standard@2` breaks in a caption what no list of known chat templates
        has.

        Args:
            text: The text.

        Returns:
            ``None`` where the tokenizer cannot be asked.

        Raises:
            TransientError: Worth another try.
            FatalError: The model cannot be asked anything.
        """
        return None

    @classmethod
    def ranks(cls) -> bool:
        """Whether the engine has the ability of `log_likelihood`."""
        # Asked of the class, before anything is built: a flag beside the method could contradict it.
        return cls.log_likelihood is not Engine.log_likelihood

    @property
    def completes(self) -> bool:
        """Whether `generate` takes a request's ``raw`` text."""
        return False

    @property
    def keys(self) -> Mapping[str, str]:
        """By address, the environment variable whose key is sent there, where one is."""
        return {}

    @property
    def devices(self) -> int:
        """GPUs that its model is spread over, where it computes on GPUs."""
        return 1

    @property
    def all_gpus(self) -> float | None:
        """GPUs that all of it takes up; ``None`` where it computes on none, or does not know."""
        return None

    async def probe(self, trial: Request | None = None) -> Probe:
        """Find out what the engine is, before it is asked anything that counts.

        By default what the class says, and what becomes of the trial. Without a trial nothing is loaded or written.

        Args:
            trial: A short request such as will follow, which may be tried a few times, with and without its image;
                ``None`` where the model must not be asked.

        Raises:
            FatalError: No request such as the trial can succeed.
            CallError: The engine could not be asked now; later it may be.
        """
        found = Probe(model=self.model, root=self.root, log_probabilities=self.ranks())
        if trial is None:
            return found
        tried, (ranks, why_not) = await self._tried(trial), await self._ranked()
        # Only now: a model that had to be loaded first knows more of itself.
        return replace(tried, root=self.root, log_probabilities=ranks, why_no_log_probabilities=why_not)

    async def _tried(self, trial: Request) -> Probe:
        """What becomes of a trial, with its image or else without."""
        found = Probe(model=self.model)
        try:
            await self.generate(trial)
        except TransientError:
            raise
        except CallError as error:
            if not trial.images:
                raise
            await self.generate(text_alone(trial))  # what is answered without: then it is the image
            return replace(found, images=False, why_no_images=str(error))
        return replace(found, images=True if trial.images else None)

    async def _ranked(self) -> tuple[bool | None, str]:
        """Whether it gives log-probabilities, and why it does not."""
        if not self.ranks():
            return False, ""
        try:
            await self._try_ranking()
        except TransientError:
            return None, ""
        except CallError as error:
            return False, str(error)
        return True, ""

    async def _try_ranking(self) -> None:
        await self.log_likelihood("One and", [" two", " three"])

    async def close(self) -> None:
        """Give back connections, threads and memory."""


@dataclass(kw_only=True)
class OnEngine(Plugin):
    """A captioner, reasoner or judge that is an engine and a prompt. Whatever the engine says of servers holds for it.

    Attributes:
        engine: Where the model's tokens come from.
    """

    engine: Engine

    @property
    def source(self) -> str:
        """The engine and its model."""
        return f"{self.engine.name}:{self.engine.model}"

    @property
    def address(self) -> str:
        """The engine's."""
        return self.engine.address

    @property
    def addresses(self) -> tuple[str, ...]:
        """The engine's."""
        return self.engine.addresses

    async def is_there(self, address: str) -> bool:
        """Whether the engine can ask there again."""
        return await self.engine.is_there(address)

    @property
    def root(self) -> str | None:
        """The engine's."""
        return self.engine.root

    @property
    def remarks(self) -> tuple[str, ...]:
        """The engine's."""
        return self.engine.remarks

    @property
    def lane(self) -> Hashable | None:
        """The engine's, whoever prompts it."""
        return self.engine.lane

    @property
    def holds(self) -> str | None:
        """The engine's."""
        return self.engine.holds

    @property
    def replicas(self) -> int:
        """The engine's."""
        return self.engine.replicas

    async def ask_engine(self, request: Request) -> Completion:
        """Let the engine write once, and see that it did.

        Raises:
            PermanentError: It returned something else, or nothing that can be awaited.
            CallError: It could not.
        """
        coming: object = self.engine.generate(request)
        said: object = await coming if inspect.isawaitable(coming) else coming
        if said is coming or not isinstance(said, Generation):
            kind = type(said).__name__
            raise PermanentError(f"engine {self.engine.name!r}: generate() gave {kind}, not an awaited Completion")
        return cast("Completion", said)

    async def close(self) -> None:
        """Close the engine."""
        await self.engine.close()
