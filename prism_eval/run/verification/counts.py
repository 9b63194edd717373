"""The manifest's counts against the tables that they are of."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from prism_eval.errors import RunError
from prism_eval.run.audit.counted import EDITION, counted
from prism_eval.run.folder import RunFolder
from prism_eval.run.manifest import FORMAT
from prism_eval.run.reading import LABEL, Manifest, Table, reasoners_of
from prism_eval.run.verification.finding import Finding

_FILE = "manifest.json"
_STATED = ("tables", "captioners", "protocol", "plan", "plan_digest")
_OF_BENCHMARKS = frozenset({"items", "images", "fingerprint", "scorer"})


def miscounted(folder: RunFolder, manifest: Manifest) -> Iterator[Finding]:
    """What the manifest counts otherwise than the verdicts do: items, outcomes, and who has how many of them.

    Args:
        folder: The run folder.
        manifest: Its manifest.

    Raises:
        RunError: The table cannot be read.
    """
    import pyarrow.compute as pc

    names = ("captioner", "reasoner", "benchmark", "item", "outcome")
    whole = Table(folder.path, "verdicts").columns(dict.fromkeys(names, LABEL))
    rows = whole.from_arrays([whole[name].cast("string") for name in names], names=list(names))
    grouped = rows.group_by(["captioner", "reasoner", "benchmark"])
    sizes = grouped.aggregate([("item", "count_distinct"), ("item", "count")]).to_pylist()
    found = {(one["captioner"], one["reasoner"], one["benchmark"]): one for one in sizes}
    for entry in manifest["benchmarks"]:
        name, items = str(entry["name"]), entry.get("items")
        # Rows that cannot be used were asked of nobody, and have a verdict all the same.
        unusable = sum(((entry.get("unusable") or {}).get("reasons") or {}).values())
        here = {key: one for key, one in found.items() if key[2] == name}
        if not here and items:
            yield Finding(_FILE, f"{name} has {items:,} items, and no verdict")
        for (captioner, *_), one in here.items():
            if isinstance(items, int) and one["item_count_distinct"] != items + unusable:
                told = f"{items:,} items" + (f" and {unusable:,} unusable rows" if unusable else "")
                yield Finding(_FILE, f"{name} has {told}, and {captioner} verdicts on {one['item_count_distinct']:,}")
        if len({one["item_count"] for one in here.values()}) > 1:
            yield Finding("verdicts.parquet", f"{name} was not asked of all captioners equally often")
    if strange := sorted({str(key[2]) for key in found} - {str(entry["name"]) for entry in manifest["benchmarks"]}):
        yield Finding("verdicts.parquet", f"the manifest knows nothing of benchmark {strange[0]!r}")
    counted = {str(one["values"]): one["counts"] for one in pc.value_counts(rows["outcome"]).to_pylist()}
    yield from _strangers(manifest, {str(key[0]) for key in found})
    outcomes = (manifest.get("counts") or {}).get("outcomes") or {}
    for outcome in sorted({*outcomes, *counted}) if outcomes else ():
        if outcomes.get(outcome, 0) != counted.get(outcome, 0):
            said = f"counts {outcomes.get(outcome, 0)} answers {outcome}, where there are {counted.get(outcome, 0)}"
            yield Finding(_FILE, said)


def _strangers(manifest: Manifest, labels: Collection[str]) -> Iterator[Finding]:
    """Captioners of which only the manifest or only the verdicts know."""
    if not (named := {str(one.get("label")) for one in manifest.get("captioners") or []}):
        return
    for label in sorted({*labels} ^ named):
        where, problem = (_FILE, "no verdict") if label in named else ("verdicts.parquet", "verdicts and no identity")
        yield Finding(where, f"captioner {label!r} has {problem}")


def unstated(manifest: Manifest) -> Iterator[Finding]:
    """What every manifest of this format says, and this one does not: what is not said cannot be held against anything.

    Args:
        manifest: The manifest.
    """
    # An older one may lack any of it, and what another evaluator made has no calls.
    if manifest.get("format") != FORMAT or manifest.get("imported"):
        return
    lacking = [name for name in _STATED if not manifest.get(name)]
    lacking += [f"{entry['name']}.{name}" for entry in manifest["benchmarks"] for name in _OF_BENCHMARKS - {*entry}]
    plugins = [*(manifest.get("captioners") or []), *reasoners_of(manifest)]
    lacking += [f"{one.get('label')}.identity" for one in plugins if not one.get("identity")]
    if not (manifest.get("counts") or {}).get("outcomes"):
        lacking.append("counts.outcomes")
    if lacking:
        yield Finding(_FILE, f"leaves out what every run's says: {', '.join(map(str, lacking))}")


def uncounted(folder: RunFolder, manifest: Manifest) -> Iterator[Finding]:
    """What the manifest counts otherwise than an audit of the captions does.

    Args:
        folder: The run folder.
        manifest: Its manifest.
    """
    said = manifest.get("audit") or {}
    # What another version looks for is another count.
    if said and said.get("edition") != EDITION:
        return
    if not said and (manifest.get("format") != FORMAT or manifest.get("imported") or manifest.get("shard")):
        return
    try:
        found = counted(folder).get("audit")
    except RunError as error:
        yield Finding("captions.parquet", f"cannot be audited: {error}")
        return
    if found is not None and found != said:
        yield Finding(_FILE, "counts signs of speaking to a reader otherwise than the captions have them")
