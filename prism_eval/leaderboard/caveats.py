"""What a reader must know before reading a leaderboard's scores."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from prism_eval.leaderboard.imported import imported_caveats
from prism_eval.leaderboard.measured import kept_first
from prism_eval.leaderboard.rows import Row
from prism_eval.leaderboard.runs import unusable_answers
from prism_eval.leaderboard.writing import counted, listed, signs
from prism_eval.run.counts import Unusable
from prism_eval.run.reading import Manifest
from prism_eval.schema import Outcome
from prism_eval.statistics import FEW_CLUSTERS

_NOTABLE = 0.05
"""Share of answers or captions from which a format slip or a cut is worth a sentence."""

_NOT_SPOKEN = frozenset({"repeated", "long"})
"""Signs that are no words to anybody."""

_MANY_EMPTY, _SOME_EMPTY = 5, 0.01
"""Empty captions that are worth a sentence: so many, or more than such a share."""


def caveats(rows: Sequence[Row], controls: Sequence[Row], common: Sequence[str], manifest: Manifest) -> tuple[str, ...]:
    """One sentence for each thing that limits what the scores say, the gravest first.

    What is true of several captioners or benchmarks is said once, with all of them in it.

    Args:
        rows: The leaderboard's entries.
        controls: Its controls.
        common: The benchmarks that entries are compared on.
        manifest: The runs' manifest.
    """
    everyone = [*rows, *controls]
    # What changes a score stands before what widens its interval, and that before what only explains it.
    return (
        *_part(manifest),
        *_unusable(manifest),
        *_first(manifest),
        *_ended(manifest),
        *_missing(everyone, manifest),
        *_compared([row for row in rows if not row.unranked], common),
        *_incomplete(manifest),
        *imported_caveats(manifest),
        *_notable(everyone),
        *_empty(everyone, manifest),
        *_speaking(rows),
        *_few(everyone),
        *_made_elsewhere(manifest),
        *_taken_in(manifest),
        *told_twice(manifest),
        *_remarks(manifest),
        *_judged(manifest),
    )


def _part(manifest: Manifest) -> Iterator[str]:
    if shard := manifest.get("shard"):
        number, of = shard["number"], shard["of"]
        yield f"Shard {number} of {of}, a part of a run's items and no result by itself: prism-eval merge joins them."


def _unusable(manifest: Manifest) -> Iterator[str]:
    for entry, unusable in _unusable_rows(manifest):
        yield unusable.sentence(str(entry["name"]), entry["items"]) + "."


def _first(manifest: Manifest) -> Iterator[str]:
    if kept_first(manifest):
        yield "Only the first items were asked, and no random sample: the intervals say nothing of the rest."


def _ended(manifest: Manifest) -> Iterator[str]:
    looks = manifest.get("looks") or {}
    if looks and looks.get("taken") != looks.get("planned"):
        baseline = looks.get("baseline") or "the gate's baseline"
        yield (
            f"The run ended as soon as it could tell: intervals and verdicts against {baseline} allow for that, the "
            "others do not, and differences lean outward."
        )


def _unusable_rows(manifest: Manifest) -> Iterator[tuple[Mapping[str, Any], Unusable]]:
    for entry in manifest["benchmarks"]:
        if said := entry.get("unusable"):
            yield entry, Unusable(Counter(said["reasons"]), said["first"])


def _missing(rows: Sequence[Row], manifest: Manifest) -> Iterator[str]:
    # An unusable row is a failed answer of every captioner's; they have been told above.
    told = unusable_answers(manifest)
    failed = [(row, count) for row in rows if (count := _failed(row, told)) > 0]
    if failed:
        shares = [f"{row.captioner} {count:,} of {row.answers:,}{_own(row)}" for row, count in failed]
        yield f"Failed answers are left out of the scores: {listed(shares)}."
    lacking: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in rows:
        if not row.complete:
            lacking[tuple(name for name, cell in row.cells.items() if cell.estimate is None)].append(row.captioner)
    for names, captioners in lacking.items():
        whose = "its mean is" if len(captioners) == 1 else "their means are"
        yield f"No score for {listed(names)}: {listed(captioners)}; {whose} over fewer benchmarks."


def _own(row: Row) -> str:
    """How many of a row's failures are its captioner's doing, and how."""
    if not row.own_failures:
        return ""
    kinds = listed([f"{count:,} {cause.replace('_', ' ')}" for cause, count in row.own_failures.items()])
    return f" (the captioner's doing: {kinds})"


def _failed(row: Row, told: Mapping[str, int]) -> int:
    return sum(max(0, cell.outcomes[Outcome.FAILED] - told.get(name, 0)) for name, cell in row.cells.items())


def _compared(ranked: Sequence[Row], common: Sequence[str]) -> Iterator[str]:
    """On what the ranked entries are compared, where that is not everything."""
    left_out = [name for name in (ranked[0].cells if ranked else ()) if name not in common]
    if left_out:
        many = "benchmark" if len(common) == 1 else counted(len(common), "benchmark")
        where = f"the {many} that every captioner has a score on"
        yield f"Scores, comparisons and lost points are over {where}, without {listed(left_out)}."
    single = [name for name in common if any(_images(row, name) == 1 for row in ranked)]
    if len(ranked) > 1 and single:
        are = "is" if len(single) == 1 else "are"
        yield f"One image shows no spread: {listed(single)} {are} in the scores, and in no comparison."
    # Whoever failed on the hard items looks better on the rest.
    items = [{cell.items for row in ranked if (cell := row.cells[name].estimate)} for name in common]
    if any(len(numbers) > 1 for numbers in items):
        yield "Captioners are scored on different items: compare their differences, which use shared items only."


def _images(row: Row, benchmark: str) -> int:
    estimate = row.cells[benchmark].estimate
    return estimate.clusters if estimate else 0


def _incomplete(manifest: Manifest) -> Iterator[str]:
    """What the benchmarks' data lacked beside what was published."""
    for name, reason in (manifest.get("unread") or {}).items():
        yield f"{name} is left out, since its data cannot be read: {reason}."
    for entry in manifest["benchmarks"]:
        for missing in entry.get("missing") or []:
            yield f"{entry['name']}, its data is not the published set: {missing}."


