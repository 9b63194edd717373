"""The caption in what a trainer hands over."""

from __future__ import annotations

import pytest

from prism_eval.errors import DataError
from prism_eval.rewards.trainers.texts import reply_in, text_of

QWEN = "<|im_start|>user\n{}Describe.<|im_end|>\n<|im_start|>assistant\n"
LLAMA = (
    "<|start_header_id|>user<|end_header_id|>\n\n{}Describe.<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
)
GEMMA = "<start_of_turn>user\n{}Describe.<end_of_turn>\n<start_of_turn>model\n"
MISTRAL = "<s>[INST] {}Describe. [/INST] "
LLAVA = "USER: {}\nDescribe. ASSISTANT: "


@pytest.mark.parametrize(
    "completion",
    [
        "A car.",
        [{"role": "assistant", "content": "A car."}],
        [
            {"role": "assistant", "content": "No."},
            {"role": "assistant", "content": [{"type": "text", "text": "A car."}]},
        ],
    ],
)
def test_completions_are_texts_or_messages(completion):
    assert text_of(completion) == "A car."


def test_a_completion_without_a_text_is_told():
    assert text_of([{"role": "assistant", "content": None}]) == ""
    with pytest.raises(DataError, match="no caption can be found in a completion of type int"):
        text_of(7)


@pytest.mark.parametrize("prompt", [QWEN, LLAMA, GEMMA, MISTRAL, LLAVA])
@pytest.mark.parametrize("reply", ["A car.<|im_end|>", "A car. <|im_start|>assistant\nThe answer is B.", ""])
def test_the_reply_is_what_stands_behind_the_prompt_however_its_image_is_written(prompt, reply):
    told, sent = prompt.format("<image>"), prompt.format("<image>" * 300)
    assert reply_in(told + reply, told) == reply
    assert reply_in(sent + reply, told) == reply


def test_in_a_conversation_it_is_behind_its_last_turn():
    prompt = QWEN.format("<image>") + "A car.<|im_end|>\n" + QWEN.format("")
    assert reply_in(prompt.replace("<image>", "<image>" * 9) + "Blue.", prompt) == "Blue."


def test_where_it_cannot_be_told_it_is_not_guessed():
    with pytest.raises(DataError, match="cannot be told"):
        reply_in("Describe. <image><image>\nA car.", "Describe. <image>\n")
