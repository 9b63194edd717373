"""How far math-verify has gone from the version that CapRL's scores were made with, pair by pair.

Each pair of ``fixtures/math_verify_drift.jsonl`` was compared by 0.7.0 and by 0.9.0, as CapRL's code compares. Whoever
raises the version adds what it says to the fixture, and to the table in ``docs/scoring.md``.
"""

from __future__ import annotations

import json
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest

from prism_eval.scoring.maths.worker import _verify

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "fixtures" / "math_verify_drift.jsonl").read_text("utf-8").splitlines()
]
KINDS = Counter(pair["kind"] for pair in PAIRS)
DOCS = (Path(__file__).parents[3] / "docs" / "scoring.md").read_text("utf-8")


def test_the_version_is_the_one_that_was_compared():
    assert version("math-verify").startswith("0.9.")


@pytest.mark.parametrize("kind", KINDS)
def test_the_installed_version_says_what_is_listed(kind):
    pairs = [pair for pair in PAIRS if pair["kind"] == kind]
    said = [_verify(pair["answer"], pair["gold"])["score"] for pair in pairs]
    assert said == [pair["0.9.0"] for pair in pairs]


def test_what_is_listed_as_drift_is_drift():
    assert all((pair["0.7.0"] != pair["0.9.0"]) == (pair["kind"] != "no drift") for pair in PAIRS)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"no drift"}))
def test_every_kind_stands_in_the_docs(kind):
    assert f"| {kind} |" in DOCS