def _notable(rows: Sequence[Row]) -> Iterator[str]:
    unparsed = _shares(rows, lambda row: (row.outcomes[Outcome.UNPARSED], row.answers))
    if unparsed:
        yield f"Answers that could not be read score 0, for their format, not for what was seen: {listed(unparsed)}."
    refused = _shares(rows, lambda row: (row.outcomes[Outcome.REFUSED], row.answers))
    if refused:
        yield f"Refused by a model or a filter, which scores 0: {listed(refused)} of the answers."
    unfinished = _shares(rows, lambda row: (row.outcomes[Outcome.TRUNCATED], row.answers))
    if unfinished:
        yield f"Cut off before an answer was given, which scores 0: {listed(unfinished)} of the answers."
    truncated = _shares(rows, lambda row: (row.truncated, row.captions))
    if truncated:
        yield f"Captions were cut at the length limit: {listed(truncated)}."


def _shares(rows: Sequence[Row], part_of: Callable[[Row], tuple[int, int]]) -> list[str]:
    """By captioner, a share that is worth a word, the largest first."""
    counts = {row.captioner: part_of(row) for row in rows}
    shares = {label: 100 * part / whole for label, (part, whole) in counts.items() if whole and part / whole > _NOTABLE}
    return [f"{label} {share:.0f} %" for label, share in sorted(shares.items(), key=lambda entry: -entry[1])]


def _empty(rows: Sequence[Row], manifest: Manifest) -> Iterator[str]:
    """Captions that say nothing, of captioners that are there to say something: the manifest counts no others."""
    counts = (manifest.get("counts") or {}).get("empty_captions") or {}
    empty = [
        f"{row.captioner} {count:,} of {row.captions:,}"
        for row in rows
        if (count := counts.get(row.captioner, 0)) >= _MANY_EMPTY or count > _SOME_EMPTY * row.captions
    ]
    if empty:
        yield f"Captions are empty, and their questions read blind: {listed(empty)}."


def _speaking(rows: Sequence[Row]) -> Iterator[str]:
    """Captions that may be meant for their reader; of one text for many images and of lengths a table tells."""
    for row in rows:
        found = {sign: number for sign, number in (row.signs or {}).items() if sign not in _NOT_SPOKEN}
        if any(found.values()):
            yield (
                f"Captions of {row.captioner} have signs of speaking to their reader, {signs(found)} of "
                f"{row.audited:,}: prism-eval audit shows them, and no score is changed."
            )


def _few(rows: Sequence[Row]) -> Iterator[str]:
    few = dict.fromkeys(
        name for row in rows for name, cell in row.cells.items() if cell.estimate is not None and cell.estimate.few
    )
    if few:
        every = len(rows[0].cells)
        some = f"{len(few)} of {counted(every, 'benchmark')} ({listed([*few])})"
        # Twelve names say less than two words.
        where = "every benchmark" if len(few) == every else some
        yield f"Fewer than {FEW_CLUSTERS} images in {where}: intervals there are rough."


def _made_elsewhere(manifest: Manifest) -> Iterator[str]:
    """Results that the store had from another server: the same name may stand for other weights there."""
    moved: Counter[tuple[str, str, str, str]] = Counter()
    for one in (manifest.get("counts") or {}).get("made_elsewhere") or []:
        moved[one["stage"], one["source"], one["made_by"], one["asked_now"]] += one["count"]
    for (stage, source, made_by, asked_now), count in moved.items():
        yield (
            f"{counted(count, stage)} of {source}, from the store, made by {made_by}, not {asked_now}: "
            "if it serves other weights, name them with revision=."
        )


def _taken_in(manifest: Manifest) -> Iterator[str]:
    """Results that the store had from a run folder: its word is all there is for who wrote them."""
    taken: Counter[tuple[str, str, str]] = Counter()
    for one in (manifest.get("counts") or {}).get("imported") or []:
        taken[one["stage"], one["source"], one["folder"]] += one["count"]
    for (stage, source, folder), count in taken.items():
        yield f"{counted(count, stage)} of {source} imported from {folder}, and not called by this run."


def told_twice(manifest: Manifest) -> Iterator[str]:
    """Calls of shards that one run would have made once, and that came to different texts."""
    if told := (manifest.get("counts") or {}).get("told_twice"):
        calls = listed([counted(count, f"{stage} call") for stage, count in told.items()])
        yield (
            f"{calls} that one run makes once came to different texts in two shards, as of a model that samples: every "
            "answer was given to its own shard's caption."
        )


def _remarks(manifest: Manifest) -> Iterator[str]:
    """What captioners, the reasoner and the judge found out of their servers."""
    plugins = [*manifest.get("captioners", []), manifest.get("reasoner", {}), manifest.get("judge", {})]
    # Once, however many entries ask one server.
    yield from dict.fromkeys(remark for plugin in plugins for remark in plugin.get("remarks", []))


def _judged(manifest: Manifest) -> Iterator[str]:
    names = [str(entry["name"]) for entry in manifest["benchmarks"] if entry.get("needs_judge")]
    if names and not manifest.get("judge"):
        yield f"Rules score {listed(names)}, where the authors let a language model judge: expect lower scores."
