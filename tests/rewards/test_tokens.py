"""A caption's length in the policy's own tokens."""

from __future__ import annotations

import sys

import pytest

from prism_eval.errors import MissingExtra, UsageError
from prism_eval.rewards import CaptionReward, LengthTerm
from prism_eval.rewards.tokens import tokens_of
from tests.engines.transformers.tiny import tokenizer
from tests.rewards.reader import COLOUR, Scripted, finds


def test_without_transformers_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtra, match=r"prism-eval\[transformers\]"):
        tokens_of("policy")


@pytest.mark.filterwarnings("default")
async def test_they_are_counted_without_those_of_a_template(tmp_path):
    pytest.importorskip("transformers", reason="transformers is not installed: tox -e trainers installs it")
    words = tokenizer()
    words.save_pretrained(tmp_path / "policy")
    count = tokens_of(str(tmp_path / "policy"))
    assert count("A blue car.") == len(words.tokenize("A blue car.")) > 3
    assert count("") == 0
    reward = CaptionReward(
        Scripted(says=finds), store=tmp_path / "s", length=LengthTerm(weight=1.0, full=0, zero=100), tokens=count
    )
    scored = await reward.score("A blue car.", [COLOUR])
    await reward.close()
    assert scored.length_term == pytest.approx(1 - count("A blue car.") / 100)
    with pytest.raises(UsageError, match="has no tokenizer that can be read"):
        tokens_of(str(tmp_path / "nothing"))
