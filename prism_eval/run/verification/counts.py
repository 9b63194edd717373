"""The manifest's counts against the tables that they are of."""

from __future__ import annotations

from collections.abc import Iterator

from prism_eval.errors import RunError
from prism_eval.run.audit.counted import EDITION, counted
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import LABEL, Manifest, Table
from prism_eval.run.verification.finding import Finding

_FILE = "manifest.json"


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
    outcomes = (manifest.get("counts") or {}).get("outcomes") or {}
    for outcome in sorted({*outcomes, *counted}) if outcomes else ():
        if outcomes.get(outcome, 0) != counted.get(outcome, 0):
            said = f"counts {outcomes.get(outcome, 0)} answers {outcome}, where there are {counted.get(outcome, 0)}"
            yield Finding(_FILE, said)


def uncounted(folder: RunFolder, manifest: Manifest) -> Iterator[Finding]:
    """What the manifest counts otherwise than an audit of the captions does.

    Args:
        folder: The run folder.
        manifest: Its manifest.
    """
    said = manifest.get("audit") or {}
    # What another version looks for is another count.
    if said.get("edition") != EDITION:
        return
    try:
        found = counted(folder).get("audit")
    except RunError as error:
        yield Finding("captions.parquet", f"cannot be audited: {error}")
        return
    if found is not None and found != said:
        yield Finding(_FILE, "counts signs of speaking to a reader otherwise than the captions have them")
