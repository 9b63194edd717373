"""What a reader must know before reading a leaderboard's scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prism_eval.leaderboard.rows import Row
from prism_eval.run.counts import Unusable
from prism_eval.run.reading import Manifest
from prism_eval.schema import Outcome
from prism_eval.statistics import FEW_CLUSTERS

_NOTABLE = 0.05
"""Share of answers or captions from which a format slip or a cut is worth a sentence."""

_MANY_EMPTY, _SOME_EMPTY = 5, 0.01
"""Empty captions that are worth a sentence: so many, or more than such a share."""


def caveats(rows: Sequence[Row], items: int, manifest: Manifest) -> tuple[str, ...]:
    """One sentence for each thing that limits what the scores say, the gravest first.

    Args:
        rows: The leaderboard's rows.
        items: Items that any of them has a score on.
        manifest: The run's manifest.
    """
    # What changes a score stands before what widens its interval, and that before what only explains it.
    return (
        *_unusable(manifest),
        *_missing(rows, items, manifest),
        *_incomplete(manifest),
        *_notable(rows),
        *_empty(rows, manifest),
        *_few(rows),
        *_made_elsewhere(manifest),
        *_remarks(manifest),
        *_judged(manifest),
        *_own_numbers(manifest),
    )


def _unusable(manifest: Manifest) -> Iterator[str]:
    for entry, unusable in _unusable_rows(manifest):
        yield unusable.sentence(str(entry["name"]), entry["items"]) + "."


def _unusable_rows(manifest: Manifest) -> Iterator[tuple[Mapping[str, Any], Unusable]]:
    for entry in manifest["benchmarks"]:
        if said := entry.get("unusable"):
            yield entry, Unusable(Counter(said["reasons"]), said["first"])


def _missing(rows: Sequence[Row], items: int, manifest: Manifest) -> Iterator[str]:
    # An unusable row is a failed answer of every captioner's, once a sample; they have been told above.
    samples = manifest.get("protocol", {}).get("samples", 1)
    told = samples * sum(unusable.reasons.total() for _, unusable in _unusable_rows(manifest))
    for row in rows:
        failed = row.outcomes[Outcome.FAILED] - told
        if failed > 0:
            yield f"{row.captioner}: {failed:,} of {row.answers:,} answers failed; they are left out of its scores."
        if not row.complete:
            lacking = [name for name, cell in row.cells.items() if cell.estimate is None]
            yield f"{row.captioner}: no score for {', '.join(lacking)}; its mean is over fewer benchmarks."
    # Whoever failed on the hard items looks better on the rest.
    if len(rows) > 1 and any(row.items < items for row in rows):
        yield "Captioners are scored on different items: compare their differences, which use shared items only."


def _incomplete(manifest: Manifest) -> Iterator[str]:
    """What the benchmarks' data lacked beside what was published."""
    for name, reason in (manifest.get("unread") or {}).items():
        yield f"{name} is left out, since its data cannot be read: {reason}."
    for entry in manifest["benchmarks"]:
        for missing in entry.get("missing") or []:
            yield f"{entry['name']}, its data is not the published set: {missing}."


def _notable(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        unparsed = row.outcomes[Outcome.UNPARSED]
        if row.answers and unparsed / row.answers > _NOTABLE:
            share = 100 * unparsed / row.answers
            yield f"{row.captioner}: {share:.0f} % of answers could not be read and score 0: format, not perception."
        if row.captions and row.truncated / row.captions > _NOTABLE:
            share = 100 * row.truncated / row.captions
            yield f"{row.captioner}: {share:.0f} % of captions were cut at the length limit."


def _empty(rows: Sequence[Row], manifest: Manifest) -> Iterator[str]:
    """Captions that say nothing, of captioners that are there to say something: the manifest counts no others."""
    for row in rows:
        count = manifest.get("counts", {}).get("empty_captions", {}).get(row.captioner, 0)
        if count >= _MANY_EMPTY or (row.captions and count / row.captions > _SOME_EMPTY):
            yield f"{row.captioner}: {count:,} of {row.captions:,} captions are empty; their questions are read blind."


def _few(rows: Sequence[Row]) -> Iterator[str]:
    few = dict.fromkeys(
        name for row in rows for name, cell in row.cells.items() if cell.estimate is not None and cell.estimate.few
    )
    if few:
        # Twelve names say less than two words.
        everywhere = len(few) == len(rows[0].cells)
        where = "every benchmark" if everywhere else ", ".join(few)
        yield f"Fewer than {FEW_CLUSTERS} images in {where}: intervals there are rough."


def _made_elsewhere(manifest: Manifest) -> Iterator[str]:
    """Results that the store had from another server: the same name may stand for other weights there."""
    for one in manifest.get("counts", {}).get("made_elsewhere", []):
        yield (
            f"{one['count']:,} {one['stage']}s of {one['source']} were taken from the store and made by "
            f"{one['made_by']}, not {one['asked_now']}: if it serves other weights, name them with revision=."
        )


def _remarks(manifest: Manifest) -> Iterator[str]:
    """What captioners, the reasoner and the judge found out of their servers."""
    plugins = [*manifest.get("captioners", []), manifest.get("reasoner", {}), manifest.get("judge", {})]
    # Once, however many entries ask one server.
    yield from dict.fromkeys(remark for plugin in plugins for remark in plugin.get("remarks", []))


def _judged(manifest: Manifest) -> Iterator[str]:
    names = [str(entry["name"]) for entry in manifest["benchmarks"] if entry.get("needs_judge")]
    if names and not manifest.get("judge"):
        yield f"Rules score {', '.join(names)}, where the authors let a language model judge: expect lower scores."


def _own_numbers(manifest: Manifest) -> Iterator[str]:
    """The metrics of benchmarks that aggregate by a rule of their own, which need not be the mean of the scores."""
    entries = manifest.get("aggregates", [])
    several = any(entry["sample"] for entry in entries)
    for entry in entries:
        numbers = ", ".join(f"{metric} {_short(value)}" for metric, value in entry["metrics"].items())
        # Counted from 1 for readers; the manifest counts from 0.
        sample = f", caption {entry['sample'] + 1}" if several else ""
        yield f"{entry['benchmark']}, {entry['captioner']}{sample}, by the benchmark's own aggregation: {numbers}."


def _short(value: object) -> str:
    if value is None:
        return "none"
    # Four digits suit shares and scores in hundreds alike: what a stranger's metric is, nobody says.
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)
