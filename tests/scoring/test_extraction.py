"""Extraction: from a reply to the answer in it, by our own form."""

from __future__ import annotations

import pytest

from prism_eval.schema import AnswerForm, Item, ItemKind
from prism_eval.scoring.extraction import last_boxed, read_form
from prism_eval.scoring.letters import read_letter
from prism_eval.scoring.thinking import strip_reasoning
from prism_eval.scoring.tidying import tidy
from prism_eval.scoring.wording import is_abstention, is_refusal

FORM = AnswerForm()
BOXED = AnswerForm(boxed=True)


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        ("plain", "plain"),
        ("<think>A or B?</think>\nAnswer: C", "Answer: C"),
        ("<THINK>A</THINK> C", "C"),
        ("thoughts without an opening tag</think> C", "C"),
        ("Answer: C <think>was that right", "Answer: C"),
        ("<think>never closed Answer: A", ""),
        ("Answer: C\n<think>afterwards</think>", "Answer: C"),
        ("<think>a</think>x</think>C", "C"),
        ("<reasoning>B</reasoning>C", "C"),
        ("<thought>B</thought>C", "C"),
        ("<seed:think>B</seed:think>C", "C"),
        ("<Thinking>B</THINKING>C", "C"),
        ("\u25c1think\u25b7B\u25c1/think\u25b7C", "C"),
        ("\u25c1think\u25b7never closed Answer: B", ""),
        ("[THINK]B[/THINK]C", "C"),
        ("thoughts[/THINK]C", "C"),
        ("<|begin_of_thought|>B<|end_of_thought|>C", "C"),
        ("<|START_THINKING|>B<|END_THINKING|>C", "C"),
        ("<unused94>thought B<unused95>C", "C"),
        ("<|channel|>analysis<|message|>B<|end|><|start|>assistant<|channel|>final<|message|>C", "C"),
        ("<|channel|>analysis<|message|>never closed Answer: B", ""),
        ("<|channel|>final<|message|>C", "C"),
        ("<|channel>thought\nB<channel|>C", "C"),
        ("<|channel>thought\nnever closed Answer: B", ""),
        ("<|think|>B<|end|><|begin|>assistant<|content|>C", "C"),
        ("<scratchpad>B</scratchpad>C", "C"),
        ("analysisIs it B?assistantfinalC", "C"),
        ("analysis of the chart: C", "analysis of the chart: C"),
    ],
)
def test_reasoning_is_dropped(reply, kept):
    assert strip_reasoning(reply) == kept


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("Answer: 14", "14"),
        ("The bars sum to 14.\n\nAnswer: 14.", "14"),
        ("Answer: 3.5.", "3.5"),
        ("Answer: U.S.", "U.S."),
        ("Answer: A\nNo, wait.\nAnswer: B", "B"),
        ("Answer: B\nI hope this helps!", "B"),
        ("**Answer:** 1,234", "1,234"),
        ("**Answer: Blue**", "Blue"),
        ("### Final answer: *Blue*", "Blue"),
        ("The final answer: Blue", "Blue"),
        ("ANSWER: yes", "yes"),
        ("Answer:\n\n42", "42"),
        ("Answer: \\boxed{\\text{Monday}}", "Monday"),
        ("Answer: $12$", "12"),
        ('Answer: "Blue"', "Blue"),
        ("- Answer: 7", "7"),
        ("Answer: $5 and $6", "$5 and $6"),
    ],
)
def test_last_marked_line_is_the_answer(reply, answer):
    assert read_form(reply, FORM) == answer


@pytest.mark.parametrize("reply", ["", "14", "The answer is 14", "Answer:", "Answer:\n\n", "I gave no answer: sorry"])
def test_no_marked_line_is_no_answer(reply):
    assert read_form(reply, FORM) is None


def test_marker_is_the_protocols():
    assert read_form("Answer: 3\nResult => 4", AnswerForm(marker="Result =>")) == "4"


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("<answer>\\boxed{C}</answer>", "C"),
        ("<answer>first \\boxed{3}, then \\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("\\boxed{9} <answer>\\boxed{8}</answer>", "8"),
        ("so \\boxed{x} and \\boxed{never closed", "x"),
        ("Answer: 4", "4"),
        ("<answer>4</answer>", "4"),
    ],
)
def test_boxed_form(reply, answer):
    assert read_form(reply, BOXED) == answer


def test_last_boxed_balances_braces():
    assert last_boxed(r"\boxed{a\{b\}{c}} tail }") == r"a\{b\}{c}"
    assert last_boxed("no box") is None


def test_tidy_leaves_mathematics_alone():
    assert tidy("2*3*4") == "2*3*4"
    assert tidy("`x`") == "x"
    assert tidy("**bold** and **bold**") == "**bold** and **bold**"


@pytest.fixture
def item():
    return Item(
        benchmark="b",
        id="1",
        kind=ItemKind.CHOICE,
        question="Who?",
        images=(),
        golds=("C",),
        cluster="",
        options=("Aurelia", "Matilda", "Hermione", "A statue of Juno", "Cannot be determined"),
    )


@pytest.mark.parametrize(
    ("written", "letter"),
    [
        ("C", "C"),
        ("c", "C"),
        ("(C)", "C"),
        ("(c)", "C"),
        ("C.", "C"),
        ("C)", "C"),
        ("C. Hermione", "C"),
        ("C Hermione", "C"),
        ("c: hermione", "C"),
        ("(C) because she is old", "C"),
        ("option C", "C"),
        ("Hermione", "C"),
        ("hermione.", "C"),
        ("A statue of Juno", "D"),
        ("cannot be determined", "E"),
        ("A", "A"),
        ("F", None),
        ("A or C", None),
        ("A, C", None),
        ("A. or B", None),
        ("A statue", None),
        ("Cassandra", None),
        ("", None),
    ],
)
def test_letter_of_a_short_answer(item, written, letter):
    assert read_letter(written, item) == letter


@pytest.mark.parametrize(
    "text",
    [
        "cannot answer",
        "Cannot answer.",
        "I cannot answer from the caption.",
        "can't answer",
        "I can\N{RIGHT SINGLE QUOTATION MARK}t determine the answer",
        "The caption does not mention any year.",
        "This question cannot be answered from the caption",
        "unable to determine",
        "not specified",
        "Not enough information",
        "There is no information about that.",
        "I don't know",
        "unanswerable",
        "Not Applicable",
        "N/A",
        "Unknown.",
        "Not Applicable.\n\nThe image does not contain a legend.",
        "Let me look.\nI'm sorry, but I cannot determine that.",
    ],
)
def test_abstentions(text):
    assert is_abstention(text, "cannot answer")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "None",
        "I know it: 4",
        "The caption does not mention it, but it is likely B",
        "know",
        "Canada",
    ],
)
def test_answers_are_no_abstentions(text):
    assert not is_abstention(text, "cannot answer")


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, I can't help with that",
        "I'm sorry, but I can't assist with that request.",
        "Sorry, I can't help with images of people yet.",
        "As an AI language model, I am not able to identify people.",
        "I won't do that.",
    ],
)
def test_refusals(text):
    assert is_refusal(text)


@pytest.mark.parametrize("text", ["", "Sorry state of affairs", "I think so", "I am sorry I cannot see it, but B"])
def test_answers_are_no_refusals(text):
    assert not is_refusal(text)
