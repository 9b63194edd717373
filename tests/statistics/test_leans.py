from __future__ import annotations

import math

import numpy as np
import pytest

from prism_eval.statistics import lean

UNEVEN = [0.4, 0.3, 0.2, 0.1]
"""How often the right option stands at each position: no lean of the reader's."""


def picks(rng: np.random.Generator, items: int, right: float, drawn_to_a: float) -> tuple[np.ndarray, np.ndarray]:
    gold = rng.choice(4, items, p=UNEVEN)
    picked = np.where(rng.random(items) < right, gold, (gold + rng.integers(1, 4, items)) % 4)
    return np.where(rng.random(items) < drawn_to_a, 0, picked), gold


def test_where_the_right_options_stand_is_no_lean() -> None:
    # All right options at A, in two orders, and all found.
    found = lean([0] * 100, [0] * 100, [4] * 100, np.repeat(range(50), 2))
    assert found is not None
    assert (found.largest, found.low) == (0, 0)
    assert found.positions[0].picked == found.positions[0].expected == 1


@pytest.mark.parametrize("items", [50, 200, 1000])
@pytest.mark.parametrize("right", [0.3, 0.7])
def test_a_reader_without_a_lean_shows_none(items: int, right: float) -> None:
    rng = np.random.default_rng(items)
    shown = [lean(*picks(rng, items, right, 0), [4] * items, range(items)) for _ in range(200)]
    assert np.mean([found.low > 0 for found in shown if found]) <= 0.065
    # Noise alone looks like a lean: some seven points at 50 picks, under two at 1,000.
    largest = np.mean([found.largest for found in shown if found])
    assert largest == pytest.approx(0.52 / math.sqrt(items), rel=0.25)


def test_a_lean_is_found_and_measured() -> None:
    rng = np.random.default_rng(1)
    found = lean(*picks(rng, 3000, 0.6, 0.15), [4] * 3000, range(3000))
    assert found is not None
    first = found.positions[0]
    assert 0.05 < first.low < first.picked - first.expected < first.high < 0.2
    assert found.low == pytest.approx(first.low)
    always = lean([0] * 80, [0, 1, 2, 3] * 20, [4] * 80, range(80))
    assert always is not None
    assert always.largest == pytest.approx(0.75)
    assert always.low > 0.5


def test_questions_with_fewer_options_expect_no_picks_beyond_them() -> None:
    rng = np.random.default_rng(2)
    options = rng.choice([2, 4], 2000)
    gold = rng.integers(0, options)
    picked = np.where(rng.random(2000) < 0.5, gold, rng.integers(0, options))
    found = lean(picked, gold, options, range(2000))
    assert found is not None
    assert found.low == 0
    assert found.positions[3].expected == pytest.approx(found.positions[3].picked, abs=0.03)


def test_answers_on_one_image_are_no_two_proofs() -> None:
    rng = np.random.default_rng(3)
    picked, gold = picks(rng, 40, 0.6, 0)
    once = lean(picked, gold, [4] * 40, range(40))
    often = lean(np.tile(picked, 20), np.tile(gold, 20), [4] * 800, np.tile(range(40), 20))
    assert once is not None
    assert often is not None
    assert often.high > once.largest + 0.05
    only = lean([0, 0], [1, 1], [2, 2], ["one", "one"])
    assert only is not None
    assert (only.low, only.high) == (0, 1)


def test_nothing_picked_is_no_lean() -> None:
    assert lean([math.nan], [0], [2], [1]) is None
    with pytest.raises(ValueError, match="lengths"):
        lean([0, 1], [0], [2, 2], [1, 2])
    with pytest.raises(ValueError, match="among the options"):
        lean([2], [0], [2], [1])
