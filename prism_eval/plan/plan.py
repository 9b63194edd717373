"""The plan of a run: everything that has to be said to do it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer, field_validator

from prism_eval.errors import UnknownName, UsageError
from prism_eval.files.folders import user_path
from prism_eval.files.toml import read_toml
from prism_eval.plan.protocol import Edition
from prism_eval.plan.shard import Shard
from prism_eval.plugins.identity import digest_of
from prism_eval.plugins.specs import Spec, split_specs

Stage = Literal["caption", "answer", "score"]
STAGES: tuple[Stage, ...] = ("caption", "answer", "score")
"""The stages that write a table, in order; each is made from those before it."""

Memory = Literal["auto", "turns", "together"]
"""How models in this process share its memory."""

LEAST_MARGIN = 0.01
"""Points below which a margin is written as none, and needs more images than there are numbers for."""
CONCURRENCY = 16
"""Calls in flight where nobody says otherwise: what one GPU's server, or a hosted account, takes gladly."""

_MOST_ITEMS, _MOST_SAMPLES, _LARGEST_SEED = 10**9, 10_000, 2**63 - 1
"""More items than any benchmark will have, more captions than anybody waits for, and what servers take for a seed."""

_RUNTIME = frozenset({"concurrency", "attempts", "patience", "math_workers", "allow_missing", "memory", "thumbnails"})
_LATER: Mapping[str, Stage] = {
    "reasoner": "answer",
    "orders": "answer",
    "rotate": "answer",
    "edition": "score",
    "judge": "score",
    "math_limit": "score",
}
"""The keys that earlier stages know nothing of, with the first stage that does: captions outlive another reasoner."""
_LOOKS = ("baseline", "margin", "looks")
"""The keys of a run that ends as soon as it is decided; they mean nothing to any other."""


class Plan(BaseModel):
    """What a run does. A run is a pure function of it.

    Attributes:
        captioners: Spec strings, one per row of the leaderboard.
        reasoner: Spec strings; a file may give one as a plain text. Each reads every caption. The first is the rule for
            a leaderboard, the others show whether its order depends on who reads.
        benchmarks: Names, with variants (``mmmu_pro:vision``), or paths of definition files. Empty for all there are.
        data: A folder, ``synthetic`` for the built-in twins, or ``hub`` for the Hugging Face hub.
        protocol: A protocol's name, or the path of a TOML file; ``NAME?KEY=VALUE`` replaces one of its keys.
        edition: The scoring edition; by default the protocol's.
        samples: Captions per image; by default the protocol's.
        orders: Orders of its options that each multiple-choice item is asked under, its own first.
        rotate: Whether those orders are whole rounds of rotations, so that the right option stands in every position
            equally often; they are then as many as fit into ``orders``, and one round at least.
        judge: The spec string of an engine that judges what rules cannot, where a benchmark's authors let a language
            model score; by default nothing does, and verdicts say so.
        limit: Items per benchmark at most, but never fewer than one image's: a random sample of its images, with all
            their questions. 0 for all.
        until_decided: Whether the run ends as soon as every entry is better or worse than the baseline, or on par.
        baseline: That entry's label, or a part of it that no other label has.
        margin: The largest difference from it that does not matter, in points; by default 1, and 3 of one benchmark.
        looks: How often it is looked at, at most: after equal shares of the images, in the order of the seed.
        first: Whether the limit keeps the first items instead, for debugging: they stand for nothing but themselves.
        allow_missing: Whether a run starts though captions of a file are missing; their items fail. Runtime only.
        seed: Seeds everything that is drawn.
        math_limit: Seconds that comparing one mathematical answer may take.
        math_workers: Processes that compare mathematical answers. Runtime only.
        concurrency: Calls in flight at once, per server address or plugin in process, unless a spec string says
            otherwise; fewer while a server asks to slow down. Runtime only.
        attempts: Tries of one call. What is waited out, a rate limit or a server that is away, counts as none.
            Runtime only.
        patience: Seconds without any progress at a server before calls to it are given up; by default 300, and 10 at an
            address where nobody has ever answered. Runtime only.
        memory: Whether models in this process are there one at a time (``turns``), all at once (``together``), or in
            turns where they need one device (``auto``). Runtime only.
        thumbnails: Whether small pictures of the images are kept in the run folder, for its page. Runtime only.
        shard: ``I/N``: only the I-th of N parts, counted from 1, each of whole images; `prism-eval merge` joins them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    captioners: tuple[str, ...] = Field(min_length=1)
    reasoner: tuple[str, ...] = Field(("lexical",), min_length=1)
    benchmarks: tuple[str, ...] = ()
    data: str = "synthetic"
    protocol: str = "standard"
    edition: Edition | None = None
    samples: int | None = Field(None, gt=0, le=_MOST_SAMPLES)
    orders: int = Field(1, gt=0, le=100)
    rotate: bool = False
    judge: str | None = None
    limit: int = Field(0, ge=0, le=_MOST_ITEMS)
    first: bool = False
    until_decided: bool = False
    baseline: str | None = None
    margin: float | None = Field(None, ge=LEAST_MARGIN, lt=100)
    looks: int = Field(5, gt=0, le=100)
    seed: int = Field(0, ge=0, le=_LARGEST_SEED)
    math_limit: float = Field(5.0, gt=0)
    math_workers: int = Field(2, gt=0, le=64)
    concurrency: int = Field(CONCURRENCY, gt=0, le=4096)
    attempts: int = Field(6, gt=0, le=10**6)
    patience: float | None = Field(None, gt=0)
    allow_missing: bool = False
    memory: Memory = "auto"
    thumbnails: bool = True
    shard: str | None = None

    @field_validator("reasoner", mode="before")
    @classmethod
    def _several(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given

    @field_serializer("reasoner")
    def _one(self, reasoner: tuple[str, ...]) -> str | list[str]:
        # One is a plain text, as in every plan of the time when there was only one: its digest must not change.
        return reasoner[0] if len(reasoner) == 1 else list(reasoner)

    @property
    def digest(self) -> str:
        """SHA-256 of what the plan's results depend on."""
        return self.digest_through("score")

    def digest_through(self, stage: Stage) -> str:
        """SHA-256 of what the results up to a stage depend on: what tells whose a table is."""
        return digest_of(self._through(stage))

    def difference(self, other: Plan) -> str:
        """The first key, in the plan's order, by which the results of two plans may differ; empty if there is none."""
        own, others = self._through("score"), other._through("score")
        return next((key for key in Plan.model_fields if own.get(key) != others.get(key)), "")

    def _through(self, stage: Stage) -> dict[str, object]:
        # By leaving out what comes later: a key that nobody has placed counts from the first stage on.
        place = STAGES.index(stage)
        later = {key for key, first in _LATER.items() if STAGES.index(first) > place}
        # What says nothing where another key is off is in no digest: that of a plan that asks for all is what it was.
        idle = {*(() if self.limit else ("first",)), *(() if self.until_decided else ("until_decided", *_LOOKS))}
        idle |= set() if self.shard else {"shard"}
        idle |= set() if self.rotate and self.orders > 1 else {"rotate"}
        asked = self.model_copy(
            update={
                "captioners": tuple(map(_asked, self.captioners)),
                "reasoner": tuple(map(_asked, self.reasoner)),
                "judge": self.judge and _asked(self.judge),
            }
        )
        return asked.model_dump(mode="json", exclude={*_RUNTIME, *later, *idle})

    @property
    def part(self) -> Shard | None:
        """Which part of the run it asks for; ``None`` for all of it."""
        return Shard.parse(self.shard) if self.shard else None

    def to_toml(self) -> str:
        """The plan as a file that `read_plan` reads."""
        import tomli_w

        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


