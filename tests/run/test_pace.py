"""How fast a run goes, as whoever watches it is told."""

from __future__ import annotations

import pytest

from prism_eval.calls import Tally
from prism_eval.run import pace
from prism_eval.run.counts import Counts
from prism_eval.run.pace import Pacer
from prism_eval.run.result import State
from prism_eval.schema import Caption


class Clock:
    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(pace, "time", made)
    return made


def made(state, stage, count, tokens=0):
    for _ in range(count):
        state.tallies[stage].add(Caption("", completion_tokens=tokens))


def test_what_is_left_takes_as_long_as_the_last_minute_says(clock):
    state = State(Counts(), {"caption": Tally()}, total=1000)
    pacer = Pacer(state)
    first = pacer.look()
    assert (first.done, first.left, first.stages["caption"].per_second) == (0, None, None)
    # A quick beginning, from the store, and then a minute at one a second.
    state.done, clock.now = 300, 101.0
    assert pacer.look().left == pytest.approx(700 / 300)
    for second in range(120):
        state.done, clock.now = 301 + second, 102.0 + second
        made(state, "caption", 2, tokens=50)
        seen = pacer.look()
    assert seen.left == pytest.approx(1000 - 420, rel=0.02)
    assert seen.seconds == pytest.approx(121)
    assert seen.stages["caption"].per_second == pytest.approx(2, rel=0.02)
    assert seen.stages["caption"].tokens_per_second == pytest.approx(100, rel=0.02)


def test_nobody_guesses_where_nothing_moves_or_nobody_knows_how_much_there_is(clock):
    state = State(Counts(), {"caption": Tally()}, total=10)
    pacer = Pacer(state)
    pacer.look()
    state.done, clock.now = 4, 102.0
    pacer.look()
    clock.now = 200.0
    stuck = pacer.look()
    clock.now = 300.0
    assert pacer.look().left is None, "nothing was done for more than a minute"
    assert stuck.stages["caption"].tokens_per_second is None
    unknown = Pacer(State(Counts(), {}, total=None))
    unknown.look()
    clock.now = 310.0
    assert unknown.look().left is None


def test_what_there_is_about_says_what_is_left_and_stands_for_no_total(clock):
    state = State(Counts(), {}, total=None)
    pacer = Pacer(state)
    pacer.look()
    state.about, state.done, clock.now = 100, 50, 110.0
    seen = pacer.look()
    assert (seen.total, seen.left) == (None, 10.0)
    state.done = 120
    assert pacer.look().left == 0.0


def test_nothing_is_left_when_all_is_done(clock):
    state = State(Counts(), {}, total=4)
    pacer = Pacer(state)
    state.done = 4
    assert pacer.look().left == 0.0


def test_a_stage_that_begins_late_is_counted_from_nothing(clock):
    state = State(Counts(), {"caption": Tally()}, total=4)
    pacer = Pacer(state)
    pacer.look()
    state.tallies["answer"] = Tally()
    made(state, "answer", 20)
    clock.now = 110.0
    assert pacer.look().stages["answer"].per_second == pytest.approx(2)
