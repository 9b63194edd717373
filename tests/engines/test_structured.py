"""`structured=choice`: answers to multiple choice that can be nothing but a letter."""

from __future__ import annotations

import pytest

from prism_eval import evaluate
from prism_eval.engines.openai import OpenAIEngine
from prism_eval.errors import FatalError
from prism_eval.schema import Outcome


@pytest.fixture
def places(tmp_path):
    return {"data": "synthetic", "store": tmp_path / "store.sqlite", "out": tmp_path / "run", "limit": 4}


def spec(server, options=""):
    return f"openai:model?base_url={server.url}{options}"


def held(server):
    return [body.get("structured_outputs") for body in server.server.bodies]


def test_only_questions_with_options_are_held_to_their_letters(places, serve):
    server = serve(text="B")
    result = evaluate("blind", reasoner=spec(server, "&structured=choice"), benchmarks=["mmstar", "chartqa"], **places)
    letters = [one["choice"] for one in held(server) if one]
    assert letters
    assert all(choice == list("ABCDEFGH"[: len(choice)]) for choice in letters)
    assert None in held(server), "a short answer is written as ever"
    frame = result.to_pandas()
    answered = frame[frame["benchmark"] == "mmstar"]["outcome"]
    assert set(answered) <= {Outcome.CORRECT.value, Outcome.WRONG.value}


def test_it_is_off_by_default_and_what_was_written_without_it_is_found(places, serve, tmp_path):
    server = serve(text="B")
    evaluate("blind", reasoner=spec(server), benchmarks="mmstar", **places)
    assert set(held(server)) == {None}
    again = evaluate(
        "blind", reasoner=spec(server, "&structured=none"), benchmarks="mmstar", **{**places, "out": tmp_path / "a"}
    )
    assert again.tallies["answer"].made == 0
    other = evaluate(
        "blind", reasoner=spec(server, "&structured=choice"), benchmarks="mmstar", **{**places, "out": tmp_path / "b"}
    )
    assert other.tallies["answer"].hits == 0, "it changes what is measured"
    plain = OpenAIEngine(model="m", base_url="http://a").identity
    assert "structured" not in plain
    assert OpenAIEngine(model="m", base_url="http://a", structured="choice").identity == {
        **plain,
        "structured": "choice",
    }


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"text": "The answer is B."}, "ignores structured_outputs: leave out structured=choice"),
        ({"text": "B", "fields": ("temperature", "top_p", "seed", "max_tokens")}, "structured"),
    ],
)
def test_a_server_that_has_it_not_ends_the_run_in_one_line(behaviour, words, places, serve):
    with pytest.raises(FatalError, match=words) as caught:
        evaluate("blind", reasoner=spec(serve(**behaviour), "&structured=choice"), benchmarks="mmstar", **places)
    assert "\n" not in str(caught.value)
