"""Runs that may stand in one table: read, held beside each other, and joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from prism_eval.errors import RunError, UsageError
from prism_eval.leaderboard.joined import JoinedTable
from prism_eval.leaderboard.spent import Spent, spent_on
from prism_eval.leaderboard.tables import read_verdicts
from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.run.comparable import check_alike, comparable, difference, ended_early, shown
from prism_eval.run.entries import control_of
from prism_eval.run.reading import Manifest, Table, of_reasoner, read_manifest


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs that can be compared.

    Attributes:
        folders: Their folders.
        manifests: Their manifests, in the same order.
        verdicts: Their verdicts, joined.
        home: By label of an entry or a control, the run it is from.
        repeated: Controls that several runs have, of which the first one's stands.
    """

    folders: tuple[Path, ...]
    manifests: tuple[Manifest, ...]
    verdicts: Verdicts
    home: Mapping[str, int]
    repeated: tuple[str, ...]

    def captioner(self, label: str) -> Mapping[str, Any]:
        """What the manifest says of an entry or a control; its label alone where it says nothing."""
        known = _captioners(self.manifests[self.home.get(label, 0)])
        return known.get(label, {"label": label})

    def identity(self, label: str) -> Mapping[str, Any]:
        """What tells an entry or a control from others; nothing where the manifest does not know it."""
        return self.captioner(label).get("identity") or {}

    def signs(self, label: str) -> tuple[Mapping[str, int] | None, int]:
        """What an audit counted in the captions of an entry or a control, and in how many; ``None`` without one."""
        said = self.manifests[self.home[label]].get("audit") or {}
        one = next((one for one in said.get("entries", ()) if one["captioner"] == label), None)
        return (one["found"], one["captions"]) if one else (None, 0)

    def spent(self, label: str) -> Spent:
        """What an entry's captions took, or what a control's answers did if it writes none."""
        manifest = self.manifests[self.home[label]]
        entries, reasoner = _counts(manifest, "entries", {}), (manifest.get("reasoner") or {}).get("label", "")
        return spent_on(entries.get(label) or {}, reasoner, answers=control_of(self.identity(label)) == "direct")


def read_runs(folders: Sequence[Path], reasoner: str | None = None) -> Runs:
    """Read the runs of a leaderboard.

    Args:
        folders: Their folders.
        reasoner: The label of the reasoner whose verdicts count, where there are several; by default each run's first.

    Raises:
        UsageError: Two of them are one, cannot be compared, or have an entry of the same name; or one has no such
            reasoner.
        RunError: A manifest or a table cannot be read, a table is of another run than its manifest, or holds a verdict
            twice or of more reasoners than the manifest names.
    """
    _check_different(folders)
    whole = tuple(map(read_manifest, folders))
    tables = [Table(folder, "verdicts") for folder in folders]
    for manifest, table in zip(whole, tables, strict=True):
        _check_home(manifest, table)
    manifests = tuple(of_reasoner(manifest, reasoner) for manifest in whole)
    _check_comparable(folders, manifests)
    repeated = _repeated(folders, manifests)
    for run, (manifest, table) in enumerate(zip(manifests, tables, strict=True)):
        own = table.where("reasoner", manifest["reasoner"]["label"]) if manifest.get("reasoners") else table
        for label in repeated.get(run, ()):
            own = own.without("captioner", label)
        tables[run] = own
    verdicts = read_verdicts(JoinedTable(tuple(tables)))
    verdicts.check_once()
    if len(verdicts.reasoners) > 1:
        listing = ", ".join(sorted(verdicts.reasoners))
        raise RunError(f"{folders[0]}: verdicts of several reasoners ({listing}); a leaderboard has one")
    controls = tuple(dict.fromkeys(label for labels in repeated.values() for label in labels))
    return Runs(tuple(folders), manifests, verdicts, _homes(folders, verdicts), controls)


def benchmark_titles(manifest: Manifest) -> dict[str, str]:
    """By benchmark, what it is called."""
    return {entry["name"]: str(entry.get("title") or entry["name"]) for entry in manifest["benchmarks"]}


def merged(manifests: Sequence[Manifest]) -> Manifest:
    """The manifest of runs that can be compared, as if they were one: what they share is the first one's."""
    first, *others = manifests
    if not others:
        return first
    # Backwards where a control may be in several runs: that of the first stands, as its verdicts do.
    return {
        **first,
        "benchmarks": list(_once("name", (entry for manifest in manifests for entry in manifest["benchmarks"]))),
        "captioners": list(_once("label", (one for manifest in manifests for one in manifest.get("captioners") or []))),
        "aggregates": list(
            {
                (said["benchmark"], said["captioner"], said["sample"]): said
                for manifest in reversed(manifests)
                for said in manifest.get("aggregates") or []
            }.values()
        ),
        # Whoever was looked at before the end pays for it, wherever that run stands among the others.
        "looks": next(filter(None, (one.get("looks") for one in manifests)), {}),
        "imported": _imported(manifests),
        "unread": {name: why for manifest in manifests for name, why in (manifest.get("unread") or {}).items()},
        "counts": {
            "empty_captions": {
                label: count
                for manifest in manifests
                for label, count in _counts(manifest, "empty_captions", {}).items()
            },
            "entries": {
                label: took for one in reversed(manifests) for label, took in _counts(one, "entries", {}).items()
            },
            **{
                name: [one for manifest in manifests for one in _counts(manifest, name, [])]
                for name in ("made_elsewhere", "imported")
            },
            "told_twice": sum((Counter(_counts(one, "told_twice", {})) for one in manifests), Counter()),
        },
    }


