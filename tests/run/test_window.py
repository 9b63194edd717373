"""What is held at once, and who has to wait for room."""

import asyncio

from prism_eval.run.window import Window
from tests.builders import image


async def held(window, *shown):
    """Whether the images are held at once."""
    task = asyncio.create_task(window.hold(shown))
    await asyncio.sleep(0.01)
    return task, task.done()


async def test_images_are_bounded_by_their_number_and_each_counts_once():
    window, (one, two, three) = Window(9, images=2), map(image, range(3))
    for _ in range(3):
        assert (await held(window, one))[1]
    assert (await held(window, two))[1]
    waiting, at_once = await held(window, three)
    assert not at_once
    window.release([one])
    await asyncio.sleep(0.01)
    assert not waiting.done(), "two others still hold it"
    window.release([one])
    window.release([one])
    await asyncio.wait_for(waiting, 1)


async def test_an_item_of_more_images_than_there_is_room_for_is_let_in_alone():
    window, many = Window(9, images=2), [image(shade) for shade in range(4)]
    assert (await held(window, *many))[1]
    assert (await held(window, many[0]))[1], "it is there already"
    waiting, at_once = await held(window, image(9))
    assert not at_once
    window.release(many)
    window.release(many[:1])
    await asyncio.wait_for(waiting, 1)


async def test_images_are_bounded_by_their_bytes():
    one, two = image(1), image(2)
    window = Window(9, images=9, limit=len(one.data))
    assert (await held(window, one))[1]
    waiting, at_once = await held(window, two)
    assert not at_once
    window.release([one])
    await asyncio.wait_for(waiting, 1)
