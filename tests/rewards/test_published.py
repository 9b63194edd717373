"""The presets beside CapRL's own code: what it gave is recorded in ``published_cases.json``."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import aiohttp
import pytest

from prism_eval.errors import PermanentError, UnknownName
from prism_eval.rewards import CaptionReward, LengthTerm
from prism_eval.rewards.draws import Draw
from prism_eval.rewards.published import SWITCHES, CapRLAsking, Fault, preset
from prism_eval.schema import Answer, Outcome
from tests.rewards.reader import COLOUR, DOGS, SHOP, Scripted, letter_of
from tests.server.fault_server import Behaviour
from tests.server.threaded import ThreadedServer

RECORDED = json.loads((Path(__file__).parent / "published_cases.json").read_text(encoding="utf-8"))
CASES = {case["case"]: case for case in RECORDED["cases"]}
WITHOUT_FAULT = ("plain, right and wrong", "plain, all right", "replies cut behind the answer")


class Recorded(CapRLAsking):
    """CapRL's way with the draws of a recorded case."""

    def __init__(self, case, faults):
        super().__init__(faults=faults)
        self.case = case

    def draw(self, questions, count, rng):
        orders = [(asked["question"], tuple(asked["order"])) for asked in self.case["asks"]]
        # Where one question comes twice in one order, the published code asks twice.
        return tuple(Draw(*one, orders[:place].count(one)) for place, one in enumerate(orders))


def replaying(case):
    """A reader with the recorded replies, by what is asked and how often that was asked before."""
    left = [(asked["put"], asked["reply"]) for asked in case["asks"]]

    def says(caption, item):
        place = next(place for place, (put, _) in enumerate(left) if put == item.question)
        reply = left.pop(place)[1]
        return PermanentError("a call that failed") if reply is None else reply

    return Scripted(says=says)


async def scored(case, faults, tmp_path, reader=None):
    asking = Recorded(case, faults)
    reward = CaptionReward(reader or replaying(case), n=8, asking=asking, store=tmp_path / "store.sqlite")
    given = await reward.score(case["caption"], case["ground_truth"])
    await reward.close()
    return given


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_with_its_faults_the_preset_gives_what_the_published_code_gave(case, tmp_path):
    given = await scored(case, SWITCHES, tmp_path)
    assert given.value == case["score"]
    assert [asked.outcome is Outcome.CORRECT for asked in given.asks] == [asked["right"] for asked in case["asks"]]


def answering(case):
    """A reader that picks the option it picked in the recorded case, by its text and whatever its letter."""
    texts = []
    for asked in case["asks"]:
        letter = asked["reply"].removeprefix("The answer is ")[0]
        question = case["ground_truth"][asked["question"]]
        line = next(line for line in asked["put"].split("\n")[1:] if line[5] == letter)
        texts.append((question["question"], line[8:]))

    def says(caption, item):
        place = next(place for place, (put, _) in enumerate(texts) if item.question.startswith(put))
        return f"The answer is {letter_of(item, texts.pop(place)[1])}."

    return Scripted(says=says)


@pytest.mark.parametrize("name", WITHOUT_FAULT)
async def test_without_its_faults_it_gives_the_same_where_none_is_met(name, tmp_path):
    case = CASES[name]
    assert (await scored(case, (), tmp_path, answering(case))).value == case["score"]


def test_the_prompt_is_the_published_one_byte_for_byte():
    case = CASES["plain, right and wrong"]
    asking = CapRLAsking(faults=SWITCHES)
    asked = case["asks"][0]
    put = asking.put(asking.questions(case["ground_truth"])[asked["question"]], tuple(asked["order"]))
    prompt = asking.protocol.answer.short_prompt
    filled = prompt.replace("{abstain}", put.abstain).replace("{question}", put.shown.question)
    assert filled.replace("{caption}", case["caption"]) == RECORDED["prompt"]
    sampling = asking.protocol.answer.sampling
    assert (sampling.temperature, sampling.top_p, sampling.max_tokens) == (0.6, 1.0, 10)


@pytest.mark.parametrize(("tokens", "published"), RECORDED["lengths"])
def test_the_length_term_is_the_published_one(tokens, published):
    term = preset("caprl++").length
    assert term.of(tokens, 1.0) == pytest.approx(published, abs=1e-12)
    assert (term.weight, preset("caprl").length) == (0.2, None)
    # A ninth thing: there a caption earns it that answers nothing.
    assert term.of(tokens, 0.0) == 0.0
    assert LengthTerm(gated=False).of(tokens, 0.0) == pytest.approx(published, abs=1e-12)


def test_its_eight_faults_are_listed_and_off():
    assert len(Fault) == 8
    assert frozenset(Fault) - {Fault.SESSIONS} == SWITCHES
    assert all(fault.meaning for fault in Fault)
    assert preset("caprl").asking.faults == frozenset()
    with pytest.raises(UnknownName, match="did you mean 'unfenced'"):
        preset("caprl", faults=["unfence"])
    with pytest.raises(UnknownName, match="sessions"):
        preset("caprl", faults=["sessions"])
    with pytest.raises(UnknownName, match=r"caprl\+\+"):
        preset("capr++l")


# One test a fault, each of which the published code fails: `with_it` is what it does, the rest what we do.


async def test_1_an_outage_is_no_wrong_answer(tmp_path):
    case = CASES["failed calls"]
    assert case["score"] == 0.5
    with_it = await scored(case, [*SWITCHES], tmp_path)
    assert with_it.value == 0.5
    ours = await scored(case, SWITCHES - {Fault.FAILED_IS_WRONG}, tmp_path)
    assert (ours.value, ours.accuracy, ours.failed) == (None, 1.0, 4)


