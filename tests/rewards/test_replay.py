"""Saved rollouts: read, scored, and looked at."""

from __future__ import annotations

import json
import sys

import pytest

from prism_eval.cli import main
from prism_eval.errors import DataError
from prism_eval.rewards import Asked, Reward, Rollout
from prism_eval.rewards.asking import Asking
from prism_eval.rewards.replay import looked_at
from prism_eval.rewards.saved import read_rollouts
from prism_eval.schema import Outcome
from tests.rewards.reader import COLOUR, DOGS

QUESTIONS = [COLOUR, DOGS]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "row",
    [
        {"caption": "A car.", "questions": QUESTIONS, "image": "1.png", "tokens": 3},
        {
            "completion": [{"role": "assistant", "content": "A car."}],
            "questions": QUESTIONS,
            "id": "1.png",
            "tokens": 3,
        },
        {"solution_str": "A car.", "reward_model": {"ground_truth": QUESTIONS}, "image_id": "1.png", "cap_tokens": 3},
        {"response": "A car.", "ground_truth": QUESTIONS, "response_length": 3, "prompt_id": "1.png", "score": 0.1},
    ],
)
def test_rollouts_are_read_in_the_names_of_their_trainers(row, tmp_path):
    wanted = Rollout(caption="A car.", questions=QUESTIONS, image="1.png", tokens=3)
    assert read_rollouts(write(tmp_path / "r.jsonl", [row])) == [wanted]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no rollouts"),
        ("{}\n", "line 1: no caption: put it under 'caption' or"),
        ('{"caption": "A car."}\n', "line 1: no questions: put it under"),
        ('{"caption": 7, "questions": []}\n', "line 1: no caption can be found"),
        ("nothing\n", "line 1: not JSON"),
        ("7\n", "line 1: expected an object"),
    ],
)
def test_what_is_no_rollout_is_told_with_its_line(text, told, tmp_path):
    (tmp_path / "r.jsonl").write_text(text)
    with pytest.raises(DataError, match=told):
        read_rollouts(tmp_path / "r.jsonl")


def earned(value, *outcomes, problem=""):
    asks = tuple(Asked(question=0, outcome=outcome) for outcome in outcomes)
    return Reward(value=value, accuracy=value, asks=asks, problem=problem)


def replay(captions, values, images=None):
    rollouts = [
        Rollout(caption=caption, questions=QUESTIONS, image=image)
        for caption, image in zip(captions, images or [""] * len(captions), strict=True)
    ]
    rewards = [earned(value, problem="" if value is not None else "gone") for value in values]
    return looked_at(rollouts, rewards, Asking())


def test_rewards_are_spread_over_ten_parts():
    found = replay(["A car."] * 5, [0.0, 0.05, 0.5, 1.0, None])
    part = found.parts["reward"]
    assert part.bins == (2, 0, 0, 0, 0, 1, 0, 0, 0, 1)
    assert (part.low, part.high, part.mean) == (0.0, 1.0, 0.3875)
    assert (found.unscored, found.problem) == (1, "gone")
    assert set(found.parts) == {"reward"}


def test_answers_are_counted_by_how_they_ended():
    rewards = [earned(0.5, Outcome.CORRECT, Outcome.ABSTAINED), earned(None, Outcome.FAILED, Outcome.CORRECT)]
    rollouts = [Rollout(caption="A car.", questions=QUESTIONS)] * 2
    assert looked_at(rollouts, rewards, Asking()).outcomes == {"correct": 2, "abstained": 1, "failed": 1}


def test_length_is_held_against_reward_over_all_and_within_an_image():
    # The long captions are those of the easy image; on each image the short ones earn more.
    captions = ["one", "one two", "one two three", "a " * 10, "a " * 11, "a " * 12]
    found = replay(captions, [0.2, 0.1, 0.0, 1.0, 0.9, 0.8], ["x"] * 3 + ["y"] * 3)
    everywhere, within = found.with_length
    assert everywhere > 0.4
    assert within == pytest.approx(-1.0)
    assert (found.groups, found.level) == (2, 0)
    assert replay(["a"] * 4, [0.5] * 4, ["x"] * 4).with_length == (None, None)
    assert replay(["a"] * 4, [0.5] * 4, ["x"] * 4).level == 1


