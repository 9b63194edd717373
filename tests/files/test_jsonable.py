from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.files.jsonable import jsonable

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(PLAIN)
def test_what_json_says_comes_back(value: object) -> None:
    assert jsonable(value) == value
    assert json.loads(json.dumps(jsonable(value), allow_nan=False)) == value


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.float32("nan"), None),
        (math.inf, None),
        ((1, [2, {"a": math.nan}]), [1, [2, {"a": None}]]),
        ({1: Path("a/b")}, {"1": "a/b"}),
        (b"\x00", "b'\\x00'"),
    ],
)
def test_the_rest_becomes_what_json_can_say(value: object, plain: object) -> None:
    found = jsonable(value)
    assert (found, type(found)) == (plain, type(plain))
    json.dumps(found, allow_nan=False)
