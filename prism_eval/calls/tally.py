"""What became of a run's calls, for people."""

from __future__ import annotations

from dataclasses import dataclass

from prism_eval.schema import Generation


@dataclass
class Tally:
    """What became of the calls so far: unique calls found in the store, made, and failed; tokens of those made.

    Of those that failed, ``passing`` did so for a reason that may pass, such as a server that was down.
    """

    hits: int = 0
    made: int = 0
    failed: int = 0
    passing: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, generation: Generation) -> None:
        """Count a call that was made."""
        self.made += 1
        self.prompt_tokens += generation.prompt_tokens or 0
        self.completion_tokens += generation.completion_tokens or 0


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Results that were taken from the store though another server, or another model under the name, had made them.

    Attributes:
        stage: The stage.
        source: Who was asked.
        count: How many results.
        made_by: The server's address and what it really served, as far as the store knows.
        asked_now: The same of this run.
    """

    stage: str
    source: str
    count: int
    made_by: str
    asked_now: str


def place_of(address: str, root: str | None) -> str:
    """A server, and in brackets what it says it really serves."""
    return f"{address} ({root})" if root else address
