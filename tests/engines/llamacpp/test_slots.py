"""Which slot a request takes; needs no llama.cpp."""

from __future__ import annotations

import asyncio

from prism_eval.engines.llamacpp.slots import Slots

CAPTIONS = ["A bar chart of rainfall in four cities. " * 5, "Two dogs on a sofa, one of them asleep. " * 5]


async def placed(slots: Slots, texts: list[str]) -> list[int]:
    async def one(text: str) -> int:
        async with slots.one_for(text) as number:
            await asyncio.sleep(0)
            return number

    return list(await asyncio.gather(*map(one, texts)))


async def test_questions_on_one_caption_share_a_slot_and_captions_do_not() -> None:
    slots = Slots(2)
    texts = [f"{caption}Question {number}?" for caption in CAPTIONS for number in range(3)]
    first, second, third, *others = await placed(slots, texts)
    assert first == second == third
    assert set(others) == {1 - first}
    # What a slot has read is found again later.
    assert await placed(slots, [f"{CAPTIONS[0]}And?"]) == [first]


async def test_texts_with_nothing_in_common_go_side_by_side() -> None:
    assert sorted(await placed(Slots(4), ["one", "two", "3", "four"])) == [0, 1, 2, 3]


async def test_a_slot_is_one_requests_at_a_time_and_free_after_a_cancelled_one() -> None:
    slots = Slots(1)
    within: list[str] = []

    async def hold(text: str) -> None:
        async with slots.one_for(text):
            within.append(text)
            await asyncio.Event().wait()

    tasks = [asyncio.create_task(hold(text)) for text in ("a", "b")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert within == ["a"]
    for task in reversed(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(5), slots.one_for("c") as number:
        assert number == 0
