"""What a gate asks of a candidate: margins, tiers, limits, and what becomes of a cannot-tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prism_eval.errors import UnknownName, UsageError
from prism_eval.files.toml import read_toml
from prism_eval.gate.words import Inconclusive, Tier
from prism_eval.plan.plan import LEAST_MARGIN
from prism_eval.run.boundary import BENCHMARK_MARGIN, SUITE_MARGIN


class _Section(BaseModel):
    # Strict: a margin that is written as a text, or a tier as a truth value, is a slip.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Suite(_Section):
    """The rule over all benchmarks, each weighing the same; ``margin`` in points."""

    margin: float = Field(100 * SUITE_MARGIN, ge=LEAST_MARGIN, lt=100)
    tier: Tier = "critical"


class Benchmark(_Section):
    """The rule for one benchmark; ``margin`` in points."""

    margin: float = Field(100 * BENCHMARK_MARGIN, ge=LEAST_MARGIN, lt=100)
    tier: Tier = "supporting"


class Named(_Section):
    """What is said of one benchmark by its name; what is not said is as for any other."""

    margin: float | None = Field(None, ge=LEAST_MARGIN, lt=100)
    tier: Tier | None = None


class Limits(_Section):
    """The largest shares and growths that are let through, in percent; ``None`` for any.

    Attributes:
        failed: Answers that failed, or are not there.
        unparsed: Answers that no rule can read.
        refused: Answers that were refused.
        truncated: Answers that were cut.
        empty: Captions that say nothing.
        cut: Captions that hit the limit on their length.
        length_growth: By how much captions may become longer.
        cost_growth: By how much a caption may become dearer.
        tier: What a limit decides.
    """

    failed: float = Field(1.0, ge=0, le=100)
    unparsed: float | None = Field(10.0, ge=0, le=100)
    refused: float | None = Field(5.0, ge=0, le=100)
    truncated: float | None = Field(10.0, ge=0, le=100)
    empty: float | None = Field(5.0, ge=0, le=100)
    cut: float | None = Field(10.0, ge=0, le=100)
    length_growth: float | None = Field(None, ge=0, allow_inf_nan=False)
    cost_growth: float | None = Field(None, ge=0, allow_inf_nan=False)
    tier: Tier = "critical"


class Outcomes(_Section):
    """By what a gate stands before, what a cannot-tell counts as."""

    pull_request: Inconclusive = "inconclusive"
    release: Inconclusive = "fail"


class Policy(_Section):
    """A gate's policy.

    Attributes:
        error_rate: In percent, how often the whole gate fails a candidate that has lost no more than its margins, and
            how often it passes one that has lost a margin.
        suite: The rule over all benchmarks.
        benchmark: The rule for each of them.
        benchmarks: By name, what is asked of one in particular.
        limits: Shares and growths.
        inconclusive: What becomes of a cannot-tell.
    """

    # Under a hundredth of a percent a t distribution has no quantile that floating point could tell from none.
    error_rate: float = Field(5.0, ge=LEAST_MARGIN, lt=50)
    suite: Suite = Suite()
    benchmark: Benchmark = Benchmark()
    benchmarks: dict[str, Named] = {}
    limits: Limits = Limits()
    inconclusive: Outcomes = Outcomes()

    @property
    def alpha(self) -> float:
        """The error rate as a probability."""
        return self.error_rate / 100

    def rule(self, name: str) -> Benchmark:
        """What is asked of one benchmark."""
        said = self.benchmarks.get(name, Named())
        return Benchmark(
            margin=self.benchmark.margin if said.margin is None else said.margin,
            tier=said.tier or self.benchmark.tier,
        )

    def check_names(self, known: Collection[str], where: str) -> None:
        """Make sure that every benchmark it names exists.

        Raises:
            UnknownName: One does not.
        """
        for name in self.benchmarks:
            if name not in known:
                raise UnknownName(f"benchmark in {where}", name, known)


def read_policy(path: Path | None) -> Policy:
    """Read a policy.

    Args:
        path: Its file; ``None`` for the policy that holds where nobody says another.

    Raises:
        UsageError: The file cannot be read, or says what no policy says; the message names the key.
    """
    if path is None:
        return Policy()
    return make_policy(read_toml(path, f"the policy {path}"), where=str(path))


def make_policy(values: dict[str, Any], *, where: str = "the policy") -> Policy:
    """A policy of the values of a file.

    Raises:
        UsageError: There is an unknown key, or a value that cannot be.
    """
    try:
        # TOML knows whole numbers and others apart, and people write `margin = 1`.
        return Policy.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]  # one line: the others are told when this one is mended
        key = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise UnknownName(f"key in {where}", key, _keys()) from error
        # Pydantic says "a valid dictionary or instance of Suite"; a file has tables.
        problem = f"is a table, [{key}]" if first["type"] in ("model_type", "dict_type") else first["msg"]
        raise UsageError(f"{where}: {key}: {problem}, got {first['input']!r}") from error


def _keys() -> list[str]:
    """Every key, as a message names it."""
    parts: Mapping[str, type[BaseModel]] = {
        "suite": Suite,
        "benchmark": Benchmark,
        "limits": Limits,
        "inconclusive": Outcomes,
        "benchmarks.NAME": Named,
    }
    return ["error_rate", *(f"{part}.{key}" for part, section in parts.items() for key in section.model_fields)]