def _imported(manifests: Sequence[Manifest]) -> Mapping[str, Any]:
    """Where results are from that are another evaluator's, and how many answers were scored again in all runs."""
    told = [manifest.get("imported") or {} for manifest in manifests]
    counted = [name for name in ("rescored", "same") if all(isinstance(one.get(name), int) for one in told)]
    return {**told[0], **{name: sum(one[name] for one in told) for name in counted}}


def unusable_answers(manifest: Manifest) -> dict[str, int]:
    """By benchmark, how many of each captioner's answers are to questions that cannot be asked of anybody."""
    samples = (manifest.get("protocol") or {}).get("samples") or 1
    return {name: samples * items for name, items in unusable_items(manifest).items()}


def unusable_items(manifest: Manifest) -> dict[str, int]:
    """By benchmark, how many of its items cannot be asked of anybody."""
    return {
        str(entry["name"]): sum(entry["unusable"]["reasons"].values())
        for entry in manifest["benchmarks"]
        if entry.get("unusable")
    }


def _counts(manifest: Manifest, name: str, absent: Any) -> Any:
    return (manifest.get("counts") or {}).get(name) or absent


def _once(key: str, entries: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    seen: set[object] = set()
    for entry in entries:
        if entry.get(key) not in seen:
            seen.add(entry.get(key))
            yield entry


def _captioners(manifest: Manifest) -> dict[str, Mapping[str, Any]]:
    return {str(captioner.get("label")): captioner for captioner in manifest.get("captioners") or []}


def _check_different(folders: Sequence[Path]) -> None:
    """Make sure that no folder is there twice, under whatever name."""
    places: dict[Path, Path] = {}
    for folder in folders:
        if (other := places.setdefault(folder.resolve(), folder)) is not folder:
            names = f"{other}" if str(other) == str(folder) else f"{other}, which is {folder} too,"
            raise UsageError(f"{names} is given twice: leave one out")


def _check_home(manifest: Manifest, table: Table) -> None:
    """Make sure that a table which says what it depends on lies beside its own manifest."""
    if (said := table.comparable()) and (differs := difference(said, comparable(manifest))):
        field, own, others = differs
        raise table.spoilt(
            f"is not of the manifest beside it: {field} is {shown(own, others)} in the table "
            f"and {shown(others, own)} in the manifest"
        )


def _check_comparable(folders: Sequence[Path], manifests: Sequence[Manifest]) -> None:
    # Every two: the last may share with the second a benchmark that the first does not have.
    for (one, first), (other, second) in combinations(zip(folders, manifests, strict=True), 2):
        check_alike(one, ended_early(first), other, ended_early(second))
        check_alike(one, comparable(first), other, comparable(second))


def _repeated(folders: Sequence[Path], manifests: Sequence[Manifest]) -> dict[int, list[str]]:
    """By run, the controls that an earlier run has too, and whose verdicts there count.

    Raises:
        UsageError: Two runs have an entry of the same name: nobody could tell which of them counts.
    """
    home: dict[str, tuple[Path, object]] = {}
    repeated: dict[int, list[str]] = {}
    for run, (folder, manifest) in enumerate(zip(folders, manifests, strict=True)):
        for label, captioner in _captioners(manifest).items():
            identity = captioner.get("identity") or {}
            other, its_identity = home.setdefault(label, (folder, identity))
            if other is folder:
                continue
            if identity != its_identity or not control_of(identity):
                raise _both(label, other, folder)
            repeated.setdefault(run, []).append(label)
    return repeated


def _homes(folders: Sequence[Path], verdicts: Verdicts) -> dict[str, int]:
    """By label, the run that its verdicts are from."""
    import numpy as np

    home: dict[str, int] = {}
    for run, (start, end) in enumerate(pairwise(verdicts.table.starts.tolist())):
        for number in np.unique(verdicts.captioner[start:end]).tolist():
            label = verdicts.captioners[number]
            # A manifest that does not name its captioners has not told before.
            if home.setdefault(label, run) != run:
                raise _both(label, folders[home[label]], folders[run])
    return home


def _both(label: str, one: Path, other: Path) -> UsageError:
    return UsageError(
        f"{label!r} is an entry of both {one} and {other}: leave one of the runs out, "
        "or do one again under another label="
    )
