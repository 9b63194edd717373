"""What a captioner thinks aloud is no caption."""

from __future__ import annotations

import time

import pytest

from prism_eval.captioners.spoken import spoken
from prism_eval.schema import Caption, FinishReason

STOP, LENGTH, CONTEXT = FinishReason.STOP, FinishReason.LENGTH, FinishReason.CONTEXT


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("<think>Bars?</think>Two bars.", "Two bars."),
        ("Bars? Two.</think>\n\nTwo bars.", "Two bars."),
        ("◁think▷Bars?◁/think▷Two bars.", "Two bars."),
        ("<reasoning>Bars?</reasoning> Two bars.", "Two bars."),
        ("[THINK]Bars?[/THINK]Two bars.", "Two bars."),
        ("<|channel|>analysis<|message|>Bars?<|channel|>final<|message|>Two bars.", "Two bars."),
        ("<think>Bars?</think><answer>\nTwo bars.\n</answer>", "Two bars."),
        ("<answer>Two bars.", "Two bars."),
        ("<think>Bars?</think><|begin_of_box|>Two bars.<|end_of_box|>", "Two bars."),
        ("Two bars.<|im_end|>", "Two bars."),
        ("<s>Two bars.</s>\n", "Two bars."),
        ("<|im_start|>assistant\nTwo bars.<|im_end|>\n<|endoftext|>", "Two bars."),
        ("Two bars.<\uff5cend\u2581of\u2581sentence\uff5c>", "Two bars."),
        ("<start_of_turn>model\nTwo bars.<end_of_turn>", "Two bars."),
        ("<answer>Two</answer> or <answer>three</answer>", "<answer>Two</answer> or <answer>three</answer>"),
        ("Its text: <s>old</s> and <|im_end|>, in code. ", "Its text: <s>old</s> and <|im_end|>, in code. "),
        ("Two <b>bars</b>,\n a <thinker> of stone. ", "Two <b>bars</b>,\n a <thinker> of stone. "),
        ("  \n", "  \n"),
    ],
)
def test_thoughts_are_taken_off_and_nothing_else_is_touched(written: str, said: str) -> None:
    caption = Caption(written, prompt_tokens=3, note="n")
    assert spoken(caption) == Caption(said, prompt_tokens=3, note="n")
    assert spoken(spoken(caption)) == spoken(caption)


@pytest.mark.parametrize("written", ["<think>Bars?", "◁think▷Bars?", "<reasoning>a</reasoning><think>b", "[THINK]"])
@pytest.mark.parametrize(("ended", "end"), [(STOP, LENGTH), (LENGTH, LENGTH), (CONTEXT, CONTEXT)])
def test_a_thought_that_goes_on_is_cut(written: str, ended: FinishReason, end: FinishReason) -> None:
    assert spoken(Caption(written, ended)) == Caption("", end)


@pytest.mark.parametrize("written", ["<think>Bars?</think>", "Bars?</think>\n ", "<think></think>"])
def test_a_thought_that_ends_in_nothing_is_an_empty_caption(written: str) -> None:
    assert spoken(Caption(written)) == Caption("", STOP)


@pytest.mark.parametrize("mark", ["<s>", "</s>", "<answer>", "<|a|>", " ", "<", "<think>", "</think>"])
def test_a_megabyte_of_marks_takes_no_time(mark: str) -> None:
    start = time.perf_counter()
    spoken(Caption(mark * (2**20 // len(mark))))
    assert time.perf_counter() - start < 60, "linear: a quadratic reader takes hours"
