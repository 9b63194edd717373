"""A captioner of known quality."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.captioners.oracle import Oracle
from prism_eval.errors import PermanentError, UsageError
from prism_eval.schema import Image

FACTS = tuple(f"The output of Plant{index} in {2000 + index} is {index * 7}." for index in range(40))
SCENE = Image(b"scene", "scene.png", facts=FACTS)


async def said(oracle: Oracle, sample: int = 0) -> list[str]:
    """The lines of the oracle's caption of the scene."""
    return (await oracle.caption([SCENE], sample=sample)).text.splitlines()


async def test_by_default_every_fact_is_stated_truly() -> None:
    assert await said(Oracle()) == list(FACTS)
    assert await said(Oracle(recall=0.0)) == []


async def test_recall_is_the_share_of_facts_and_nested() -> None:
    low, high = await said(Oracle(recall=0.3)), await said(Oracle(recall=0.7))
    assert 4 <= len(low) <= 20 < len(high) <= 36
    assert set(low) < set(high) < set(FACTS)


async def test_seed_and_sample_choose_the_facts() -> None:
    once = await said(Oracle(recall=0.5))
    assert once == await said(Oracle(recall=0.5))
    assert once != await said(Oracle(recall=0.5), sample=1)
    assert once != await said(Oracle(recall=0.5, seed=1))


async def test_a_hallucination_swaps_in_one_number_or_name_of_another_fact() -> None:
    told = await said(Oracle(hallucination=1.0))
    vocabulary = set(" ".join(FACTS).replace(".", "").split())
    for fact, line in zip(FACTS, told, strict=True):
        changed = [word for old, word in zip(fact.split(), line.split(), strict=True) if old != word]
        assert len(changed) == 1
        assert changed[0].rstrip(".") in vocabulary


async def test_hallucination_does_not_depend_on_recall() -> None:
    whole = set(await said(Oracle(hallucination=0.5)))
    assert set(await said(Oracle(recall=0.5, hallucination=0.5))) < whole


async def test_a_lone_fact_has_nothing_to_be_mistaken_for() -> None:
    image = Image(b"one", facts=("There are 3 birds.",))
    assert (await Oracle(hallucination=1.0).caption([image], sample=0)).text == "There are 3 birds."


async def test_real_images_have_no_facts() -> None:
    with pytest.raises(PermanentError, match=r"needs synthetic twins; image real\.png has no facts"):
        await Oracle().caption([Image(b"x", "real.png")], sample=0)


@given(st.floats(allow_nan=True).filter(lambda value: not 0 <= value <= 1))
def test_rates_outside_zero_to_one_are_refused(value: float) -> None:
    with pytest.raises(UsageError, match="recall"):
        Oracle(recall=value)
    with pytest.raises(UsageError, match="hallucination"):
        Oracle(hallucination=value)
