"""`specific`: what the reasoner is asked, what the captioner is told of it, and what is asked once."""

from __future__ import annotations

import json

import pytest

from prism_eval import evaluate
from prism_eval.captioners import CAPTIONER
from prism_eval.errors import UsageError
from prism_eval.plan import load_protocol
from prism_eval.plugins import Spec, build
from prism_eval.reasoners import REASONER
from prism_eval.reasoners.lexical import Lexical
from prism_eval.run.reading import Table
from tests.builders import chart_folder, image
from tests.server.recorded import FILTERED_REPLIES, FILTERED_REQUESTS

URL = "base_url=http://127.0.0.1:9/v1"
PRISM = load_protocol("prism")


@pytest.fixture
def places(tmp_path):
    data = str(chart_folder(tmp_path / "data", images=2, questions=2))
    return {"data": data, "benchmarks": "chartqa", "store": tmp_path / "store.sqlite", "protocol": "prism"}


def spec(server, options=""):
    return f"openai:model?base_url={server.url}{options}"


def reader(text=f"openai:r?{URL}"):
    return build(REASONER, Spec.parse(text), PRISM.reasoner_settings(0))


def made(text=f"specific(openai:m?{URL})", who=None):
    return build(CAPTIONER, Spec.parse(text), {**PRISM.captioner_settings(0), "reader": who or reader()})


def texts(server):
    """The text of each request's last message, in order."""
    contents = [body["messages"][-1]["content"] for body in server.server.bodies]
    return [content if isinstance(content, str) else content[-1]["text"] for content in contents]


def test_the_reasoner_says_from_the_question_alone_what_to_look_at(places, serve, tmp_path):
    captions, answers = serve(text="Bars."), serve(text=" the height of bar 0\n")
    evaluate(f"specific({spec(captions)})", reasoner=spec(answers), out=tmp_path / "run", **places)
    asked = [text for text in texts(answers) if text.startswith("Your task is to give")]
    assert sorted(text.rpartition("Question: ")[2] for text in asked) == sorted(
        f"What is the value of bar {number} in chart {shade}?\nContents to observe: "
        for shade in range(2)
        for number in range(2)
    )
    # Two questions on one image that lead to the same words share their caption.
    assert texts(captions) == [f"{PRISM.caption.prompt} Especially, pay attention to the height of bar 0."] * 2
    rows = list(Table(tmp_path / "run", "captions").rows(["key", "text"]))
    assert [row["text"] for row in rows] == ["Bars."] * 4
    assert len({row["key"] for row in rows}) == 4, "a caption is of an image and a question"


def test_a_second_run_asks_nobody_what_to_look_at_again(places, serve, tmp_path):
    captions, answers = serve(text="Bars."), serve(text="the bars")
    entry = f"specific({spec(captions)})"
    first = evaluate(entry, reasoner=spec(answers), out=tmp_path / "run", **places)
    assert first.tallies["instruction"].made == 4
    asked, captioned = len(answers.server.bodies), len(captions.server.bodies)
    again = evaluate([f"budget({entry})?words=1", entry], reasoner=spec(answers), out=tmp_path / "both", **places)
    assert (again.tallies["instruction"].made, again.tallies["instruction"].failed) == (0, 0)
    # The one word of the budget is the whole caption: not even its answers are new.
    assert (len(answers.server.bodies), len(captions.server.bodies)) == (asked, captioned)


@pytest.mark.parametrize("mode", [*FILTERED_REQUESTS, *FILTERED_REPLIES])
def test_where_it_says_nothing_the_prompt_stands_alone(mode, places, serve, tmp_path):
    captions, answers = serve(text="Bars."), serve(fail=1.0, modes=(mode,), only="Your task is to give")
    evaluate(f"specific({spec(captions)})", reasoner=spec(answers), out=tmp_path / "run", **places)
    assert texts(captions) == [PRISM.caption.prompt] * 2


def test_what_it_thinks_before_it_speaks_is_not_told(places, serve, tmp_path):
    captions, answers = serve(text="Bars."), serve(text="<think>A chart, so...</think>\n\nthe legend.")
    evaluate(f"specific({spec(captions)})", reasoner=spec(answers), out=tmp_path / "run", **places)
    assert set(texts(captions)) == {f"{PRISM.caption.prompt} Especially, pay attention to the legend."}


def test_its_key_knows_the_question_and_whoever_is_asked_what_to_look_at():
    def key(captioner, question="How many?"):
        return captioner.call([image(1)], sample=0, question=question).key

    keys = [
        key(made()),
        key(made(), "How few?"),
        key(made(who=reader(f"openai:other?{URL}"))),
        key(made(f"specific(openai:n?{URL})")),
        key(made(f"specific(openai:m?{URL})?ask_prompt=What of {{question}}")),
        key(made(f"specific(openai:m?{URL})?max_tokens=7")),
    ]
    assert len(set(keys)) == len(keys)
    # How the reasoner words its answers is no part of it.
    assert key(made(who=reader(f"openai:r?{URL}&system=Be brief."))) == keys[0]
    json.dumps(made().identity)


@pytest.mark.parametrize(
    ("text", "who", "why"),
    [
        ("specific(blind)", None, "takes one captioner that is an engine with a prompt, and got blind"),
        (f"specific(openai:a?{URL}, openai:b?{URL})", None, "takes one captioner"),
        (f"specific(openai:m?{URL})", Lexical(), r"no model that could \(lexical\): .* -r openai:MODEL"),
        (f"specific(openai:m?{URL})?ask_prompt=Look", None, "ask_prompt has no {question}"),
        (f"specific(openai:m?{URL})?reader=openai:r", None, "reader"),
    ],
)
def test_what_cannot_be_asked_so_is_refused(text, who, why):
    with pytest.raises(UsageError, match=why):
        made(text, who)


def test_a_failure_to_say_what_to_look_at_is_no_caption(places, serve, tmp_path):
    captions, answers = serve(text="Bars."), serve(fail=1.0, modes=("400",), only="Your task")
    result = evaluate(f"specific({spec(captions)})", reasoner=spec(answers), out=tmp_path / "run", **places)
    assert not captions.server.bodies
    assert result.tallies["instruction"].failed
    assert [row["outcome"] for row in Table(tmp_path / "run", "verdicts").rows(["outcome"])] == ["failed"] * 4
