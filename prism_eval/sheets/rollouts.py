"""What rollouts earn, in words and tables."""

from __future__ import annotations

from collections.abc import Iterator

from prism_eval.leaderboard.writing import ABSENT, counted
from prism_eval.rewards.replay import BINS, MEANINGS, Replay, Spread
from prism_eval.sheets.sheet import Grid, Row, Sheet

_WIDTH = 40


def replayed(found: Replay, where: str, reader: str) -> Sheet:
    """What to say of rollouts and their rewards.

    Args:
        found: What came of them.
        where: Their file.
        reader: Who read them.
    """
    whole = found.parts.get("reward")
    mean = f"mean reward {whole.mean:.3f}" if whole else "none has a reward"
    return Sheet(
        answer=f"{where}: {counted(found.rollouts, 'rollout')}, read by {reader}: {mean}",
        lines=list(_lines(found)),
        grids=[
            *(
                Grid(name.capitalize(), ("from", "to", "rollouts", ""), _bars(part))
                for name, part in found.parts.items()
            ),
            Grid("Answers", ("", "asks", "share"), list(_outcomes(found))),
            *_signs(found),
            *([Grid("Nothing earned, the longest", ("rollout", "caption"), _silent(found))] if found.silent else []),
        ],
        notes=[f"{one.sign}: {MEANINGS[one.sign]}." for one in found.signs],
    )


def _lines(found: Replay) -> Iterator[str]:
    if found.unscored:
        yield f"Without a value: {found.unscored:,}, the first because {found.problem}."
    for name, part in found.parts.items():
        yield f"{name}: mean {part.mean:.3f}, deviation {part.deviation:.3f}, {part.low:.3g} to {part.high:.3g}."
    everywhere, within = (ABSENT if one is None else f"{one:+.2f}" for one in found.with_length)
    yield f"Rank correlation with words: {everywhere} over all, {within} within an image."
    if found.groups:
        level = f"{found.level:,} earn the same with all of them: nothing is learnt there"
        yield f"Of {counted(found.groups, 'image')} with several rollouts, {level}."


def _bars(part: Spread) -> list[Row]:
    most, step = max(part.bins), (part.high - part.low) / BINS
    if not step:
        return [(f"{part.low:.3g}", f"{part.high:.3g}", f"{part.bins[0]:,}", "#" * _WIDTH)]
    edges = [part.low + number * step for number in range(BINS + 1)]
    return [
        (f"{edges[number]:.3g}", f"{edges[number + 1]:.3g}", f"{count:,}", "#" * round(_WIDTH * count / most))
        for number, count in enumerate(part.bins)
    ]


def _outcomes(found: Replay) -> Iterator[Row]:
    asks = sum(found.outcomes.values())
    for outcome, count in found.outcomes.items():
        yield outcome, f"{count:,}", f"{100 * count / asks:.1f} %"


def _signs(found: Replay) -> Iterator[Grid]:
    if not found.signs:
        return
    rows = [
        (one.sign, f"{one.captions:,}", f"{one.mean:.3f}", ABSENT if one.others is None else f"{one.others:.3f}")
        for one in found.signs
    ]
    yield Grid("Captions that do more than describe", ("sign", "captions", "earn", "the others"), rows)
    shown = [
        (one.sign, str(number), f"{value:.3f}", text) for one in found.signs for number, value, text in one.examples
    ]
    yield Grid("Of these the best paid", ("sign", "rollout", "reward", "caption"), shown)


def _silent(found: Replay) -> list[Row]:
    return [(str(number), text) for number, text in found.silent]
