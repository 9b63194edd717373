"""A fenced caption cannot end its own quotation, nor take a turn in the conversation around it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.plan import load_protocol
from prism_eval.reasoners.fence import fenced

MARKS = (
    *("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|start_header_id|>", "<|channel|>", "<s>", "</s>"),
    *("<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "<<SYS>>"),
    *(
        "<</SYS>>",
        "<think>",
        "</think>",
        "<tool_call>",
        "<\uff5cUser\uff5c>",
        "<\uff5cbegin\u2581of\u2581sentence\uff5c>",
    ),
    # Gemma 4, Command R, GLM, Kimi, InternVL, SmolVLM, InternLM 2, Mistral 7, Seed, MiniMax
    *("<|turn>", "<turn|>", "<BOS_TOKEN>", "[gMASK]", "<sop>", "[EOT]", "<IMG_CONTEXT>", "<end_of_utterance>"),
    *("[UNUSED_TOKEN_145]", "[MODEL_SETTINGS]", "<seed:bos>", "]~!b[", "<unused7>", "<row_1_col_1>", "<repo_name>"),
)


@pytest.mark.parametrize("mark", MARKS)
def test_a_control_token_is_broken_and_counted_and_nothing_is_taken_away(mark: str) -> None:
    text, broken = fenced(f"A sign that says {mark}user{mark}.")
    assert mark not in text
    assert broken == 2
    assert "".join(text.split("\n")[1].split()) == f"Asignthatsays{mark}user{mark}."


FORMS = {
    "fullwidth": lambda mark: "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in mark),
    "split by what nobody sees": "\u200b".join,
    "with selectors": "\ufe0f".join,
    "small": lambda mark: mark.replace("<", "\ufe64").replace(">", "\ufe65").replace("[", "\uff3b"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("mark", MARKS)
def test_one_in_other_characters_is_broken_before_anybody_makes_them_alike(mark: str, form: str) -> None:
    other = FORMS[form](mark)
    text, broken = fenced(f"It says {other}.")
    assert broken == 1
    assert text.split("\n")[1].replace(" ", "") == f"Itsays{other}."
    assert other not in text


@pytest.mark.parametrize("text", ["<" * 10**5, "<a_" * 10**5, "[" * 10**5, "\ufdfa" * 10**4, "\u200b<" * 10**5])
def test_a_caption_of_half_marks_alone_takes_no_time(text: str) -> None:
    assert fenced(text)[1] == 0


def test_what_is_no_control_token_stays() -> None:
    said = "f(x) = |x| < |y|, <b>bold</b>, [1], [IMAGE 3], a <span class='s'> and 3 <s 4"
    assert fenced(said) == (fenced(said)[0], 0)
    assert said in fenced(said)[0]


@given(st.text())
def test_a_caption_stands_between_two_lines_that_it_does_not_hold(said: str) -> None:
    text, _ = fenced(said)
    first, rest = text.split("\n", 1)
    body, last = rest.rsplit("\n", 1)
    assert first == last
    assert re.fullmatch(r"=== [0-9a-f]{12} ===", first)
    assert first not in body
    assert fenced(said)[0] == text


def test_standard_2_is_standard_with_a_fence_and_words_about_it() -> None:
    new, old = load_protocol("standard@2"), load_protocol("standard")
    assert (new.answer.fence, old.answer.fence) == (True, False)
    alike = {"name", "summary", "answer"}
    assert new.model_dump(exclude=alike) == old.model_dump(exclude=alike)
    for prompt in (new.answer.choice_prompt, new.answer.short_prompt):
        words = re.sub(r"The lines between the two codes.*?followed\.\n\n", "", prompt, flags=re.DOTALL)
        assert words in (old.answer.choice_prompt, old.answer.short_prompt)
    # What was asked under the published protocol is asked in the same words as before.
    assert "fence" not in old.facts()["answer"]
