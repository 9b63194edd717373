"""Runs made into a leaderboard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from prism_eval.files.folders import user_path
from prism_eval.leaderboard.baseline import chosen_baseline, compared, scored_on
from prism_eval.leaderboard.board import Leaderboard
from prism_eval.leaderboard.caveats import caveats
from prism_eval.leaderboard.charged import with_own_failures
from prism_eval.leaderboard.column import from_outside
from prism_eval.leaderboard.columns import COLUMNS, benchmark_columns, taken_names
from prism_eval.leaderboard.gaps import gaps_not_shown, with_gaps, with_recovery
from prism_eval.leaderboard.identities import direct_controls, revision_of
from prism_eval.leaderboard.imported import imported_columns
from prism_eval.leaderboard.lengths import CaptionLengths, caption_lengths
from prism_eval.leaderboard.measured import failures, measured
from prism_eval.leaderboard.noise import caption_noises
from prism_eval.leaderboard.own import own_numbers
from prism_eval.leaderboard.positions import position_biases, unknown_positions
from prism_eval.leaderboard.published import PublishedRow, published_rows
from prism_eval.leaderboard.ranking import common_benchmarks, ranks, why_unranked
from prism_eval.leaderboard.rows import PositionBias, Row
from prism_eval.leaderboard.runs import Runs, benchmark_titles, merged, read_runs, unusable_answers
from prism_eval.leaderboard.scores import Scores
from prism_eval.leaderboard.sizes import size_of
from prism_eval.leaderboard.unscored import why_unscored
from prism_eval.leaderboard.unsound import unsound
from prism_eval.leaderboard.verdicts import OUTCOMES, Verdicts
from prism_eval.run.boundary import check_margin
from prism_eval.run.entries import control_of
from prism_eval.statistics import CaptionNoise, Comparison


def build(
    folders: Path | str | Sequence[Path | str],
    reasoner: str | None = None,
    *,
    baseline: str | None = None,
    margin: float | None = None,
    published: Sequence[str] = (),
    judge_losses: str | None = None,
    store: Path | None = None,
    thoroughly: bool = False,
) -> Leaderboard:
    """Rank the entries of one run or several.

    A benchmark's score is the mean over items of the mean over an item's samples and orders. Failed verdicts are no
    scores: they are left out and counted. Abstained, unparsed, refused and truncated ones score 0, counted apart.

    Args:
        folders: A run folder, or several whose runs can be compared.
        reasoner: The label of the reasoner whose verdicts count, where there are several; by default the plan's first.
        baseline: The entry that the others are compared with: its label, or a part of it that no other label has. By
            default that of a run which ended when it was decided, else the one with the largest model, where models are
            known to be of different sizes.
        margin: The difference that counts as none, in points; by default such a run's, else 1, and 3 where one
            benchmark was asked.
        published: Names of printed tables whose rows stand beside it, see `published_rows`.
        judge_losses: A model that decides of lost points what rules cannot, as a spec; by default nobody does.
        store: The generation store that keeps its decisions; by default the user's.
        thoroughly: Whether runs of up to 5,000 answers are held against themselves as `prism-eval verify` does, and not
            at a glance.

    Raises:
        UsageError: Runs cannot be compared, share an entry, or have no such baseline; the margin is no such number, or
            no table has such a name.
        RunError: A manifest or verdict table cannot be read, or holds verdicts of more than one reasoner, or one twice.
    """
    if margin is not None:
        check_margin(margin)
    papers = published_rows(published)
    given = [folders] if isinstance(folders, Path | str) else folders
    runs = read_runs([user_path(folder) for folder in given], reasoner)
    board = _board(runs, papers, baseline=baseline, margin=margin, thoroughly=thoroughly)
    return replace(board, losses_judge=judge_losses, store=store)


def _board(
    runs: Runs, papers: tuple[PublishedRow, ...], *, baseline: str | None, margin: float | None, thoroughly: bool
) -> Leaderboard:
    manifest = merged(runs.manifests)
    titles = benchmark_titles(manifest)
    # A benchmark the manifest names keeps its column though nothing of it was scored: a missing column hides a failure.
    benchmarks = tuple(dict.fromkeys([*titles, *runs.verdicts.benchmarks]))
    scores = Scores(runs.verdicts, benchmarks, unusable_answers(manifest))
    noises = caption_noises(runs.verdicts)
    found = [
        _row(number, scores, runs, *own, noise=noises[number]) for number, own in enumerate(_captions(runs.verdicts))
    ]
    rows, common, comparisons = _ranked([row for row in found if not row.control], scores)
    controls = tuple(sorted((_over(row, common, scores) for row in found if row.control), key=_place))
    direct = direct_controls({row.captioner: runs.identity(row.captioner) for row in (*rows, *controls)})
    blind = next((row.captioner for row in controls if row.control == "blind"), None)
    rows = with_own_failures(rows, scores, common)
    rows = with_recovery(rows, blind, direct, scores, common)
    chosen = chosen_baseline(rows, controls, manifest, baseline)
    if chosen:
        rows = compared(rows, chosen, scores, common, manifest=manifest, margin=margin)
        rows = with_gaps(rows, scores, common)
    everyone = (*rows, *controls)
    columns = COLUMNS + imported_columns(manifest)
    others, problems = from_outside(everyone, taken_names(columns))
    columns += others
    return Leaderboard(
        rows=rows,
        controls=controls,
        baseline=chosen.captioner if chosen else None,
        benchmarks=benchmarks,
        common=common,
        scores=benchmark_columns({name: titles.get(name, name) for name in benchmarks}, columns),
        columns=columns,
        comparisons=comparisons,
        measured=measured(manifest),
        failed=failures(everyone),
        unscored=why_unscored(everyone, runs.verdicts),
        warnings=(
            *unsound(runs, thoroughly=thoroughly),
            *caveats(rows, controls, common, manifest),
            *gaps_not_shown(rows, blind, direct),
            *unknown_positions(runs.verdicts),
            *problems,
        ),
        own=own_numbers(manifest, [row.captioner for row in everyone]),
        published=papers,
        folders=runs.folders,
        manifests=runs.manifests,
        manifest=manifest,
        verdicts=runs.verdicts,
    )


def _captions(verdicts: Verdicts) -> Iterator[tuple[CaptionLengths, PositionBias | None]]:
    return zip(caption_lengths(verdicts), position_biases(verdicts), strict=True)


def _row(
    number: int,
    scores: Scores,
    runs: Runs,
    lengths: CaptionLengths,
    positions: PositionBias | None,
    *,
    noise: CaptionNoise | None,
) -> Row:
    """A captioner's row, by itself: its mean is over all that it has, and nobody is ahead of it."""
    label = runs.verdicts.captioners[number]
    counts = runs.verdicts.outcomes[number].sum(axis=0).tolist()
    identity, spent, (signs, audited) = runs.identity(label), runs.spent(label), runs.signs(label)
    control = control_of(identity)
    return Row(
        captioner=label,
        control=control,
        unranked="" if control else why_unranked(scores.losses(number)),
        rank=None,
        size=size_of(runs.captioner(label)),
        mean=scores.mean(number, scores.benchmarks),
        complete=True,
        cells=scores.cells(number),
        items=scores.items(number),
        answers=sum(counts),
        outcomes=dict(zip(OUTCOMES, counts, strict=True)),
        captions=lengths.captions,
        truncated=lengths.truncated,
        empty=lengths.empty,
        words_median=lengths.median,
        words_mean=lengths.mean,
        tokens_mean=spent.tokens_mean,
        seconds=spent.seconds,
        cost=spent.cost,
        seconds_mean=spent.seconds_mean,
        cost_mean=spent.cost_mean,
        cached=spent.cached,
        revision=revision_of(identity),
        run=runs.home[label],
        positions=positions,
        best=scores.best(number, scores.benchmarks),
        signs=signs,
        audited=audited,
        # A control's texts are no captions of its own.
        noise=None if control else noise,
    )


