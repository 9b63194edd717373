from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from prism_eval.statistics import compare_all, reader_agreement


def read(rng: np.random.Generator, skills: list[float], items: int) -> np.ndarray:
    return (rng.random((len(skills), items)) < np.array(skills)[:, None]).astype(float)


def test_two_readers_of_one_order() -> None:
    rng = np.random.default_rng(1)
    skills = [0.2, 0.4, 0.6, 0.8]
    first, second = (compare_all(read(rng, skills, 400), range(400)) for _ in range(2))
    assert reader_agreement(first, second) == (1, 6, 1)
    against = reader_agreement(first, compare_all(read(rng, skills[::-1], 400), range(400)))
    assert against == (0, 6, -1)


def test_noise_turns_pairs_around_that_both_agree_on() -> None:
    rng = np.random.default_rng(2)
    skills = [0.5 + 0.02 * number for number in range(8)]
    found = [reader_agreement(*(compare_all(read(rng, skills, 500), range(500)) for _ in range(2))) for _ in range(15)]
    told = [one for one in found if one.pairs]
    assert told
    assert np.mean([one.share for one in told if one.share is not None]) > 0.98
    assert np.mean([one.tau for one in found if one.tau is not None]) < 0.9


def test_tau_is_kendalls() -> None:
    rng = np.random.default_rng(3)
    boards = [read(rng, [0.5] * 7, 40) for _ in range(2)]
    found = reader_agreement(*(compare_all(board, range(40)) for board in boards))
    assert found.tau == pytest.approx(stats.kendalltau(*(board.mean(axis=1) for board in boards)).statistic)


def test_nothing_in_common_is_no_agreement() -> None:
    apart = compare_all([[1.0, math.nan], [math.nan, 1.0]], range(2))
    assert reader_agreement(apart, apart) == (None, 0, None)
    equal = compare_all([[1.0, 0.0], [1.0, 0.0]], range(2))
    assert reader_agreement(equal, equal) == (None, 0, None)
