"""`direct`: what the part's own model is shown, under which key, and who cannot be asked so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from prism_eval.captioners import CAPTIONER
from prism_eval.captioners.direct import Direct
from prism_eval.errors import PermanentError, UnknownName, UsageError
from prism_eval.plan import load_protocol, protocol_names
from prism_eval.plugins import Spec, build
from prism_eval.reasoners.lexical import Lexical
from prism_eval.schema import Image, ItemKind
from tests.builders import image, short_item

URL = "base_url=http://127.0.0.1:9/v1"


def made(text: str, protocol: str = "standard", seed: int = 0) -> Direct:
    direct = build(CAPTIONER, Spec.parse(text), load_protocol(protocol).captioner_settings(seed))
    assert isinstance(direct, Direct)
    return direct


def shown(direct, item, sample=0):
    """The parts of the last message that the model is shown, and the call's key."""
    messages = direct._messages(item.images, item)
    return messages[-1].parts, direct.answer_call(item.images, item, Lexical(), sample=sample).key


def test_the_image_stands_where_the_caption_would_and_the_question_behind_it():
    item = short_item(1, question="How many bars?")
    (picture, text), _ = shown(made(f"direct(openai:m?{URL})"), item)
    assert picture is item.images[0]
    assert text.endswith("Question: How many bars?")
    assert 'end with one line of the form "Answer: X"' in text
    assert 'or "Answer: cannot answer" if it is not shown' in text
    choice = replace(item, kind=ItemKind.CHOICE, options=("two", "three"), golds=("A",), abstain="none of these")
    _, text = shown(made(f"direct(openai:m?{URL})"), choice)[0]
    assert text.endswith("Question: How many bars?\nA. two\nB. three")
    assert '"Answer: none of these"' in text


def test_several_images_stand_each_under_its_placeholder():
    item = short_item(1, image(1), image(2), question="Is <image 1> larger than <image 2>?")
    parts, _ = shown(made(f"direct(openai:m?{URL})"), item)
    assert parts[:4] == ("<image 1>", item.images[0], "<image 2>", item.images[1])
    parts, _ = shown(made(f"direct(openai:m?{URL})"), replace(item, image_numbers=(3, 5)))
    assert (parts[0], parts[2]) == ("<image 3>", "<image 5>")


@pytest.mark.parametrize("protocol", protocol_names())
def test_every_protocol_asks_for_the_form_that_it_asks_a_reasoner_for(protocol):
    settings = load_protocol(protocol)
    direct = made(f"direct(openai:m?{URL})", protocol)
    for name in ("choice_prompt", "short_prompt"):
        own, reasoners = getattr(direct, name), getattr(settings.answer, name)
        assert "description" not in own.lower()
        for mark in (r"\boxed{", "<answer>", "Answer: X", "{abstain}"):
            assert (mark in own) == (mark in reasoners), (name, mark)
    assert direct.part.sampling == replace(settings.answer.sampling, seed=0)


def test_the_key_holds_everything_that_is_sent_and_nothing_else():
    item = short_item(1)
    keys = [
        shown(made(f"direct(openai:m?{URL})"), item)[1],
        shown(made(f"direct(openai:m?{URL})"), item, sample=1)[1],
        shown(made(f"direct(openai:n?{URL})"), item)[1],
        shown(made(f"direct(openai:m?{URL}&max_tokens=7)"), item)[1],
        shown(made(f"direct(openai:m?{URL})", seed=1), item)[1],
        shown(made(f"direct(openai:m?{URL})?system=Be brief."), item)[1],
        shown(made(f"direct(openai:m?{URL})", "prism"), item)[1],
        shown(made(f"direct(openai:m?{URL})"), short_item(1, image(2)))[1],
        shown(made(f"direct(openai:m?{URL})"), replace(item, question="Else?"))[1],
        shown(made(f"direct(openai:m?{URL})"), replace(item, abstain="none"))[1],
        shown(made(f"direct(openai:m?{URL})"), short_item(1, image(1), image(2)))[1],
        shown(made(f"direct(openai:m?{URL})"), short_item(1, image(2), image(1)))[1],
        shown(made(f"direct(openai:m?{URL})"), replace(short_item(1, image(1), image(2)), image_numbers=(2, 3)))[1],
    ]
    assert len(set(keys)) == len(keys)
    # Where the server is changes nothing, nor does what the part would be asked for a caption, nor the picture's name.
    same = [
        made("direct(openai:m?base_url=http://127.0.0.1:8/v1)"),
        made(f"direct(openai:m?{URL}&prompt=What is this?)"),
    ]
    assert {shown(one, item)[1] for one in same} == {keys[0]}
    renamed = replace(item, images=(Image(item.images[0].data, "another name"),), id="2")
    assert shown(made(f"direct(openai:m?{URL})"), renamed)[1] == keys[0]


def test_the_oracle_s_facts_are_read_by_the_reasoner_whatever_its_recall():
    item = short_item(1, image(1, facts=("a is 1", "b is 2")))
    calls = [
        made(spec).answer_call(item.images, item, Lexical(), sample=0)
        for spec in ("direct(oracle)", "direct(oracle?recall=0.1)")
    ]
    assert calls[0].key == calls[1].key
    with pytest.raises(PermanentError, match=r"direct\(oracle\) needs synthetic twins; image image-2.png has no facts"):
        made("direct(oracle)").answer_call([image(2)], item, Lexical(), sample=0)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("direct(blind)", "direct: blind has no model that could answer; name a captioner that is an engine"),
        ("direct(merge(blind, oracle))", "merge has no model"),
        (f"direct(budget(openai:m?{URL})?words=5)", "budget has no model"),
        ("direct(direct(oracle))", "direct: direct writes no captions; name it by itself"),
        ("merge(blind, direct(oracle))", "merge: direct writes no captions"),
        ("budget(direct(oracle))?words=5", "budget: direct writes no captions"),
        ("mismatched(direct(oracle))", "mismatched: direct writes no captions"),
        ("direct(oracle, oracle)", "direct takes one captioner, got 2"),
        ("direct", "needs parts: write direct"),
        ("direct:m", "model"),
        ("direct(oracle)?short_prompt=Well?", "short_prompt has no {question}"),
        ("direct(oracle)?short_prompt={caption} {question}", "short_prompt has {caption}"),
    ],
)
def test_who_cannot_be_asked_is_told_so_in_one_line(spec, says):
    with pytest.raises((UsageError, UnknownName)) as caught:
        made(spec)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_protocol_without_words_for_it_says_what_is_lacking():
    protocol = load_protocol("standard?direct.choice_prompt=&direct.short_prompt=")
    with pytest.raises(UsageError, match=r"captioner 'direct' needs choice_prompt, short_prompt: write direct\?choice"):
        build(CAPTIONER, Spec.parse("direct(oracle)"), protocol.captioner_settings(0))
