"""What waits for a model's thread, and how much of it goes at once; needs no torch."""

from __future__ import annotations

import threading
import time

import pytest

from prism_eval.engines.transformers.memory import Room
from prism_eval.engines.transformers.queue import Ask, Queue


def filled(*lengths: int, group: str = "a") -> tuple[Queue, list[Ask]]:
    queue, asks = Queue(), [Ask(None, group, length) for length in lengths]
    for ask in asks:
        queue.put(ask)
    return queue, asks


def test_who_waited_longest_goes_first_with_those_of_like_length() -> None:
    queue, asks = filled(50, 900, 55, 10, 60)
    assert queue.first(3) is asks[0]
    assert [ask.length for ask in queue.take("a", 3)] == [50, 55, 60]
    assert [ask.length for ask in queue.take("a", 3)] == [900, 10]


def test_groups_never_share_a_batch() -> None:
    queue, _ = filled(1, 2)
    other = Ask(None, "b", 1)
    queue.put(other)
    assert queue.has_others("a")
    assert len(queue.take("a", 9)) == 2
    assert queue.first(9) is other
    assert not queue.has_others("b")


def test_nobody_waits_for_who_gave_up() -> None:
    queue, asks = filled(1, 2)
    assert asks[0].reply.cancel()
    assert queue.take("a", 9) == [asks[1]]
    asks[0].answer("too late")
    asks[0].fail(ValueError("too late"))
    assert asks[0].given_up


def test_what_is_put_back_goes_first() -> None:
    queue, asks = filled(5, 5)
    taken = queue.take("a", 1)
    queue.put_back(taken)
    assert queue.take("a", 9) == asks


def test_closing_cancels_all_and_wakes_the_worker() -> None:
    queue, asks = filled(1)
    taken = queue.take("a", 1)
    seen: list[Ask | None] = []
    worker = threading.Thread(target=lambda: seen.append(queue.first(1)))
    worker.start()
    queue.close()
    worker.join(5)
    assert seen == [None]
    queue.put_back(taken)
    assert asks[0].reply.cancelled()
    with pytest.raises(RuntimeError):
        queue.put(Ask(None, "a", 1))


def test_an_idle_model_waits_a_moment_for_a_full_batch() -> None:
    queue, _ = filled(1)
    late = threading.Timer(0.002, lambda: queue.put(Ask(None, "a", 1)))
    late.start()
    begun = time.monotonic()
    queue.first(2)
    assert time.monotonic() - begun < 5
    late.join()
    assert len(queue.take("a", 2)) == 2


def test_room_halves_at_a_shortage_and_grows_by_one() -> None:
    room = Room(16)
    room.short(16)
    assert room.now == 8
    room.short(3)
    assert room.now == 1
    room.enough(1)
    room.enough(1)
    assert room.now == 2, "a batch that was not full proves nothing"
    for _ in range(50):
        room.enough(room.now)
    assert (room.now, room.shortages) == (16, 2)