def _ranked(entries: Sequence[Row], scores: Scores) -> tuple[tuple[Row, ...], tuple[str, ...], tuple[Comparison, ...]]:
    """The entries in order, those without a rank last; the benchmarks they are compared on; and every two compared."""
    able = [row for row in entries if not row.unranked]
    common = common_benchmarks(map(scored_on, able), scores.benchmarks)
    if not common:
        reason = "no benchmark has a score of every captioner" if len(able) > 1 else "nothing could be scored"
        entries = [replace(row, unranked=row.unranked or reason) for row in entries]
    entries = sorted((_over(row, common, scores) for row in entries), key=_place)
    ranked = [row for row in entries if not row.unranked]
    comparisons = scores.comparisons([scores.number(row.captioner) for row in ranked], common)
    places = ranks(len(ranked), comparisons)
    placed = [replace(row, rank=place) for row, place in zip(ranked, places, strict=True)]
    return (*placed, *entries[len(placed) :]), common, comparisons


def _over(row: Row, common: Sequence[str], scores: Scores) -> Row:
    """The row with its mean over the benchmarks that entries are compared on, if it has them all."""
    scored = scored_on(row)
    if not common or not scored.issuperset(common):
        return replace(row, complete=scored.issuperset(scores.benchmarks))
    if scored.issubset(common):
        return replace(row, complete=True)
    number = scores.number(row.captioner)
    return replace(row, mean=scores.mean(number, common), best=scores.best(number, common), complete=True)


def _place(row: Row) -> tuple[bool, bool, float, str]:
    # A mean over fewer benchmarks is no rival of the others': it may just have left out the hard ones.
    return bool(row.unranked), not row.complete, -row.mean.value if row.mean else 1.0, row.captioner
