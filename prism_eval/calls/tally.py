"""What became of a run's calls, for people."""

from __future__ import annotations

from dataclasses import dataclass

from prism_eval.schema import Generation


@dataclass
class Tally:
    """What became of the calls so far.

    Attributes:
        hits: Unique calls found in the store.
        made: Those that were made.
        failed: Those that failed.
        passing: Of those that failed, for a reason that may pass, such as a server that was down.
        requests: Times that somebody was asked.
        retries: Of those, because an earlier one failed.
        in_flight: Requests under way now.
        prompt_tokens: Read for the calls that were made.
        completion_tokens: Written for them.
        cached_tokens: Of those read, how many a prefix cache held, as far as anybody says.
        cacheable_tokens: Those read by whoever says so.
        image_tokens: Of those read, how many stood for images, as far as anybody says.
    """

    hits: int = 0
    made: int = 0
    failed: int = 0
    passing: int = 0
    requests: int = 0
    retries: int = 0
    in_flight: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cacheable_tokens: int = 0
    image_tokens: int = 0

    @property
    def cached(self) -> float | None:
        """The share of what was read that a prefix cache held; ``None`` where nobody says."""
        return self.cached_tokens / self.cacheable_tokens if self.cacheable_tokens else None

    def begin(self, *, again: bool) -> None:
        """Count a request, which is under way until it is ended."""
        self.requests += 1
        self.retries += again
        self.in_flight += 1

    def end(self) -> None:
        """It has ended."""
        self.in_flight -= 1

    def add(self, generation: Generation) -> None:
        """Count a call that was made."""
        self.made += 1
        self.prompt_tokens += generation.prompt_tokens or 0
        self.completion_tokens += generation.completion_tokens or 0
        self.image_tokens += generation.image_tokens or 0
        if generation.cached_tokens is not None and generation.prompt_tokens:
            self.cached_tokens += generation.cached_tokens
            self.cacheable_tokens += generation.prompt_tokens
