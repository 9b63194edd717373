"""What a server takes at once, told from what it answered and refused."""

import math

from prism_eval.calls.room import Room


def full(room, *, takes):
    """A server that is asked as much as may be, and takes so many: all at once, before it answers any."""
    sent = int(room.limit)
    means_all = [room.refused(place + 1, sent - 1 - done) for done, place in enumerate(range(takes, sent))]
    for _ in range(min(takes, sent)):
        room.answered(min(takes, sent))
    return any(means_all)


def test_it_is_what_the_server_took_whatever_was_asked_of_it():
    for takes in (1, 4, 32, 57, 63):
        room = Room(64)
        full(room, takes=takes)
        assert takes <= room.limit <= takes + 1


def test_a_call_that_is_refused_while_others_are_answered_changes_nothing():
    room = Room(64)
    for _ in range(1000):
        room.answered(64)
        assert not room.refused(64, 63)
        room.answered(64)
    assert room.limit == 64


def test_one_that_is_refused_before_anything_was_answered_changes_nothing_where_there_are_many():
    room = Room(64)
    assert not room.refused(64, 63)
    assert room.limit == 64


def test_one_that_is_refused_where_there_are_few_means_all():
    assert Room(4).refused(4, 3)
    assert Room(1).refused(1, 0)


def test_refusals_in_a_row_mean_all_though_as_many_were_taken_before():
    room = Room(12)
    room.answered(12)
    assert [room.refused(12, 11) for _ in range(3)] == [False, False, True]
    assert room.limit == 11


def test_a_full_server_is_asked_for_one_more_every_eighth_round():
    room = Room(64)
    full(room, takes=32)
    rounds = 1
    while int(room.limit) == 32:
        full(room, takes=32)
        rounds += 1
    assert 7 <= rounds <= 9


def test_more_is_taken_faster_the_more_was_taken():
    room = Room(64)
    full(room, takes=8)
    rounds = 0
    while room.limit < 64:
        full(room, takes=64)
        rounds += 1
    assert rounds <= 8 + 10, "eight for the first, and then 1, 2, 4, 8 and so on"


def test_where_nothing_is_taken_it_is_asked_for_one_and_comes_back_quickly():
    room = Room(64)
    assert full(room, takes=0)
    assert room.limit == 1
    rounds = 0
    while room.limit < 64:
        full(room, takes=64)
        rounds += 1
    assert rounds <= 10


def test_without_a_bound_a_full_server_is_none():
    room = Room(math.inf)
    for left in range(5, 0, -1):
        room.refused(left + 1, left)
    assert room.limit == math.inf
