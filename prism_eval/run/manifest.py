"""The manifest: what a run met, so that two runs can be compared or one can be explained."""

from __future__ import annotations

import contextlib
import functools
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from prism_eval._version import __version__
from prism_eval.benchmarks import Benchmark, what_is_missing
from prism_eval.errors import PrismError, RunError
from prism_eval.plugins import Plugin
from prism_eval.plugins.identity import digest_of
from prism_eval.run.assemble import Assembly
from prism_eval.run.counts import Counts
from prism_eval.run.looks import Looks
from prism_eval.run.probing import Known
from prism_eval.run.reading import Manifest, read_manifest, reasoners_of

FORMAT = 2
Remarks = Mapping[str, Sequence[str]]
"""By the digest of a plugin's identity, what a reader of its results should know."""

_PACKAGES = (
    "aiohttp", "matplotlib", "numpy", "pandas", "pillow", "pyarrow", "rapidfuzz", "rapidocr", "datasets", "math-verify",
    "latex2sympy2-extended", "sympy",
)  # fmt: skip
"""What may change a number: readers of data, of images, of text and of mathematics."""


def make_manifest(
    assembly: Assembly,
    counts: Counts,
    aggregates: Sequence[Mapping[str, object]],
    *,
    looks: Looks | None = None,
    known: Remarks = MappingProxyType({}),
    models: Sequence[Mapping[str, object]] = (),
) -> dict[str, object]:
    """The manifest of a finished run.

    Args:
        assembly: What was run.
        counts: What was counted.
        aggregates: What benchmarks' own aggregations made of it.
        looks: What was decided, and when.
        known: What was remarked before of plugins whose results this run may have taken from the store.
        models: What each engine found out about its model.
    """
    return {
        "format": FORMAT,
        "version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **_about(assembly, known),
        **({"models": list(models)} if models else {}),
        "benchmarks": [
            {
                **_facts(assembly, benchmark),
                "items": count.items,
                "images": len(count.images),
                "fingerprint": count.fingerprint,
                **({"unusable": vars(count.unusable)} if count.unusable.reasons else {}),
                **({"excluded": excluded} if (excluded := benchmark.definition.excluded) else {}),
            }
            for benchmark in assembly.benchmarks
            # One that gave no item has no fingerprint, and nothing to be compared by.
            if (count := counts.benchmarks.get(benchmark.name))
        ],
        **({"unread": dict(assembly.unread)} if assembly.unread else {}),
        **({"shard": assembly.division.facts(assembly.settings.through)} if assembly.division else {}),
        "counts": _counts(assembly, counts),
        **({"looks": looks.facts()} if looks else {}),
        **({"aggregates": list(aggregates)} if aggregates else {}),
        "python": platform.python_version(),
        "git_commit": _git_commit(),
        "packages": _versions(),
    }


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run in a folder found out, for one that may find all in the store.

    Attributes:
        remarks: By plugin, what a reader of its results should know.
        probes: By engine and address, what its model is.
    """

    remarks: Remarks
    probes: Known

    @classmethod
    def of(cls, folder: Path) -> Earlier:
        """What the manifest of an earlier run says; nothing where there is none."""
        manifest = _earlier(folder)
        plugins = [*manifest.get("captioners", []), *reasoners_of(manifest), manifest.get("judge", {})]
        remarks = {digest_of(plugin["identity"]): plugin["remarks"] for plugin in plugins if "remarks" in plugin}
        return cls(remarks, {(one["engine"], one["address"]): one for one in manifest.get("models", [])})


def known_unread(folder: Path) -> Mapping[str, str]:
    """The benchmarks that an earlier run in a folder has left out, and why."""
    return _earlier(folder).get("unread", {})


def looks_taken(folder: Path) -> int | None:
    """How many looks an earlier run in a folder has taken; ``None`` where it was to take none."""
    return _earlier(folder).get("looks", {}).get("taken")


def _earlier(folder: Path) -> Manifest:
    try:
        return read_manifest(folder)
    except RunError:  # the first run here, or one of which only tables are left
        return {"benchmarks": []}


def _about(assembly: Assembly, known: Remarks) -> dict[str, object]:
    """Plan, protocol and plugins."""
    settings = assembly.settings
    reasoners = [
        {**_plugin(label, reasoner, known), **settings.about.get(label, {})}
        for label, reasoner in settings.reasoners.items()
    ]
    judge = {"judge": _plugin(settings.judge_label, settings.judge, known)} if settings.judge else {}
    return {
        "protocol": assembly.protocol.facts(),
        "plan": assembly.plan.model_dump(mode="json", exclude_none=True),
        "plan_digest": assembly.plan.digest,
        "reasoner": reasoners[0],
        **({"reasoners": reasoners} if len(reasoners) > 1 else {}),
        **judge,
        "captioners": [{**_plugin(entry.label, entry.captioner, known), **entry.about} for entry in settings.entries],
    }


def _plugin(label: str, plugin: Plugin, known: Remarks) -> dict[str, object]:
    # Beside the identity and not in it: a server may move without its captions becoming others.
    served = {"address": plugin.address, "root": plugin.root} if plugin.address else {}
    remarks = list(dict.fromkeys([*known.get(plugin.identity_digest, []), *plugin.remarks]))
    return {"label": label, "identity": dict(plugin.identity), **served, **({"remarks": remarks} if remarks else {})}


def _facts(assembly: Assembly, benchmark: Benchmark) -> dict[str, object]:
    """What the manifest says of a benchmark's definition and data."""
    definition, plan = benchmark.definition, assembly.plan
    scorer = assembly.settings.scorers[benchmark.name]
    missing = what_is_missing(benchmark)
    return {
        "name": benchmark.name,
        "title": definition.title,
        "licence": definition.licence,
        "source": f"synthetic, seed {plan.seed}" if plan.data == "synthetic" else benchmark.source.origin,
        "revision": benchmark.revision,
        **({"question_file": digest} if (digest := benchmark.digest) else {}),
        **({"missing": list(missing)} if missing else {}),
        "scorer": scorer.name,
        "scoring": dict(scorer.identity),
        "needs_judge": scorer.needs_judge,
        # Of how many some were asked; the whole of a benchmark needs no second number.
        **({"size": _size(benchmark)} if plan.limit or plan.until_decided else {}),
    }


def _size(benchmark: Benchmark) -> int | None:
    # Counted in files that may be gone by now: the run is over, and must not be lost for a number beside it.
    with contextlib.suppress(PrismError, OSError):
        return benchmark.size()
    return None


def _counts(assembly: Assembly, counts: Counts) -> dict[str, object]:
    calls = assembly.settings.calls
    elsewhere, imported = (list(map(asdict, some)) for some in (calls.origins.elsewhere(), calls.origins.imported()))
    return {
        "outcomes": dict(counts.outcomes),
        "calls": {
            stage: {"hits": tally.hits, "made": tally.made, "failed": tally.failed}
            for stage, tally in calls.tallies.items()
        },
        "empty_captions": {label: count for label, count in counts.empty_captions.items() if count},
        "entries": counts.spending.entries(assembly.settings),
        "seconds": round(counts.spending.seconds, 3),
        **({"made_elsewhere": elsewhere} if elsewhere else {}),
        **({"imported": imported} if imported else {}),
    }


def _git_commit() -> str | None:
    """The commit of the repository the command was given in, if it is one."""
    try:
        answer = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):  # no git here, or no repository: most users have neither
        return None
    return answer.stdout.strip()


@functools.cache  # each is a file to read, and what is imported stays as it is
def _versions() -> Mapping[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
