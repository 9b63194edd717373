"""The filter's decisions, held against the truth that twins know."""

import random
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import pytest

from prism_eval import evaluate
from prism_eval.benchmarks import open_benchmark
from prism_eval.errors import FatalError, PermanentError, UsageError
from prism_eval.questions.excluded import Excluded
from prism_eval.questions.filtering import ask, decide, prepare
from prism_eval.questions.question_set import QuestionSet
from prism_eval.questions.thresholds import Thresholds
from prism_eval.reasoners.base import Reasoner
from prism_eval.run.execute import run_plan
from prism_eval.run.reading import Table
from prism_eval.schema import Answer
from tests.server import fault_server

WRONG = {"A": "B", "B": "C", "C": "D", "D": "A"}


@dataclass(kw_only=True)
class Knows(Reasoner):
    """Guesses some questions right in so many of their orders, without reading anything; fails others."""

    name: ClassVar[str] = "knows"
    right: tuple[tuple[str, str, int], ...] = ()
    fails: tuple[str, ...] = ()

    async def answer(self, caption, item, *, sample):
        if item.id in self.fails:
            raise PermanentError("it is too long for me")
        if caption.text:
            return Answer("Answer: cannot answer")
        for question, answer, positions in self.right:
            if item.id == question and item.options.index(answer) < positions:
                return Answer(f"Answer: {item.letters[item.options.index(answer)]}")
        return Answer("Answer: cannot answer")


def filtered(questions, tmp_path, *, seeing=("oracle",), readers=("lexical",), ready=None, **more):
    filtering = prepare(questions, seeing=seeing, readers=[*readers, *(ready or {})], thresholds=Thresholds(), **more)
    result = ask(filtering, partial(run_plan, store=tmp_path / "store.sqlite", reasoners=ready))
    return {one.id: one for one in decide(filtering)}, result


def test_what_is_kept_and_dropped_is_what_the_twin_knows(make_set, tmp_path, twin):
    """Of 24 questions every kind of fault is planted; the rest are answered by their images, and only by them."""
    by_image = {item.images[0].digest: item for item in twin[:24]}
    others = list(by_image.values())

    def spoil(number, question):
        if number % 6 == 1:  # the key is wrong
            return question.model_copy(update={"answer": WRONG[question.answer]})
        if number % 6 == 2:  # it is about another image
            other = next(one for one in others if one.images[0].digest != question.image_digest)
            return question.model_copy(update={"facts": (other.images[0].facts,)})
        if number % 6 == 3:  # in one order only can it be asked
            return question.model_copy(update={"options": (*question.options[:3], "None of the above"), "answer": "A"})
        return question

    questions = make_set(24, spoil)
    rows = questions.read()
    # Of what can be guessed the right answer is known wherever it stands; of what cannot, where it stands first.
    prior = tuple(
        (one.id, one.options["ABCD".index(one.answer)], {4: 4, 5: 1}[number % 6])
        for number, one in enumerate(rows)
        if number % 6 in (4, 5)
    )
    found, _ = filtered(questions, tmp_path, ready={"prior": Knows(right=prior)})
    expected = ["kept", "dropped", "dropped", "dropped", "dropped", "kept"]
    assert [found[f"q{number}"].state for number in range(24)] == expected * 4
    for number in range(24):
        one = found[f"q{number}"]
        match number % 6:
            case 1 | 2:
                assert re.fullmatch(
                    r"with the image direct\(oracle\) was right \d times of 12, fewer than 9", one.reasons[0]
                )
            case 3:
                assert one.reasons == ("an option speaks of the others, and is true in one order only",)
                assert one.arms == ()
            case 4:
                assert one.reasons == ("without the image prior was right 12 times of 12, more than 4",)
                assert one.arms[2].right_at == (3, 3, 3, 3)
            case 5:
                # A reader that always says A is right by chance, whatever it knows.
                assert [(arm.right, arm.right_at) for arm in one.arms] == [
                    (12, (3, 3, 3, 3)),
                    (0, (0, 0, 0, 0)),
                    (3, (3, 0, 0, 0)),
                ]
    # What was decided is in the set, the dropped ones included, and is the same when it is filtered again.
    assert {one.id: one for one in questions.read()} == found
    again, result = filtered(questions, tmp_path, ready={"prior": Knows(right=prior)})
    assert again == found
    assert result.tallies["answer"].made == 0


@dataclass(kw_only=True)
class Chance(Reasoner):
    """Answers each question right with one and the same probability, each order drawn anew, whether or not it reads."""

    name: ClassVar[str] = "chance"
    accuracy: float
    golds: tuple[tuple[str, str], ...]

    async def answer(self, caption, item, *, sample):
        gold = item.options.index(dict(self.golds)[item.id])
        rng = random.Random(f"{item.id}/{item.options}")
        if rng.random() < self.accuracy:
            return Answer(f"Answer: {item.letters[gold]}")
        return Answer(f"Answer: {rng.choice([letter for letter in item.letters if letter != item.letters[gold]])}")