def test_captions_that_do_more_than_describe_are_named_with_what_they_earn():
    captions = [
        "A blue car. This description is highly accurate.",
        "A blue car. What colour is the car? red blue green black",
        "A blue car.",
        "A blue car. " + "Very blue. " * 40,
        "A car.",
        "A car with wheels.",
    ]
    found = {one.sign: one for one in replay(captions, [1.0, 0.5, 0.5, 0.25, 0.0, 0.0], ["x"] * 6).signs}
    assert {name: one.captions for name, one in found.items()} == {"praise": 1, "question": 1, "options": 1, "long": 1}
    assert (found["praise"].mean, found["praise"].others) == (1.0, 0.25)
    ((number, value, text),) = found["praise"].examples
    assert (number, value, text) == (1, 1.0, captions[0])
    assert found["long"].examples[0][2].endswith("Very blue.")


def test_what_earns_nothing_is_shown_the_longest_first():
    assert [number for number, _ in replay(["a", "a b c", "a b", "a"], [0.0, 0.0, 0.0, 1.0]).silent] == [2, 3, 1]


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    def command(*words):
        store = ["--store", str(tmp_path / "store.sqlite")]
        monkeypatch.setattr(sys, "argv", ["prism-eval", "reward", "replay", *map(str, words), *store])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    return command


def test_the_command_says_it_in_words_and_as_json(run, tmp_path):
    texts = ["The car is blue. There are three dogs.", "The car is blue.", "", "A\x1b[31m car."]
    file = write(tmp_path / "r.jsonl", [{"caption": text, "questions": QUESTIONS, "image": "x"} for text in texts])
    code, out, _ = run(file, "-r", "lexical", "--rows", tmp_path / "rows.jsonl")
    assert code == 0
    assert "4 rollouts, read by lexical: mean reward 0.375" in out
    assert "\x1b[31m" not in out
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [row["value"] for row in rows] == [1.0, 0.5, 0.0, 0.0]
    assert rows[1]["asks"][0].keys() == {"question", "outcome", "picked", "reply", "note"}
    code, out, _ = run(file, "-r", "lexical", "--format", "json")
    document = json.loads(out)
    assert (document["reader"], document["parts"]["reward"]["mean"], document["silent"][0][0]) == ("lexical", 0.375, 4)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--preset", "capr"], "unknown preset of a reward 'capr'"),
        (["--preset", "caprl", "--protocol", "standard"], "leave --protocol out"),
        (["--preset", "caprl++"], "name the policy's tokenizer"),
        (["--asks", "0"], "ask at least one question"),
        (["--tolerance", "2"], "give a share"),
        (["--length-weight", "-1"], "must be 0 or more"),
        (["--protocol", "nope"], "unknown protocol 'nope'"),
        (["-o", "x.json"], "--output writes markdown or json"),
    ],
)
def test_slips_are_told_in_one_line(run, tmp_path, flags, told):
    file = write(tmp_path / "r.jsonl", [{"caption": "A car.", "questions": QUESTIONS}])
    code, _, err = run(file, "-r", "lexical", *flags)
    assert code == 2
    assert told in err
    assert err.count("\n") == 1


def test_a_rollout_without_a_value_is_told_and_exits_with_1(run, tmp_path):
    rows = [{"caption": "A blue car.", "questions": QUESTIONS}, {"caption": "A car.", "questions": [7]}]
    code, out, _ = run(write(tmp_path / "r.jsonl", rows), "-r", "lexical")
    assert code == 1
    assert "Without a value: 1, the first because a rollout: '7' is no question" in " ".join(out.split())
