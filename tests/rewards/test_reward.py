"""What a caption earns, and when it has no value."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from prism_eval.errors import DataError, FatalError, PermanentError, StoreError, UsageError
from prism_eval.rewards import CaptionReward, LengthTerm, Rollout
from prism_eval.schema import Outcome
from tests.rewards.reader import COLOUR, DOGS, SHOP, Scripted, finds, letter_of
from tests.server.fault_server import Behaviour
from tests.server.threaded import ThreadedServer

QUESTIONS = [COLOUR, DOGS]


@pytest.fixture
async def make(tmp_path):
    """Makes rewards of readers, and closes them."""
    made = []

    def reward(says, **settings):
        reader = Scripted(says=says) if callable(says) else says
        made.append(CaptionReward(reader, store=tmp_path / "store.sqlite", **settings))
        return made[-1]

    yield reward
    for one in made:
        await one.close()


async def test_a_caption_earns_the_share_of_its_questions_that_are_answered(make):
    reward = make(finds)
    both = await reward.score("The car is blue and there are three dogs.", QUESTIONS)
    assert (both.value, both.accuracy, both.abstained, both.unparsed, both.failed) == (1.0, 1.0, 0, 0, 0)
    half = await reward.score("The car is blue .", QUESTIONS)
    assert (half.value, half.abstained) == (0.5, 4)
    wrong = await reward.score("The car is red and there are four dogs.", QUESTIONS)
    assert (wrong.value, wrong.abstained) == (0.0, 0)
    assert {asked.picked for asked in wrong.asks} == {0, 3}
    assert len(both.asks) == len(half.asks) == 8


async def test_the_reader_sees_caption_question_and_options_and_nothing_else(make):
    reader = Scripted(says=finds)
    await make(reader).score("A blue car.", QUESTIONS, "car.png")
    for caption, item, _ in reader.asked:
        assert caption.text == "A blue car."
        assert item.images == ()
        assert set(item.options[:-1]) in ({"red", "blue", "green", "black"}, {"one", "two", "three", "four"})


@pytest.mark.parametrize("count", [2, 3, 4, 6, 10, 25])
async def test_not_knowing_has_a_letter_of_its_own_however_many_options_there_are(make, count):
    choices = [f"o{place}" for place in range(count)]
    reader = Scripted(says=lambda caption, item: f"Answer: {item.abstain}")
    reward = make(reader, n=4)
    scored = await reward.score("A caption.", [{"question": "Q?", "choices": choices, "answer": "B"}])
    assert scored.abstained == 4
    for _, item, _ in reader.asked:
        assert item.letters.index(item.abstain) == count
        assert item.options[count] not in choices


async def test_equal_options_are_told_apart_by_their_place(make):
    question = {"question": "Which sign is lit?", "choices": ["left", "right", "left", "none"], "answer": "A"}
    reader = Scripted(says=lambda caption, item: f"Answer: {letter_of(item, 'left')}")
    scored = await make(reader, n=12).score("The left sign is lit.", [question])
    # It always picks the first of the two: right where that is the one that was first.
    right = sum(asked.outcome is Outcome.CORRECT for asked in scored.asks)
    assert {asked.picked for asked in scored.asks} == {0, 2}
    assert right == sum(asked.picked == 0 for asked in scored.asks)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("Answer: {}", Outcome.CORRECT),
        ("{}", Outcome.CORRECT),
        ("({})", Outcome.CORRECT),
        ("**{}**", Outcome.CORRECT),
        ("The answer is {}.", Outcome.CORRECT),
        ("I see it now.\nAnswer: {}", Outcome.CORRECT),
        ("lower {}", Outcome.UNPARSED),
        ("Hm.", Outcome.UNPARSED),
        ("", Outcome.UNPARSED),
        ("I'm sorry, but I cannot help with that.", Outcome.REFUSED),
        ("Answer: cannot answer", Outcome.ABSTAINED),
        ("The description does not say.", Outcome.ABSTAINED),
        ("Answer: F", Outcome.UNPARSED),
    ],
)
async def test_replies_are_read_by_the_suite_s_own_reader(make, reply, outcome):
    reader = Scripted(says=lambda caption, item: reply.format(letter_of(item, "blue")))
    scored = await make(reader, n=1).score("A blue car.", [COLOUR])
    assert scored.asks[0].outcome is outcome
    assert scored.value == float(outcome is Outcome.CORRECT)


async def test_a_letter_in_small_is_a_letter(make):
    reader = Scripted(says=lambda caption, item: letter_of(item, "blue").lower())
    assert (await make(reader).score("A blue car.", [COLOUR])).value == 1.0


async def test_an_empty_caption_earns_nothing_and_asks_nobody(make):
    reader = Scripted(says=finds)
    reward = make(reader, length=LengthTerm())
    for text in ("", " \n", "<think>What is this?</think>"):
        scored = await reward.score(text, QUESTIONS, tokens=0)
        assert (scored.value, scored.length_term, scored.asks) == (0.0, 0.0, ())
    assert reader.asked == []


async def test_a_failed_call_leaves_no_value_and_never_a_zero(make):
    def says(caption, item):
        return PermanentError("the server is gone") if "dogs" in item.question else finds(caption, item)

    scored = await make(says).score("The car is blue .", QUESTIONS)
    assert (scored.value, scored.accuracy, scored.failed) == (None, 1.0, 4)
    assert "4 of 8 asks failed" in scored.problem
    assert "the server is gone" in scored.problem
    tolerant = await make(says, tolerance=0.5).score("The car is blue .", QUESTIONS)
    assert (tolerant.value, tolerant.failed) == (1.0, 4)


async def test_what_failed_is_asked_again_in_the_next_batch(make):
    broken = [True]
    reward = make(lambda caption, item: PermanentError("gone") if broken[0] else finds(caption, item))
    assert (await reward.score("A blue car.", [COLOUR])).value is None
    broken[0] = False
    assert (await reward.score("A blue car.", [COLOUR])).value == 1.0


async def test_one_caption_s_failure_is_not_another_s(make):
    def says(caption, item):
        return PermanentError("gone") if "red" in caption.text else finds(caption, item)

    rollouts = [Rollout(caption=f"A {colour} car.", questions=[COLOUR]) for colour in ("blue", "red", "blue")]
    assert [one.value for one in await make(says).score_all(rollouts)] == [1.0, None, 1.0]


async def test_questions_that_cannot_be_read_cost_their_row_and_a_wrong_column_the_batch(make):
    reward = make(finds)
    good, bad = (
        Rollout(caption="A blue car.", questions=[COLOUR]),
        Rollout(caption="A car.", questions=[], image="7.png"),
    )
    first, second = await reward.score_all([good, bad])
    assert (first.value, second.value) == (1.0, None)
    assert second.problem.startswith("7.png: there are no questions")
    with pytest.raises(DataError, match="no questions"):
        await reward.score_all([bad, bad])


async def test_everything_drawn_depends_on_the_seed_and_the_caption(tmp_path):
    async def asked(caption, seed, store):
        reader = Scripted(says=finds)
        reward = CaptionReward(reader, seed=seed, store=tmp_path / f"{store}.sqlite")
        await reward.score(caption, [COLOUR, DOGS, SHOP])
        await reward.close()
        return [(item.question, item.options) for _, item, _ in reader.asked]

    first = await asked("A blue car.", 0, "a")
    assert await asked("A blue car.", 0, "b") == first
    assert await asked("A blue car.", 1, "c") != first
    assert await asked("A red car.", 0, "d") != first


async def test_what_was_asked_is_in_the_store(make):
    first, second = Scripted(says=finds), Scripted(says=finds)
    for reader in (first, second):
        assert (await make(reader).score("A blue car.", [COLOUR])).value == 1.0
    assert len(first.asked) == 8
    assert second.asked == []


async def test_a_group_s_equal_captions_are_asked_once(make):
    reader = Scripted(says=finds)
    rewards = await make(reader).score_all([Rollout(caption="A blue car.", questions=[COLOUR])] * 5)
    assert [one.value for one in rewards] == [1.0] * 5
    assert len(reader.asked) == 8


async def test_the_questions_on_one_caption_reach_the_server_one_after_the_other(tmp_path):
    with ThreadedServer(Behaviour()) as running:
        reward = CaptionReward(f"openai:model?base_url={running.url}", store=tmp_path / "s.sqlite", concurrency=4)
        rollouts = [Rollout(caption=f"Caption number {number}.", questions=QUESTIONS) for number in range(12)]
        await reward.score_all(rollouts)
        await reward.close()
        texts = [body["messages"][-1]["content"] for body in running.server.bodies]
    order = [next(n for n in range(12) if f"Caption number {n}." in str(text)) for text in texts]
    # Of the calls under way at once a later one may overtake, and no more than that.
    assert all(abs(place - sorted(order).index(number)) < 8 + 4 for place, number in enumerate(order))
    assert len(order) == 96


async def test_a_server_that_went_away_costs_values_and_one_that_never_was_there_stops(tmp_path):
    with ThreadedServer(Behaviour()) as running:
        spec = f"openai:model?base_url={running.url}"
        reward = CaptionReward(spec, store=tmp_path / "a.sqlite", patience=0.3)
        rollouts = [Rollout(caption=f"Caption {number}.", questions=QUESTIONS) for number in range(50)]
        assert None not in [one.value for one in await reward.score_all(rollouts[:10])]
        running.go_away()
        gone = await asyncio.wait_for(reward.score_all(rollouts[10:]), 20)
        assert [one.value for one in gone] == [None] * 40
        stranger = CaptionReward(spec, store=tmp_path / "b.sqlite", patience=0.3)
        with pytest.raises(FatalError):
            await stranger.score_all(rollouts)
        await stranger.close()
        running.come_back()
        assert None not in [one.value for one in await reward.score_all(rollouts)]
        await reward.close()


async def test_whoever_gives_up_leaves_nothing_under_way(make):
    begun = asyncio.Event()

    class Slow(Scripted):
        async def answer(self, caption, item, *, sample):
            begun.set()
            await asyncio.Event().wait()

    scoring = asyncio.create_task(make(Slow(says=finds)).score("A blue car.", [COLOUR]))
    await begun.wait()
    scoring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scoring
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_a_store_that_cannot_be_written_stops_everything(tmp_path):
    (tmp_path / "store.sqlite").write_text("no store")
    reward = CaptionReward(Scripted(says=finds), store=tmp_path / "store.sqlite")
    with pytest.raises(StoreError):
        await reward.score("A blue car.", [COLOUR])


@pytest.mark.parametrize(
    "settings", [{"n": 0}, {"tolerance": 1.0}, {"tolerance": -0.1}, {"concurrency": 0}, {"patience": -1.0}]
)
def test_numbers_that_will_not_do_are_told(settings):
    with pytest.raises(UsageError):
        CaptionReward("lexical", **settings)


async def test_the_length_term_is_added_for_captions_that_answer_something(make):
    reward = make(finds, length=LengthTerm(weight=0.2), tokens=lambda text: len(text.split()))
    short = await reward.score("A blue car with three dogs.", QUESTIONS)
    assert (short.value, short.length_term) == (1.2, 1.0)
    long = await reward.score("A blue car with three dogs.", QUESTIONS, tokens=2560)
    assert (long.value, long.length_term) == (1.1, 0.5)
    silent = await reward.score("Nothing to see.", QUESTIONS)
    assert (silent.value, silent.length_term) == (0.0, 0.0)
    paid = make(finds, length=replace(reward.length, gated=False), tokens=len)
    assert (await paid.score("", QUESTIONS)).value == 0.2


async def test_a_length_term_without_lengths_is_refused(make):
    with pytest.raises(UsageError, match="needs the captions' lengths"):
        await make(finds, length=LengthTerm()).score("A blue car.", [COLOUR])


@pytest.mark.parametrize("settings", [{"weight": -1}, {"weight": float("nan")}, {"full": 10, "zero": 10}])
def test_a_length_term_that_will_not_do_is_told(settings):
    with pytest.raises(UsageError):
        LengthTerm(**settings)
