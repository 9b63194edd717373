"""Whether a run folder that somebody hands in can be what it says it is.

It is held against itself: its tables against its manifest, each verdict against its own outcome and the answer and
caption beside it, every answer against today's scorers, every text against the key of the call that it claims to come
from. What a forger makes agree in all of that passes: only asking the models again would tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prism_eval.errors import PrismError, RunError, UsageError
from prism_eval.run.belonging import check_belonging
from prism_eval.run.folder import TABLES, RunFolder
from prism_eval.run.reading import Manifest, read_manifest
from prism_eval.run.rescoring import Rescored, Ruled, rescore
from prism_eval.run.verification.contradictions import contradictions, repeated_rows, unlike_rows
from prism_eval.run.verification.counts import miscounted, uncounted, unstated
from prism_eval.run.verification.finding import Finding
from prism_eval.run.verification.items import unlike_items
from prism_eval.run.verification.provenance import provenance
from prism_eval.run.verification.reread import unlike_readings
from prism_eval.run.verification.texts import unlike_texts

__all__ = ["Finding", "Verification", "at_a_glance", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came of holding a run against itself.

    Attributes:
        findings: What does not agree, the gravest first; none where all does.
        notes: What could not be looked at, and why.
        rescored: How many answers were scored again.
        traced: How many texts have the key that their captioner or reasoner gives such a call.
        texts: How many there are.
    """

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    rescored: int = 0
    traced: int = 0
    texts: int = 0


def verify(path: Path) -> Verification:
    """Hold a scored run against itself; no model is called, and nothing is written.

    Args:
        path: The run folder.

    Raises:
        NotThere: It is no run folder, or has no manifest or table.
        RunError: A table or the manifest cannot be read at all.
    """
    folder = RunFolder.open(path)
    manifest = read_manifest(folder.path)
    findings = [*_belonging(folder), *at_a_glance(folder, manifest), *unstated(manifest)]
    findings += [*miscounted(folder, manifest), *repeated_rows(folder), *unlike_rows(folder)]
    findings += [*unlike_items(folder, manifest), *unlike_texts(folder, manifest), *unlike_readings(folder, manifest)]
    findings += uncounted(folder, manifest)
    traced, notes = provenance(folder, manifest), list(_notes(manifest))
    findings += traced.findings
    notes += traced.notes
    rescored = 0
    try:
        again = rescore(folder.path)
    except RunError as error:
        # A row that cannot be read would else be a way around being scored.
        findings.append(Finding("verdicts.parquet", str(error)))
    except UsageError as error:
        notes.append(f"Nothing was scored again: {error}")
    else:
        findings += _changed(again)
        notes += [f"{name} was not scored again: {why}" for name, why in again.left_out.items()]
        rescored = again.answers
    return Verification(
        findings=tuple(findings), notes=tuple(notes), rescored=rescored, traced=traced.traced, texts=traced.texts
    )


def at_a_glance(folder: RunFolder, manifest: Manifest) -> Iterator[Finding]:
    """What can be told in the time that a leaderboard takes: changed tables, and verdicts against their own scores."""
    for name, said in (manifest.get("tables") or {}).items():
        if name in TABLES.values() and folder.digest_of(name) not in (said, None):
            yield Finding(f"{name}.parquet", "is not the table that the manifest was written for")
    yield from contradictions(folder)


def _belonging(folder: RunFolder) -> Iterator[Finding]:
    try:
        check_belonging(folder, "score", manifest=True)
    except PrismError as error:
        yield Finding("plan.toml", str(error))


def _notes(manifest: Manifest) -> Iterator[str]:
    if not manifest.get("tables"):
        yield "The manifest names no digests of tables: it was written by an older prism-eval."
    if imported := manifest.get("imported"):
        yield f"The texts are from {imported.get('evaluator', 'another evaluator')}: no calls of prism-eval made them."


def _said(ruled: Ruled) -> str:
    return ruled.said if ruled.score is None else f"{ruled.said}, score {ruled.score:g}"


def _changed(again: Rescored) -> Iterator[Finding]:
    if again.changed:
        first = again.changed[0]
        where = f"{first.benchmark} {first.item}, {first.captioner}: {_said(first.before)}; now {_said(first.after)}"
        yield Finding("verdicts.parquet", "today's scorers give another verdict", len(again.changed), where)
