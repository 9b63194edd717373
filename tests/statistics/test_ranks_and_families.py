from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.statistics import compare_all, connected, holm, rank_ranges

pvalues = st.lists(st.floats(0, 1), max_size=12)


def test_holm_worked_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


@given(pvalues)
def test_holm_lies_between_no_correction_and_bonferroni(values: list[float]) -> None:
    adjusted = holm(values)
    for raw, corrected in zip(values, adjusted, strict=True):
        assert raw <= corrected <= min(1, raw * len(values)) or corrected == max(adjusted)
    order = sorted(range(len(values)), key=values.__getitem__)
    assert [adjusted[index] for index in order] == sorted(adjusted)


def test_holm_refuses_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match="p-value"):
        holm([0.5, 1.5])


@given(st.lists(st.frozensets(st.integers(0, 12), max_size=3), max_size=15), st.booleans())
def test_components_agree_with_following_every_link(keys: list[frozenset[int]], own_first: bool) -> None:
    # A key of its own links each observation to nothing but itself.
    named = [(13 + index, *sorted(own)) if own_first else (*sorted(own), 13 + index) for index, own in enumerate(keys)]
    links = [(index, key) for index, those in enumerate(named) for key in those]
    observations, shared = np.array(links, dtype=np.int64).reshape(-1, 2).T
    found = connected(observations, shared).tolist()
    assert len(found) == len(keys)
    for start, numbers in enumerate(keys):
        reached, grown = {start}, set(numbers)
        for _ in keys:
            reached |= {index for index, other in enumerate(keys) if grown & other}
            grown |= {key for index in reached for key in keys[index]}
        assert {index for index, number in enumerate(found) if number == found[start]} == reached


def test_the_graph_library_is_loaded_only_for_chains() -> None:
    links = "np.array([0, 0, 1, 1, 2]), np.array([7, 3, 7, 4, 5])", "np.array([0, 0, 1]), np.array([7, 3, 3])"
    for link, loaded in zip(links, (False, True), strict=True):
        said = "import sys; import numpy as np; from prism_eval.statistics.components import connected; "
        said += f"connected({link}); print('scipy.sparse' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.split() == [str(loaded)]


def test_clear_differences_give_single_places() -> None:
    rng = np.random.default_rng(1)
    scores = [(rng.random(300) < share).astype(float) for share in (0.9, 0.5, 0.1)]
    assert rank_ranges(3, compare_all(scores, range(300))) == ((1, 1), (2, 2), (3, 3))


def test_equal_captioners_share_their_places() -> None:
    rng = np.random.default_rng(2)
    alike = [(rng.random(300) < 0.5).astype(float) for _ in range(2)]
    worse = (rng.random(300) < 0.1).astype(float)
    assert rank_ranges(3, compare_all([*alike, worse], range(300))) == ((1, 2), (1, 2), (3, 3))


def test_only_items_that_both_have_are_compared() -> None:
    first, second = [1.0, 1.0, 0.0, math.nan], [1.0, math.nan, 0.0, 0.0]
    (comparison,) = compare_all([first, second], range(4))
    assert comparison.difference is not None
    assert (comparison.difference.items, comparison.difference.value) == (2, 0)


def test_nothing_shared_is_nothing_known() -> None:
    (comparison,) = compare_all([[1.0, math.nan], [math.nan, 0.0]], range(2))
    assert comparison.difference is None
    assert comparison.winner() is None


def test_one_captioner_is_first() -> None:
    assert rank_ranges(1, compare_all([[1.0, 0.0]], range(2))) == ((1, 1),)
