"""A reward looked at before a week of GPUs is spent on it: what rollouts that are there would have earned."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median, pstdev

from prism_eval.rewards.asking import Asking
from prism_eval.rewards.rollout import Reward, Rollout
from prism_eval.run.audit.echoes import said, sought
from prism_eval.run.audit.signs import SIGNS, signs_of
from prism_eval.schema import Caption, Outcome

MEANINGS = {sign.name: sign.meaning for sign in SIGNS} | {
    "question": "all words of one of its questions, in their order; they may stand in the image",
    "options": "all options of one of its questions in their order; likewise",
    "long": "over four times the words that are usual on its image",
}
"""What is looked for in a caption, by its name in tables."""
BINS = 10
_LONG = 4
_HEAD, _TAIL = 50, 70
"""Characters of a caption's beginning and end that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How a number is spread over rollouts.

    Attributes:
        mean: Its mean.
        deviation: Its standard deviation.
        low: Its least value.
        high: Its greatest.
        bins: How many rollouts lie in each of ten equal parts between the two.
    """

    mean: float
    deviation: float
    low: float
    high: float
    bins: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Captions that have a sign of speaking to their reader, and what that is worth.

    Attributes:
        sign: Its name, of `MEANINGS`.
        captions: How many captions have it.
        mean: What those earn.
        others: What the others earn; ``None`` where all have it.
        examples: Those that earn most: the rollout's number from 1, its reward, and its beginning.
    """

    sign: str
    captions: int
    mean: float
    others: float | None
    examples: tuple[tuple[int, float, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What rollouts earn.

    Attributes:
        rollouts: How many there are.
        unscored: How many have no value, and why the first has none.
        problem: That reason; empty where all have one.
        parts: By ``reward``, ``accuracy`` and ``length term``, how it is spread.
        outcomes: How many asks ended how.
        with_length: Spearman's (1904) rank correlation of reward and words, over all, and within the images of several
            rollouts, which is what a group's baseline leaves; ``None`` where either is constant.
        groups: Images with several rollouts.
        level: Of those, in how many all earn the same: nothing is learnt from them.
        signs: What else captions do.
        silent: Rollouts that earn nothing: numbers from 1 and beginnings, the longest first.
    """

    rollouts: int
    unscored: int
    problem: str
    parts: Mapping[str, Spread]
    outcomes: Mapping[str, int]
    with_length: tuple[float | None, float | None]
    groups: int
    level: int
    signs: tuple[Signed, ...]
    silent: tuple[tuple[int, str], ...] = field(default=())


def looked_at(rollouts: Sequence[Rollout], rewards: Sequence[Reward], asking: Asking, *, examples: int = 3) -> Replay:
    """Look at what rollouts earned.

    Args:
        rollouts: They.
        rewards: What they earned, in their order.
        asking: How they were asked, which knows their questions.
        examples: How many of each kind are shown at most.
    """
    scored = _Scored.of(rollouts, rewards)
    silent = sorted(
        (place for place, value in scored.values.items() if not value), key=lambda place: -scored.words[place]
    )
    return Replay(
        rollouts=len(rollouts),
        unscored=len(rollouts) - len(scored.values),
        problem=next((one.problem for one in rewards if one.value is None), ""),
        parts=_parts([rewards[place] for place in scored.values]),
        outcomes=_outcomes(rewards),
        with_length=(scored.rank_correlation([list(scored.values)]), scored.rank_correlation(scored.groups)),
        groups=len(scored.groups),
        level=sum(len({scored.values[place] for place in group}) == 1 for group in scored.groups),
        signs=tuple(_signs(rollouts, scored, asking, examples)),
        silent=tuple((place + 1, _excerpt(rollouts[place])) for place in silent[:examples]),
    )


@dataclass(frozen=True, slots=True)
class _Scored:
    """The rollouts that have a value, by their places.

    Attributes:
        values: Their rewards.
        words: Their lengths.
        groups: The places of those that share an image, where several do.
    """

    values: Mapping[int, float]
    words: Mapping[int, int]
    groups: Sequence[Sequence[int]]

    @classmethod
    def of(cls, rollouts: Sequence[Rollout], rewards: Sequence[Reward]) -> _Scored:
        values = {place: one.value for place, one in enumerate(rewards) if one.value is not None}
        by_image: dict[str, list[int]] = defaultdict(list)
        for place in values:
            if rollouts[place].image:
                by_image[rollouts[place].image].append(place)
        words = {place: Caption(rollouts[place].caption).words for place in values}
        return cls(values, words, [places for places in by_image.values() if len(places) > 1])

    def rank_correlation(self, groups: Sequence[Sequence[int]]) -> float | None:
        """Spearman's, of what is left of length and reward when each group's mean is taken away."""
        from scipy.stats import spearmanr

        lengths: list[float] = []
        rewards: list[float] = []
        for group in groups:
            if group:
                usual, worth = (fmean(numbers[place] for place in group) for numbers in (self.words, self.values))
                # Rounded: sums that were added up in another order may differ in their last digit.
                lengths += [round(self.words[place] - usual, 9) for place in group]
                rewards += [round(self.values[place] - worth, 9) for place in group]
        if len(set(lengths)) < 2 or len(set(rewards)) < 2:
            return None
        return float(spearmanr(lengths, rewards).statistic)


def _parts(rewards: Sequence[Reward]) -> dict[str, Spread]:
    parts = {"reward": [one.value for one in rewards if one.value is not None]}
    # Without a length term the accuracy is the reward.
    if any(one.length_term for one in rewards):
        parts["accuracy"] = [one.accuracy for one in rewards if one.accuracy is not None]
        parts["length term"] = [one.length_term for one in rewards]
    return {name: _spread(numbers) for name, numbers in parts.items() if numbers}


def _spread(numbers: Sequence[float]) -> Spread:
    low, high = min(numbers), max(numbers)
    bins = Counter(min(int((one - low) / (high - low) * BINS), BINS - 1) if high > low else 0 for one in numbers)
    counts = tuple(bins[number] for number in range(BINS))
    return Spread(mean=fmean(numbers), deviation=pstdev(numbers), low=low, high=high, bins=counts)


def _outcomes(rewards: Sequence[Reward]) -> dict[str, int]:
    ended = Counter(asked.outcome for one in rewards for asked in one.asks)
    return {outcome.value: ended[outcome] for outcome in Outcome if ended[outcome]}


def _signs(rollouts: Sequence[Rollout], scored: _Scored, asking: Asking, examples: int) -> Iterator[Signed]:
    having: dict[str, list[int]] = defaultdict(list)
    for place in scored.values:
        names = {*signs_of(rollouts[place].caption)}
        for name in names | _echoed(rollouts[place], asking):
            having[name].append(place)
    for group in scored.groups:
        usual = max(median(scored.words[place] for place in group), 1)
        having["long"] += [place for place in group if scored.words[place] > _LONG * usual]
    for name in MEANINGS:
        if places := having[name]:
            others = [value for place, value in scored.values.items() if place not in set(places)]
            best = sorted(places, key=lambda place: -scored.values[place])[:examples]
            yield Signed(
                sign=name,
                captions=len(places),
                mean=fmean(scored.values[place] for place in places),
                others=fmean(others) if others else None,
                examples=tuple((place + 1, scored.values[place], _excerpt(rollouts[place])) for place in best),
            )


def _echoed(rollout: Rollout, asking: Asking) -> set[str]:
    questions, told = asking.questions(rollout.questions), said(rollout.caption)
    return {kind for one in questions for kind, words in sought(one.text, one.options) if words in told[kind]}


def _excerpt(rollout: Rollout) -> str:
    text = " ".join(rollout.caption.split())
    # Praise and answers stand at the end.
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]} \N{HORIZONTAL ELLIPSIS} {text[-_TAIL:]}"