def _asked(text: str) -> str:
    """A spec string without what no call depends on, such as a price."""
    try:
        spec = Spec.parse(text)
    except UsageError:  # it is the label of a ready object, or will be told by whoever builds it
        return text
    return text if spec.asked is spec else spec.asked.written()


def benchmark_names(texts: Sequence[str], *, where: str) -> list[str]:
    """Names of benchmarks that were given one by one, or with commas between them.

    Args:
        texts: What was given; nothing stands for all there are.
        where: What stands before it in messages.

    Raises:
        UsageError: Something was given, and names none: that is not to ask all of them.
    """
    names = [name for text in texts for name in split_specs(text)]
    if texts and not names:
        raise UsageError(f"{where}{texts[0]!r} names no benchmark: leave it out to ask all")
    return names


def make_plan(values: Mapping[str, Any], *, where: str = "the plan") -> Plan:
    """Validate a plan's values.

    Args:
        values: By key, as a TOML file or the command line's flags give them.
        where: What to call their source in messages.

    Raises:
        UnknownName: A key does not exist.
        UsageError: A value will not do.
    """
    # Before pydantic, whose own message cannot say what was meant.
    for key in values:
        if key not in Plan.model_fields:
            raise UnknownName(f"key in {where}", key, Plan.model_fields)
    try:
        plan = Plan.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]  # one line: the others are told when this one is mended
        if first["loc"] == ("captioners",) and first["type"] in ("missing", "too_short"):
            raise UsageError("no captioner is named: pass --captioner NAME, or a plan with --plan FILE") from error
        where_in = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{where}: {where_in}: {first['msg']}, got {first['input']!r}") from error
    if plan.shard is not None:
        Shard.parse(plan.shard)
    if wrong := _contradiction(plan):
        raise UsageError(f"{where}: {wrong}")
    # Under two labels they are two texts; `assemble` looks at what they mean.
    for kind, names in (
        ("captioner", plan.captioners),
        ("reasoner", plan.reasoner),
        ("benchmark", plan.benchmarks),
    ):
        if repeated := {name for name in names if names.count(name) > 1}:
            raise UsageError(f"{where}: the {kind} {min(repeated)!r} is named twice")
    return plan


def _contradiction(plan: Plan) -> str:
    """What two keys of a plan say against each other; empty if nothing."""
    if plan.first and not plan.limit:
        return "first says which items a limit keeps, and there is none: give --limit N"
    if plan.first and plan.until_decided:
        return "until_decided looks at random images, and first = true draws none: drop one of them"
    if plan.until_decided and plan.shard:
        return "until_decided compares all that was asked so far, and a shard knows its own part only: drop one of them"
    said = [key for key in _LOOKS if getattr(plan, key) != Plan.model_fields[key].default]
    if said and not plan.until_decided:
        return f"{said[0]} says how until_decided compares; a finished run: prism-eval report RUN --{said[0]}"
    return ""


def read_plan(path: Path) -> dict[str, Any]:
    """The values of a TOML plan file, for `make_plan`.

    Raises:
        UsageError: The file cannot be read or is not TOML.
    """
    return read_toml(user_path(path), f"the plan {path}")
