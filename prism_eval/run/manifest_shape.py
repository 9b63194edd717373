"""What of a manifest is read, and of what shape it must be: a damaged part is named before anything shows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from prism_eval.errors import RunError
from prism_eval.plan.plan import LEAST_MARGIN
from prism_eval.plugins.identity import canonical_json

_Count = Annotated[int, Field(ge=0, lt=2**63)]
"""What a column of a table holds, too."""


class _Part(BaseModel):
    # Of whatever else is in it, a later version may have made something.
    model_config = ConfigDict(extra="allow", strict=True)


class _Plugin(_Part):
    label: str | None = None
    identity: dict[str, object] | None = None
    remarks: list[str] = []

    @field_validator("identity")
    @classmethod
    def _can_be_digested(cls, said: dict[str, object] | None) -> dict[str, object] | None:
        # It is compared by its digest, which no infinity and no NaN has.
        canonical_json(said)
        if said and not isinstance(said.get("plugin", ""), str):
            raise ValueError("a plugin has a name")
        return said


class _Labelled(_Plugin):
    label: str


class _Model(_Part):
    engine: str
    address: str


class _Unusable(_Part):
    reasons: dict[str, _Count]
    first: str


class _Benchmark(_Part):
    name: str
    title: str | None = None
    licence: str | None = None
    source: str | None = None
    revision: str | None = None
    fingerprint: str | None = None
    size: _Count | None = None
    items: _Count | None = None
    images: _Count | None = None
    scorer: str | None = None
    unusable: _Unusable | None = None
    missing: list[str] | None = None


class _Aggregate(_Part):
    benchmark: str
    captioner: str
    sample: _Count
    metrics: dict[str, object]


class _Looks(_Part):
    baseline: str | None = None
    margin: float | None = Field(None, ge=LEAST_MARGIN, lt=100)
    images: _Count = 0
    of_images: _Count = 0


class _WholeBenchmark(_Part):
    name: str
    rows: _Count
    images: _Count
    fingerprint: str
    unusable: dict[str, _Count]


class _Shard(_Part):
    number: _Count
    of: _Count
    stage: str
    benchmarks: list[_WholeBenchmark]


class _Origin(_Part):
    stage: str
    source: str
    count: _Count


class _MadeElsewhere(_Origin):
    made_by: str
    asked_now: str


class _TakenIn(_Origin):
    folder: str


class _Counts(_Part):
    outcomes: dict[str, _Count] | None = None
    empty_captions: dict[str, _Count] | None = None
    entries: dict[str, dict[str, object]] | None = None
    made_elsewhere: list[_MadeElsewhere] | None = None
    imported: list[_TakenIn] | None = None
    told_twice: dict[str, _Count] | None = None


class _AuditedEntry(_Part):
    captioner: str
    captions: _Count
    found: dict[str, _Count]


class _Audit(_Part):
    edition: int
    entries: list[_AuditedEntry]


class _Protocol(_Part):
    name: str | None = None
    edition: str | None = None
    summary: str | None = None
    samples: Annotated[int, Field(ge=1, lt=2**31)] | None = None


class _Manifest(_Part):
    benchmarks: list[_Benchmark]
    version: str = ""
    created: str = ""
    python: str = ""
    git_commit: str = ""
    packages: dict[str, str | None] = {}
    plan_digest: str = ""
    plan: dict[str, object] = {}
    protocol: _Protocol = _Protocol()
    reasoner: _Plugin = _Plugin()
    reasoners: list[_Labelled] = []
    judge: _Plugin = _Plugin()
    captioners: list[_Labelled] = []
    models: list[_Model] = []
    aggregates: list[_Aggregate] = []
    unread: dict[str, str] = {}
    imported: dict[str, object] = {}
    looks: _Looks = _Looks()
    shard: _Shard | None = None
    counts: _Counts = _Counts()
    audit: _Audit | None = None
    tables: dict[str, str] = {}


def check_shape(manifest: Mapping[str, object], path: Path) -> None:
    """Make sure that a manifest can be read.

    Args:
        manifest: Its content, without what is said to be nothing.
        path: Its file, for the message.

    Raises:
        RunError: A part that is read is missing, or not what it should be; the message names it.
    """
    try:
        _Manifest.model_validate(manifest)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RunError(f"{path}: {where}: {first['msg'].lower()}; is this the manifest of a prism-eval run?") from error
