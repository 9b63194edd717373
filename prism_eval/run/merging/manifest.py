"""The manifest of the shards' run.

What says what was asked is the same in all shards, and as it is. What was counted is counted in the joined tables, the
calls by their keys. What no second run would repeat is joined: the latest time, the sum of the seconds, every version.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from prism_eval.plan import Plan
from prism_eval.run.entries import control_of
from prism_eval.run.merging.opened import OpenShard
from prism_eval.run.merging.sums import Sums
from prism_eval.run.reading import reasoners_of
from prism_eval.run.shard_calls import JoinedCalls
from prism_eval.run.spending import Payer

_ABOUT = ("params_b", "price_in", "price_out")


def joined_manifest(
    shards: Sequence[OpenShard],
    plan: Plan,
    calls: JoinedCalls,
    sums: Sums,
    aggregates: Sequence[Mapping[str, object]],
) -> dict[str, object]:
    """The manifest of the whole run.

    Args:
        shards: The shards, by their numbers.
        plan: The plan of the whole run.
        calls: The shards' calls.
        sums: What was counted in its tables.
        aggregates: What benchmarks' own aggregations made of its verdicts.
    """
    manifests: list[Mapping[str, Any]] = [one.manifest for one in shards]
    first = manifests[0]
    left_out = {"shard", "models", "aggregates", "python", "git_commit", "packages"}
    # In the order of the first, so that the file reads as one run's.
    joined: dict[str, object] = {}
    for key, value in first.items():
        if key == "benchmarks" and (models := _models(manifests)):
            joined["models"] = models
        if key not in left_out:
            joined[key] = value
    joined |= {
        "created": max(str(manifest["created"]) for manifest in manifests),
        "plan": plan.model_dump(mode="json", exclude_none=True),
        "plan_digest": plan.digest,
        "benchmarks": [_benchmark(entry, manifests) for entry in first["benchmarks"]],
        "counts": _counts(manifests, calls, sums),
    }
    for key in ("captioners", "reasoner", "reasoners", "judge"):
        if key in first:
            joined[key] = _with_remarks([manifest[key] for manifest in manifests])
    return {
        **joined,
        **({"aggregates": list(aggregates)} if aggregates else {}),
        "python": _versions(manifest["python"] for manifest in manifests),
        "git_commit": _versions(manifest.get("git_commit") for manifest in manifests),
        "packages": _packages([manifest["packages"] for manifest in manifests]),
    }


def _benchmark(entry: Mapping[str, Any], manifests: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    name = entry["name"]
    own = [one for manifest in manifests for one in manifest["benchmarks"] if one["name"] == name]
    told = [one for manifest in manifests for one in manifest["shard"]["benchmarks"] if one["name"] == name]
    unusable = _unusable(own, told)
    facts = {key: value for key, value in entry.items() if key not in ("unusable", "excluded")}
    return {
        **facts,
        "items": sum(one["items"] for one in own),
        "images": told[0]["images"],
        "fingerprint": told[0]["fingerprint"],
        **({"unusable": unusable} if unusable else {}),
        **({"excluded": entry["excluded"]} if "excluded" in entry else {}),
    }


def _unusable(own: Sequence[Mapping[str, Any]], told: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """The rows that cannot be used, with their reasons in the order in which one run would have met them."""
    counts: Counter[str] = Counter()
    places: dict[str, tuple[int, str]] = {}
    for entry, shard in zip(own, told, strict=True):
        for reason, place in shard["unusable"].items():
            counts[reason] += entry["unusable"]["reasons"][reason]
            places[reason] = min(places.get(reason, (place, "")), (place, entry["unusable"]["first"]))
    order = sorted(places, key=lambda reason: places[reason])
    # The first of a shard is told; that of all of them is the first of the shard that met it.
    return {"reasons": {reason: counts[reason] for reason in order}, "first": places[order[0]][1]} if order else {}


def _counts(manifests: Sequence[Mapping[str, Any]], calls: JoinedCalls, sums: Sums) -> dict[str, object]:
    counts = [manifest["counts"] for manifest in manifests]
    none = {"hits": 0, "made": 0, "failed": 0}
    elsewhere, imported = (_summed(counts, key) for key in ("made_elsewhere", "imported"))
    # Of whoever is to be silent no shard has counted any.
    counted = {label for one in counts for label in one["empty_captions"]}
    return {
        "outcomes": dict(sums.outcomes),
        "calls": {stage: none | dict(calls.became.get(stage, {})) for one in counts for stage in one["calls"]},
        "empty_captions": {
            entry["label"]: count
            for entry in manifests[0]["captioners"]
            if entry["label"] in counted and (count := sums.empty[entry["label"]])
        },
        "entries": sums.spending.told(_payers(manifests[0]), _prices(manifests[0])),
        "seconds": round(sum(one["seconds"] for one in counts), 3),
        **({"made_elsewhere": elsewhere} if elsewhere else {}),
        **({"imported": imported} if imported else {}),
        **({"told_twice": {stage: keys.size for stage, keys in calls.twice.items()}} if calls.twice else {}),
    }


def _payers(manifest: Mapping[str, Any]) -> list[Payer]:
    return [
        Payer(entry["label"], _about(entry), answers=control_of(entry["identity"]) == "direct")
        for entry in manifest["captioners"]
    ]


def _prices(manifest: Mapping[str, Any]) -> dict[str, Mapping[str, float]]:
    return {entry["label"]: _about(entry) for entry in reasoners_of(cast("Any", manifest))}


def _about(entry: Mapping[str, Any]) -> dict[str, float]:
    return {key: entry[key] for key in _ABOUT if key in entry}


def _summed(counts: Sequence[Mapping[str, Any]], key: str) -> list[dict[str, object]]:
    """Results of one origin, in however many shards, as one entry."""
    joined: dict[tuple[str, ...], dict[str, Any]] = {}
    for one in (one for each in counts for one in each.get(key, [])):
        what = tuple(str(value) for name, value in one.items() if name != "count")
        joined[what] = {**one, "count": joined.get(what, {"count": 0})["count"] + one["count"]}
    return list(joined.values())


def _models(manifests: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What was found out about each model, by whoever asked it first: a shard without a call has asked nobody."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in (one for manifest in manifests for one in manifest.get("models", [])):
        found.setdefault((one["engine"], one["address"]), one)
    return list(found.values())


def _with_remarks(told: Sequence[Any]) -> Any:
    """Plugins as the first shard tells of them, with what any of them remarked."""
    if isinstance(told[0], list):
        return [_with_remarks(each) for each in zip(*told, strict=True)]
    remarks = list(dict.fromkeys(remark for one in told for remark in one.get("remarks", [])))
    return {**told[0], **({"remarks": remarks} if remarks else {})}


def _versions(said: Iterable[str | None]) -> str | None:
    """The one version there was; where there were several, all of them."""
    return " and ".join(dict.fromkeys(filter(None, said))) or None


def _packages(said: Sequence[Mapping[str, str]]) -> dict[str, str]:
    names = dict.fromkeys(name for packages in said for name in packages)
    return {name: str(_versions(packages.get(name) for packages in said)) for name in names}