@pytest.fixture(scope="module")
def twins():
    """Items of twins in three drawings, with one image and four options each."""
    drawn = [(name, seed) for name in ("mmstar", "seedbench2plus") for seed in range(3)]
    return [item for name, seed in drawn for item in open_benchmark(name, "synthetic", seed=seed).items()]


@pytest.mark.parametrize(("accuracy", "stated"), [(0.25, 0.842), (0.5, 0.194), (0.75, 0.003)])
def test_the_stated_error_rates_are_what_comes_out(make_set, tmp_path, twins, accuracy, stated):
    """Readers of a known accuracy without the image, over twins' questions: so many are kept as was said before."""
    questions = make_set(len(twins), items=twins)
    golds = tuple((one.id, one.options["ABCD".index(one.answer)]) for one in questions.read())
    ready = {"reader": Chance(accuracy=accuracy, golds=golds)}
    found, _ = filtered(questions, tmp_path, readers=(), ready=ready, seeing=())
    kept = sum(one.state == "kept" for one in found.values())
    # What two and a half standard errors of so many questions leave room for.
    assert len(found) > 150
    assert kept / len(found) == pytest.approx(stated, abs=2.5 * (stated * (1 - stated) / len(found)) ** 0.5)


def test_a_call_that_failed_is_neither_kept_nor_dropped(make_set, tmp_path):
    questions = make_set(4)
    answer = {one.id: one.options["ABCD".index(one.answer)] for one in questions.read()}
    reader = Knows(fails=("q1", "q2"), right=(("q3", answer["q3"], 4),))
    found, result = filtered(questions, tmp_path, ready={"weak": reader})
    assert [found[f"q{number}"].state for number in range(4)] == ["kept", "undecided", "undecided", "dropped"]
    (reason,) = found["q1"].reasons
    assert reason == "without the image 12 of 12 answers of weak are not known: it is too long for me"
    assert result.failed
    # Mended, only those are asked anew.
    again, result = filtered(questions, tmp_path, ready={"weak": Knows(right=reader.right)})
    assert [again[f"q{number}"].state for number in range(4)] == ["kept", "kept", "kept", "dropped"]


def test_images_of_benchmarks_are_left_out_by_digest_and_nothing_is_asked_of_them(make_set, tmp_path):
    questions = make_set(6, lambda _, one: one.model_copy(update={"image_digest": f"as {one.id} says"}))
    first = questions.read()[0]
    found, result = filtered(questions, tmp_path, excluded=Excluded({first.image.removesuffix(".png"): "chartqa"}))
    out = [one for one in found.values() if one.image == first.image]
    assert {one.reasons for one in out} == {("its image is in the benchmark chartqa",)}
    assert result.counts.done == 12 * 2 * (6 - len(out))


def test_nothing_is_asked_where_there_is_nothing_to_ask(make_set, tmp_path):
    questions = make_set(2, lambda _, one: one.model_copy(update={"options": ("same", "Same.", "b", "c")}))
    found, result = filtered(questions, tmp_path)
    assert result is None
    assert [one.reasons for one in found.values()] == [("two of its options are the same",)] * 2
    assert not questions.run.exists()


def test_a_slip_of_the_pen_costs_no_decision(make_set, tmp_path):
    questions = make_set(2)
    found, _ = filtered(questions, tmp_path)
    with pytest.raises(UsageError, match="unknown reasoner 'lexicl'"):
        filtered(questions, tmp_path, readers=["lexicl"])
    assert {one.id: one for one in questions.read()} == found
    assert 'equals = ["kept"]' in questions.definition.read_text().partition("[source]")[0]


def test_of_two_that_ask_the_same_the_first_is_asked_that_can_be(make_set, tmp_path):
    first = make_set(1).read()[0]
    rows = [first.model_copy(update={"id": name}) for name in ("bad", "good", "again")]
    rows[0] = rows[0].model_copy(update={"options": ("a", "A", "b", "c")})
    rows[2] = rows[2].model_copy(update={"question": f"  {first.question.upper()}"})
    questions = make_set(1)
    questions.write(rows)
    found, _ = filtered(questions, tmp_path)
    assert [one.state for one in found.values()] == ["dropped", "kept", "dropped"]
    assert found["again"].reasons == ("another question asks the same about its image",)


def test_a_dead_server_costs_no_decision_of_before(make_set, tmp_path, serve, model):
    questions = make_set(2)
    found, _ = filtered(questions, tmp_path)
    with pytest.raises(FatalError):
        filtered(questions, tmp_path, readers=[spec(serve(fail=1.0, modes=("401",)), "one")])
    assert {one.id: one for one in questions.read()} == found