KINDS = ("500", "429", "401", "reset", "cut", "malformed", "empty", "html", "hang", "away")
"""HTTP errors, connections and replies that are broken, no reply in time, and nobody there."""


@pytest.mark.parametrize("kind", KINDS)
async def test_1_no_kind_of_outage_is_a_wrong_answer(kind, tmp_path, monkeypatch):
    monkeypatch.setattr("prism_eval.rewards.reward._ATTEMPTS", 1)
    values = []
    for faults in ([Fault.FAILED_IS_WRONG], ()):
        with ThreadedServer(Behaviour(text="The answer is B.")) as running:
            spec = f"openai:model?base_url={running.url}&timeout=0.2"
            asking = CapRLAsking(faults=faults)
            path = tmp_path / f"{len(faults)}.sqlite"
            reward = CaptionReward(spec, asking=asking, store=path, patience=0.2)
            assert (await reward.score("A car.", [COLOUR])).value is not None
            if kind == "away":
                await asyncio.to_thread(running.go_away)
            else:
                running.server.behaviour = Behaviour(fail=1.0, modes=(kind,))
            values.append((await reward.score("Another car.", [COLOUR])).value)
            await reward.close()
    assert values == [0.0, None]


@pytest.mark.parametrize(
    ("reply", "with_it", "ours"),
    [
        ("Answer: C", "A", "C"),
        ("I think the answer is C.", "I", "C"),
        ("c", None, "C"),
        ("Hm. Based on it, C or D", "H", None),
        ("The answer is C.", "C", "C"),
    ],
)
def test_2_an_answer_is_what_is_said_and_not_the_first_capital(reply, with_it, ours):
    question = CapRLAsking().questions([DOGS])[0]
    for faults, wanted in (([Fault.FIRST_CAPITAL], with_it), ((), ours)):
        asking = CapRLAsking(faults=faults)
        verdict = asking.read(asking.put(question, (0, 1, 2, 3)), Answer(reply))
        found = (
            verdict.extracted if verdict.outcome is Outcome.CORRECT or verdict.extracted in tuple("ABCDHI") else None
        )
        assert found == wanted


@pytest.mark.parametrize(("count", "letter"), [(2, "C"), (4, "E"), (6, "G")])
def test_3_not_knowing_has_the_letter_behind_the_options_and_shares_none(count, letter):
    choices = [f"o{place}" for place in range(count)]
    for faults, wanted in (([Fault.ABSTAIN_IS_F], "F"), ((), letter)):
        asking = CapRLAsking(faults=faults)
        (question,) = asking.questions([{"question": "Q?", "choices": choices, "answer": "A"}])
        put = asking.put(question, tuple(range(count)))
        letters = [line[5] for line in put.shown.question.split("\n")[1:]]
        assert letters[-1] == put.abstain == put.shown.abstain == wanted
        assert (len(set(letters)) == len(letters)) is not (wanted == "F" and count == 6)
    assert asking.read(put, Answer(f"The answer is {letter}.")).outcome is Outcome.ABSTAINED


async def test_4_of_two_equal_options_the_gold_is_the_one_that_was_right(tmp_path):
    case = CASES["equal texts"]
    assert (await scored(case, SWITCHES, tmp_path)).value == case["score"] == 1.0
    # The recorded replies name the last copy, which is right only where the gold has come to stand last.
    ours = await scored(case, SWITCHES - {Fault.GOLD_BY_TEXT}, tmp_path)
    assert [asked.outcome is Outcome.CORRECT for asked in ours.asks] == [asked.picked == 0 for asked in ours.asks]
    assert 0 < ours.value < 1


def test_5_an_option_s_own_letter_does_not_move_with_it():
    choices = ["A. Black", "B. White", "C. Grey", "D. Red"]
    with_it, ours = CapRLAsking(faults=[Fault.DOTTED_LABELS]), CapRLAsking()
    for asking, wanted in ((with_it, "   - B) A. Black"), (ours, "   - B) Black")):
        (question,) = asking.questions([{"question": "What colour?", "choices": choices, "answer": "A"}])
        assert asking.put(question, (3, 0, 1, 2)).shown.question.split("\n")[2] == wanted


def test_7_every_question_comes_once_before_any_comes_again():
    with_it, ours = CapRLAsking(faults=[Fault.REPLACEMENT]), CapRLAsking()
    questions = ours.questions([COLOUR, DOGS, SHOP])

    def missed(asking):
        draws = [asking.draw(questions, 3, random.Random(seed)) for seed in range(200)]
        return sum(len({one.question for one in each}) < 3 for each in draws)

    assert missed(ours) == 0
    assert missed(with_it) > 100


async def test_8_many_questions_share_connections_and_nothing_is_printed(tmp_path, monkeypatch, capsys):
    made, begin = [], aiohttp.ClientSession.__init__

    def counted(self, *args, **settings):
        made.append(self)
        begin(self, *args, **settings)

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", counted)
    with ThreadedServer(Behaviour()) as running:
        spec = f"openai:model?base_url={running.url}"
        reward = preset("caprl").reward(spec, store=tmp_path / "store.sqlite")
        for number in range(4):
            await reward.score(f"Caption {number}.", [COLOUR, DOGS])
        await reward.close()
        assert len(running.server.bodies) == 32
    assert len(made) == 1
    assert capsys.readouterr() == ("", "")
