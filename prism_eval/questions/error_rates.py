"""How often a rule keeps a question that a model would answer with a given accuracy: the filter's own error rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from prism_eval.questions.thresholds import Thresholds
from prism_eval.statistics import at_least, at_most

BLIND = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
SEEING = (Fraction(4, 5), Fraction(9, 10), Fraction(19, 20))
CAPRL_BLIND = 0, 4
"""CapRL keeps what its model answers in none of 4 tries without the image (arXiv 2509.22647)."""
CAPRL_SEEING = 4, 4
"""And in all of 4 tries with it."""


@dataclass(frozen=True)
class Rate:
    """How often one rule keeps questions.

    Attributes:
        with_image: Whether it is about answers with the image.
        rule: The rule in words.
        options: Whose questions it holds for; 0 for any.
        kept: By the true accuracy of whoever answers, the probability that a question is kept.
        chance: The probability that one is kept which is always guessed at; ``None`` where that depends on its options.
    """

    with_image: bool
    rule: str
    options: int
    kept: dict[Fraction, Fraction]
    chance: Fraction | None


def error_rates(thresholds: Thresholds, options: Iterable[int]) -> Iterator[Rate]:
    """The rates of a rule, and beside them CapRL's.

    They take the answers to one question for independent of each other. A model that takes no chances answers alike in
    several orders, and is then as easily misjudged as by fewer answers.

    Args:
        thresholds: The rule.
        options: The numbers of options that there are.
    """
    for with_image in (False, True):
        for count in sorted(set(options)):
            asked = thresholds.asked(count)
            bound = thresholds.needed(asked) if with_image else thresholds.allowed(asked, count)
            yield _rate(bound, asked, count, with_image=with_image)
        bound, asked = CAPRL_SEEING if with_image else CAPRL_BLIND
        yield _rate(bound, asked, 0, with_image=with_image)


def _rate(bound: int, asked: int, options: int, *, with_image: bool) -> Rate:
    probability, word = (at_least, "at least") if with_image else (at_most, "at most")
    kept = {chance: probability(bound, asked, chance) for chance in (SEEING if with_image else BLIND)}
    guessed = probability(bound, asked, Fraction(1, options)) if options else None
    return Rate(with_image, f"{word} {bound} of {asked}", options, kept, guessed)