def test_of_a_part_the_rest_is_undecided(make_set, tmp_path):
    found, _ = filtered(make_set(12), tmp_path, limit=2)
    states = Counter((one.state, one.reasons) for one in found.values())
    assert set(states) == {("kept", ()), ("undecided", ("the run did not ask it",))}
    assert states["kept", ()] <= 2


def test_one_and_the_same_reader_twice_is_no_second_opinion(make_set, tmp_path):
    with pytest.raises(UsageError, match="named twice"):
        filtered(make_set(1), tmp_path, readers=["lexical", "lexical"])


@pytest.fixture
def model(monkeypatch, twin):
    """Servers whose model reads the truth off an image, and guesses without one."""
    truth = {item.question: item.options["ABCD".index(item.golds[0])] for item in twin}
    guess = fault_server.reply_to

    def reply(body):
        text = fault_server.text_of(body)
        options = {option: letter for letter, option in re.findall(r"^([A-Z])\. (.*)$", text, flags=re.MULTILINE)}
        asked = next((question for question in truth if f"Question: {question}\n" in text), None)
        with_image = any(part["type"] == "image_url" for part in fault_server.parts_of(body))
        return f"Answer: {options[truth[asked]]}" if with_image and asked else guess(body)

    monkeypatch.setattr(fault_server, "reply_to", reply)


def spec(server, name):
    return f"openai:model?base_url={server.url}&label={name}"


def test_faults_of_servers_change_no_decision(make_set, tmp_path, serve, model):
    """A tenth of the calls fails and is tried again; what comes out is what servers without faults give."""
    questions = make_set(6)
    calm = [serve(), serve()]
    seeing, readers = [spec(calm[0], "vlm")], [spec(calm[1], "one"), f"{spec(calm[1], 'two')}&top_p=0.9"]
    expected, _ = filtered(questions, tmp_path / "calm", seeing=seeing, readers=readers)
    # Once with the image, whoever reads besides, and once for each reader.
    assert calm[0].server.arrivals.total() == 12 * 6
    assert calm[1].server.arrivals.total() == 2 * 12 * 6
    rough = [serve(fail=0.1, seed=3), serve(fail=0.1, seed=4)]
    seeing, readers = [spec(rough[0], "vlm")], [spec(rough[1], "one"), f"{spec(rough[1], 'two')}&top_p=0.9"]
    found, result = filtered(questions, tmp_path / "rough", seeing=seeing, readers=readers, attempts=30)
    assert found == expected
    assert sum(tally.retries for tally in result.tallies.values()) > 10
    assert {one.state for one in found.values()} >= {"kept"}
    assert all(one.arms[0].right == 12 and not one.arms[0].unread for one in found.values())


def test_what_a_server_refuses_is_undecided_unless_the_rest_decides_it(make_set, tmp_path, serve, model):
    questions = make_set(4)
    refused = questions.read()[2].question
    vlm, reader = serve(fail=1.0, modes=("422",), only=f"Question: {refused}\n"), serve()
    found, result = filtered(questions, tmp_path, seeing=[spec(vlm, "vlm")], readers=[spec(reader, "one")], attempts=1)
    unread = [one for one in found.values() if one.question == refused]
    assert [one.arms[0].unread for one in found.values()] == [12 * (one in unread) for one in found.values()]
    for one in unread:
        # Dropped is only what the reader guessed.
        assert one.state == ("dropped" if one.arms[1].right > 4 else "undecided")
        assert "HTTP 422" in one.arms[0].note
    assert result.failed


def test_a_server_that_is_down_ends_the_run_and_decides_nothing(make_set, tmp_path, serve, model):
    questions = make_set(2)
    vlm, reader = serve(fail=1.0, modes=("422",)), serve()
    with pytest.raises(FatalError):
        filtered(questions, tmp_path, seeing=[spec(vlm, "vlm")], readers=[spec(reader, "one")])
    assert {one.state for one in questions.read()} == {"open"}
    vlm.behaviour.fail = 0.0
    found, _ = filtered(questions, tmp_path, seeing=[spec(vlm, "vlm")], readers=[spec(reader, "one")])
    assert all(one.arms[0].right == 12 for one in found.values())


def test_the_set_is_a_benchmark_in_one_command(make_set, tmp_path):
    def spoil(number, question):
        return question.model_copy(update={"answer": WRONG[question.answer]}) if number % 2 else question

    questions = make_set(8, spoil)
    filtered(questions, tmp_path)
    for variant, outcomes in (("", {"correct"}), (":dropped", {"wrong"})):
        run = tmp_path / f"run{variant[1:]}"
        result = evaluate(
            "oracle",
            benchmarks=f"{questions.definition}{variant}",
            data=str(questions.folder),
            out=run,
            store=tmp_path / "store.sqlite",
        )
        assert result.counts.done == 4
        assert {row["outcome"] for row in Table(run, "verdicts").rows(["outcome"])} == outcomes
    assert QuestionSet.open(questions.folder) == questions
