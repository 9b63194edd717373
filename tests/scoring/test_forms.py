"""One right answer in every typography that models write it in: right for every scorer, whatever the answer is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from prism_eval.schema import Answer, AnswerForm, Item, ItemKind, Outcome
from prism_eval.scoring.anls import ANLS
from prism_eval.scoring.base import Scorer
from prism_eval.scoring.caprl import CapRLChart, CapRLInfo, CapRLMath
from prism_eval.scoring.chartqapro import ChartQAPro
from prism_eval.scoring.choice import MMStar, SeedBench2Plus, VisuLogic, WeMath
from prism_eval.scoring.judged import CharXiv, MathVerse
from prism_eval.scoring.mathvision import MathVision
from prism_eval.scoring.mmmu import MMMU, MMMUPro
from prism_eval.scoring.relaxed import Relaxed
from prism_eval.scoring.strict import Strict

FORMS = [
    "Answer: {}",
    "**Answer:** {}",
    "**Answer**: {}",
    "**Answer: {}**",
    "*Answer*: {}",
    "*Answer:* *{}*",
    "***ANSWER***: ***{}***",
    "__Answer__: {}",
    "`Answer: {}`",
    "answer: {}",
    "ANSWER: {}",
    "ANSWER = {}",
    "Answer => {}",
    "Answer \N{RIGHTWARDS ARROW} {}",
    "Answer - {}",
    "Answer\N{FULLWIDTH COLON}{}",
    "Answer : {}",
    "### Answer: {}",
    "### Answer\n{}",
    "## Final Answer\n\n{}",
    "**Final Answer**\n\n{}",
    "**Final Answer**: {}",
    "Final answer: {}",
    "Answer:\n{}",
    "Answer:\n\n**{}**",
    "Answer:\n\\[\n{}\n\\]",
    "Answer:\n```\n{}\n```",
    "Answer: `{}`",
    'Answer: "{}"',
    "Answer: '{}'",
    "Answer: \N{LEFT DOUBLE QUOTATION MARK}{}\N{RIGHT DOUBLE QUOTATION MARK}",
    "Answer: \\({}\\)",
    "Answer: \\[ {} \\]",
    "Answer: $${}$$",
    "Answer: \\boxed{{{}}}",
    "Answer: $\\boxed{{{}}}$",
    "Answer: \\(\\boxed{{{}}}\\)",
    "Answer: \\boxed{{\\text{{{}}}}}",
    "\\[\\text{{Answer: {}}}\\]",
    "\\[\\boxed{{\\text{{Answer: }} {}}}\\]",
    "\\textbf{{Answer:}} {}",
    "\\[\n\\boxed{{\\text{{\\(\\text{{Answer: {}}}\\)}}}}\n\\]",
    "\\boxed{{{}}}",
    "$$\\boxed{{{}}}$$",
    "So it is clear.\n\n\\boxed{{{}}}",
    "Final Answer: The final answer is $\\boxed{{{}}}$",
    "**Final Answer**\n\\boxed{{{}}}",
    "\N{WHITE HEAVY CHECK MARK} **Answer:** {}",
    "\N{SMALL BLUE DIAMOND} Answer: {}",
    "\N{PARTY POPPER} Final answer: {}",
    "1. Answer: {}",
    "- Answer: {}",
    "* **Answer**: {}",
    "\N{BULLET} Answer: {}",
    "> Answer: {}",
    "| Answer: {} |",
    "| Answer | {} |",
    "(Answer: {})",
    "Answer: The answer is {}.",
    "Answer: The correct answer is: {}",
    "Reasoning on this line. Answer: {}",
    "I add them up, so Answer: {}",
    "So the final answer is: {}",
    "The final answer is:\n\n**{}**",
    "Therefore, the answer is:\n{}",
    "Answer: {} </s>",
    "Answer: {}<|im_end|>",
    "Answer: {}<|eot_id|>",
    "Answer: {}<end_of_turn>\n<end_of_turn>",
    "Answer: {}<|endoftext|>",
    "Answer: {}<\N{FULLWIDTH VERTICAL LINE}end\u2581of\u2581sentence\N{FULLWIDTH VERTICAL LINE}>",
    "Answer: {}<|im_end|>\n<|im_start|>user\nAnd what is 2 + 2?<|im_end|>\n<|im_start|>assistant\nAnswer: 4",
    "<|im_start|>assistant\nAnswer: {}<|im_end|>",
    "<|begin_of_box|>{}<|end_of_box|>",
    "Answer: <|begin_of_box|>{}<|end_of_box|>",
    "<answer>{}</answer>",
    "<answer>\n{}\n</answer>",
    "<ANSWER>{}</ANSWER>",
    "<answer>Answer: {}</answer>",
    "Answer: <answer>{}</answer>",
    "<answer>\\boxed{{{}}}</answer>",
    '{{"answer": "{}"}}',
    '{{"reasoning": "I add them up", "answer": "{}"}}',
    '```json\n{{"answer": "{}"}}\n```',
    '```json\n{{\n  "final_answer": "{}",\n  "confidence": 0.9\n}}\n```',
    'Answer: {{"answer": "{}"}}',
    "Answer: <b>{}</b>",
    "<b>Answer:</b> {}",
    "Ans: {}",
    "Final Answer:\n\n{}",
    "\N{CJK UNIFIED IDEOGRAPH-7B54}\N{CJK UNIFIED IDEOGRAPH-6848}\N{FULLWIDTH COLON}{}",
    "Antwort: {}",
    "Respuesta: {}",
    "R\N{LATIN SMALL LETTER E WITH ACUTE}ponse : {}",
    "<think>Answer: 9? Or B?</think>\nAnswer: {}",
    "9 or B?</think>\n\nAnswer: {}",
    "\u25c1think\u25b7Answer: 9? Or B?\u25c1/think\u25b7\nAnswer: {}",
    "<seed:think>Answer: 9</seed:think>Answer: {}",
    "[THINK]Answer: 9[/THINK]Answer: {}",
    "<thought>Answer: 9</thought>\nAnswer: {}",
    "<reasoning>Answer: 9</reasoning>\n<answer>{}</answer>",
    "<|channel|>analysis<|message|>Answer: 9?<|end|><|start|>assistant<|channel|>final<|message|>Answer: {}<|return|>",
    "analysisAnswer: 9?assistantfinalAnswer: {}",
    "Answer: B? No, wait, I misread it.\nAnswer: {}",
    "Answer: 9. Wait, Answer: {}",
    'I shall end with "Answer: X", where X is the answer.\n\nAnswer: {}',
    'Answer: {}\n\n(As asked for, in the form "Answer: X".)',
    "Answer: {}\n\nExplanation: the first (A) and the third (C) are out, as is 17.",
    "Answer: {}\nI hope this helps!",
    "[ANSWER]{}[/ANSWER]",
    "<final_answer>{}</final_answer>",
    "<ans>{}</ans>",
    "Answer: \N{WHITE RIGHT POINTING BACKHAND INDEX} {}",
    "Answer: {} \N{WHITE HEAVY CHECK MARK}",
    "My final answer: {}",
    "Correct answer: **{}**",
    "Short answer: {}",
    "Answer (in short): {}",
    "Answer: \u200b{}",
    "Answer:\u00a0{}",
    "Answer:\n**{}**",
    "Svar: {}",
    "Jawaban: {}",
    "\u0418\u0442\u0430\u043a. \u041e\u0442\u0432\u0435\u0442: {}",
    "\uc815\ub2f5: {}",
    "\u7b54\u3048\uff1a{}",
    "\u6700\u7ec8\u7b54\u6848\uff1a{}",
    "Answer: 9? No.\n\nActually, I forgot one.\n\nAnswer: {}",
    "<CONCLUSION> {} </CONCLUSION>",
    "<SUMMARY>I look.</SUMMARY>\n<REASONING>9 or B?</REASONING>\n<CONCLUSION>{}</CONCLUSION>",
    "<final>{}</final>",
    "<|answer|>{}<|/answer|>",
    "\\framebox{{{}}}",
    "\u3010\u7b54\u6848\u3011{}",
    "\u6b63\u89e3\uff1a{}",
    "C\u00e2u tr\u1ea3 l\u1eddi: {}",
    "Answer [in short]: {}",
    "Answer: {}\n\nQuestion: What is 2 + 2?\nAnswer: 4",
    "Answer: {}\n### Human: And who is B?\n### Assistant: Answer: 9",
    "Answer:\n\n1. {}",
    "#### {}",
]
SHORTS = ["47", "3.5", "-5", "1,234", "47%", "140\N{DEGREE SIGN}", "dark blue", "Saudi Arabia", "The Beatles",
          "\\frac{1}{2}", "2\\sqrt{3}", "x^2+1", "(0, 1]", "[2010, 2012]", "3:2",
          "Yes", "No", "None", "Not Applicable", "Unanswerable", "Cannot be determined"]  # fmt: skip
OPTIONS = ("Aurelia", "Matilda", "Hermione", "Juno")
LETTER_SCORERS = [MMMU, MMMUPro, MMStar, SeedBench2Plus, WeMath, VisuLogic, MathVision, MathVerse, CharXiv, Strict]
SHORT_SCORERS = [Relaxed, ChartQAPro, ANLS, MMMU, MathVision, MathVerse, CharXiv, Strict]
ASKED = [AnswerForm(), AnswerForm(boxed=True)]


def choice(gold: str, options: tuple[str, ...] = OPTIONS) -> Item:
    return Item(
        benchmark="b", id="1", kind=ItemKind.CHOICE, question="?", images=(), golds=(gold,), cluster="", options=options
    )


def short(*golds: str) -> Item:
    return Item(benchmark="b", id="1", kind=ItemKind.SHORT, question="?", images=(), golds=golds, cluster="")


def outcomes(scorer: Scorer, item: Item, reply: str) -> set[Outcome]:
    return {scorer.score(item, Answer(reply), form).outcome for form in ASKED}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scorer", LETTER_SCORERS)
def test_a_letter(scorer, form):
    for gold in "ABCD":
        assert outcomes(scorer(), choice(gold), form.format(gold)) == {Outcome.CORRECT}, gold
        other = "ABCD"["BCDA".index(gold)]
        assert outcomes(scorer(), choice(other), form.format(gold)) == {Outcome.WRONG}, gold


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scorer", SHORT_SCORERS)
def test_a_number_a_phrase_a_formula_a_list_or_a_refusal(scorer, form):
    for gold in SHORTS:
        assert outcomes(scorer(), short(gold), form.format(gold)) == {Outcome.CORRECT}, gold
        assert Outcome.CORRECT not in outcomes(scorer(), short("Vladivostok"), form.format(gold)), gold


@pytest.fixture(scope="module")
def caprl() -> Iterator[list[Scorer]]:
    scorers: list[Scorer] = [CapRLMath(), CapRLChart(), CapRLInfo()]
    yield scorers
    for scorer in scorers:
        scorer.close()


@pytest.mark.parametrize("form", FORMS)
def test_the_edition_of_caprl_reads_the_same_forms(caprl, form):
    mathematics, *charts = caprl
    for scorer, gold in product(caprl, "AC"):
        assert outcomes(scorer, choice(gold), form.format(gold)) == {Outcome.CORRECT}, (scorer, gold)
    for gold in ("47", "3.5", "\\frac{1}{2}", "2\\sqrt{3}"):
        assert outcomes(mathematics, short(gold), form.format(gold)) == {Outcome.CORRECT}, gold
    for scorer, gold in product(charts, ("47", "47%", "Saudi Arabia", "[2010, 2012]", "No", "Not Applicable")):
        assert outcomes(scorer, short(gold), form.format(gold)) == {Outcome.CORRECT}, (scorer, gold)


# How an option is named, whatever the marker looks like.
NAMES = ["C", "c", "(C)", "(c)", "C)", "C.", "C:", "[C]", "**C**", "*C*", "C!", "`C`", "C. Hermione", "C: Hermione",
         "C) Hermione", "(C) Hermione", "C - Hermione", "C \N{EN DASH} Hermione", "C, Hermione", "C (Hermione)",
         "**C. Hermione**", "**C**. Hermione", "Hermione", "Hermione.", "**Hermione**", "hermione", "Hermione (C)",
         "option C", "Option C", "Option (C)", "option C: Hermione", "choice C", "The correct option is C.",
         "The answer is C.", "It is C", "C, because Juno (D) is on the right.", "C because A is not there",
         "C. Note that A is a common distractor.", "(C) since she stands on the left", "the letter C",
         "\\text{C}", "\\mathbf{C}", "\\text{(C)}", "\\textbf{(C) Hermione}", "\\boxed{C. Hermione}",
         "\uff23", "\U0001d402",
         "It is Hermione.", "Therefore, C",
         "$C", "C** (the third)", "\\( \\text{(C)} \\) 12",
         "\\(\\text{(C)}\\ Hermione\\)", "\\textbf{(C)}\\ 2\\pi",
         "Hermione \N{RIGHTWARDS ARROW} C", "Hermione = option C", "Hermione, option C",
         "[[C]]", "<C>", "C ##", "C, not B", "C rather than B", "C (not A)", "C (100% sure)", "C; B is out", "Letter C",
         "The letter is C", "I choose C", "Choice (C)", "It's C",
         "C\n\nA is wrong because she is on the right."]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_option_by_its_letter_or_its_text(name):
    for scorer in LETTER_SCORERS:
        if scorer is not Strict:
            assert outcomes(scorer(), choice("C"), f"I look.\nAnswer: {name}") == {Outcome.CORRECT}, scorer
            assert outcomes(scorer(), choice("D"), f"I look.\nAnswer: {name}") == {Outcome.WRONG}, scorer


SENTENCES = ["The answer is C.", "So the correct answer is (C).", "The answer is **C**.", "Hence the best choice is C.",
             "The answer is C. Note that A is a common distractor.", "Therefore, the answer is option C.",
             "The correct option is **C. Hermione**.", "She stands left.\n\nSo the answer is C: Hermione.",
             "\u6b63\u786e\u7b54\u6848\u662f **C**\u3002",
             "\u6b63\u786e\u7b54\u6848\u4e3a\u9009\u9879 C\uff1aHermione\u3002",
             "The answer is A. Wait, I misread it: the answer is C.", "The answer is C, not B.", "Die Antwort ist C.",
             "La respuesta es C.", "Option C is correct.", "C is correct.", "It's C.",
             "I would go with option C.", "Therefore, option C is the correct answer.",
             "She stands left.\n\n**C**", "She stands left.\n\n**(C) Hermione**", "She stands left.\n\n#### C",
             "\u7b54\u6848\u9009C", "\u9009C", "\u6545\u9009C\u3002", "\u56e0\u6b64\u9009 C",
             "\u6240\u4ee5\uff0c\u6b63\u786e\u9009\u9879\u662fC\u3002",
             "\u6b63\u89e3\u306fC\u3067\u3059\u3002", "\u7b54\u3048\u306fC\u3067\u3059\u3002",
             "\uc815\ub2f5\uc740 C\uc785\ub2c8\ub2e4.",
             "La bonne r\u00e9ponse est la C.", "A resposta correta \u00e9 C."]  # fmt: skip


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_a_sentence_says_outright(sentence):
    for scorer in LETTER_SCORERS:
        right = Outcome.UNPARSED if scorer is Strict else Outcome.CORRECT
        assert outcomes(scorer(), choice("C"), sentence) == {right}, scorer
        assert Outcome.CORRECT not in outcomes(scorer(), choice("D"), sentence), scorer


# What an option says, where the answer says it in other words or another typography.
BY_VALUE = {
    "12 cm": ("10 cm", "12 cm", "14 cm", "16 cm"),
    "12cm": ("10 cm", "12 cm", "14 cm", "16 cm"),
    "12": ("10 cm", "12 cm", "14 cm", "16 cm"),
    "12 $\\mathrm{cm}^2$": ("$10 \\mathrm{~cm}^{2}$", "$12 \\mathrm{~cm}^{2}$", "$14 \\mathrm{~cm}^{2}$"),
    "72\N{DEGREE SIGN}": ("$66^{\\circ}$", "$72^{\\circ}$", "$75^{\\circ}$"),
    "\\dfrac{3}{4}": ("$\\frac{1}{2}$", "$\\frac{3}{4}$", "$2\\pi$"),
    "2\N{GREEK SMALL LETTER PI}": ("$\\pi$", "$2\\pi$", "$4\\pi$"),
    "No": ("Yes", "No"),
    "No, she does not hold it.": ("Yes", "No"),
    "No, because she is on the right": ("Yes", "No", "Cannot be determined"),
    "1\u00a0234": ("1 230", "1 234"),
    "Children\u2019s books": ("Books", "Children's books"),
}


@pytest.mark.parametrize("said", BY_VALUE)
def test_an_option_by_what_it_says(said):
    for scorer in LETTER_SCORERS:
        if scorer is not Strict:
            for reply in (f"Answer: {said}", f"\\boxed{{{said}}}", said):
                assert outcomes(scorer(), choice("B", BY_VALUE[said]), reply) == {Outcome.CORRECT}, (scorer, reply)
                assert outcomes(scorer(), choice("A", BY_VALUE[said]), reply) == {Outcome.WRONG}, (scorer, reply)


@pytest.mark.parametrize("said", ["12", "No, wait, yes", "Yes, no", "12 or 14"])
def test_what_two_options_say_names_neither(said):
    for scorer in LETTER_SCORERS:
        for options in (("12 cm", "12 m"), ("Yes", "No")):
            for gold in "AB":
                assert Outcome.CORRECT not in outcomes(scorer(), choice(gold, options), f"Answer: {said}"), scorer


# One answer, as it is typed and as it is set.
SET = [("47%", "47\\%"), ("-5", "\N{MINUS SIGN}5"), ("-5", "\N{EN DASH}5"), ("$5", "\\$5"), ("1,234", "1{,}234"),
       ("50\N{DEGREE SIGN}", "50^\\circ"), ("50\N{DEGREE SIGN}", "50^{\\circ}"), ("Saudi Arabia", "Saudi\\ Arabia"),
       ("Saudi Arabia", "\\text{Saudi}\\ \\text{Arabia}"), ("$1.2 billion", "\\$1.2 \\text{ billion}"),
       ("dark-blue", "dark\N{NON-BREAKING HYPHEN}blue"), ("12 cm", "12\u202fcm"),
       ("R&D", "R\\&D"), ("Children's books", "Children\u2019s books")]  # fmt: skip


@pytest.mark.parametrize(("typed", "typeset"), SET)
def test_a_gold_is_itself_however_it_is_set(typed, typeset):
    for scorer in SHORT_SCORERS:
        for gold, said in ((typed, typeset), (typeset, typed)):
            for form in ("Answer: {}", "Answer: **{}**", "\\boxed{{{}}}", "\\boxed{{\\text{{{}}}}}"):
                assert outcomes(scorer(), short(gold), form.format(said)) == {Outcome.CORRECT}, (scorer, gold, form)


LONE = ["**47**", "47.", "$47$", "So many.\n\n**47**", "So many.\n\n$47$", "So many.\n```\n47\n```",
        "So many.\n\n#### 47",
        "Answer: 40 + 7 = 47", "Answer:\n- 47", "Answer:\n1. 47"]  # fmt: skip


@pytest.mark.parametrize("reply", LONE)
def test_a_number_that_is_set_off(reply):
    for scorer in SHORT_SCORERS:
        if scorer is not Strict:
            assert outcomes(scorer(), short("47"), reply) == {Outcome.CORRECT}, scorer
            assert Outcome.CORRECT not in outcomes(scorer(), short("93"), reply), scorer


@pytest.mark.parametrize("reply", ["**Dark blue**", "Dark Blue.", '"dark blue"', "`Dark Blue`", "DARK BLUE"])
def test_a_phrase_in_its_typography_alone(reply, caprl):
    for scorer in [*(one() for one in SHORT_SCORERS if one is not Strict), *caprl[1:]]:
        assert outcomes(scorer, short("dark blue"), reply) == {Outcome.CORRECT}, scorer


@pytest.mark.parametrize("gold", ["Saudi Arabia", "red", "Yes", "Unanswerable"])
@pytest.mark.parametrize("reply", ["Answer: not {}", "Answer: It is not {}.", "Answer: isn't {}", "not {}"])
def test_what_is_denied_is_not_said(reply, gold):
    for scorer in SHORT_SCORERS:
        assert Outcome.CORRECT not in outcomes(scorer(), short(gold), reply.format(gold)), scorer


@pytest.mark.parametrize(
    "sentence", ["So the answer is **30**.", "They add up.\nThus, the answer is 30.", "The answer is 30"]
)
def test_a_number_that_a_sentence_says_outright(sentence):
    for scorer in SHORT_SCORERS:
        right = Outcome.UNPARSED if scorer is Strict else Outcome.CORRECT
        assert outcomes(scorer(), short("30"), sentence) == {right}, scorer


# Nobody would take these for an answer, whatever the gold.
NO_ANSWERS = ["Not B", "not (B)", "B or C", "B and C", "A, B", "B, C", "A/B", "B/C", "A & B", "A and B",
              "both A and B", "either B or C", "Either A or B", "B (but could be C)", "B, or maybe C", "B? Or C?",
              "A. or B", "B. Or C.", "neither B nor C", "anything but B", "B is wrong", "all except B", "ABC",
              "AB", "A B", "a, b", "a or b", "b or c", "A good choice would be to look again", "A statue",
              "I think that it may be one of them", "Because of her hat", "Cannot say", "Certainly somebody",
              "unknown", "N/A", "none of the above", "none", "all of the above", "?", "Matilda or Hermione",
              "Not Matilda", "Aurelia and Matilda", "Actually, I do not know", "B minus one", "vitamin B",
              "B. Wait, no, it is C", "cannot answer", "X", "<letter>", "[letter]", "...",
              "C/D", "C; D", "C D", "C+D", "(C) or (D)", "(C), (D)", "(C)(D)", "**C** or **D**",
              "\\boxed{C} or \\boxed{D}", "\\boxed{C}, \\boxed{D}", "\\boxed{C,D}", "\\boxed{C \\text{ or } D}",
              "<answer>C or D</answer>", "<answer>C</answer> or <answer>D</answer>", "C. Hermione or D. Juno",
              "Hermione/Juno", "C or possibly D", "one of C and D", "between C and D", "C and/or D", "C vs D",
              "C (or D)", "C [or D]", "C, although D is possible", "C, but D is possible", "all", "both",
              "C and Juno", "Could be any", "Can't tell", "Cat", "Abcd", "Dr. Smith", "D'Artagnan", "C++", "C#",
              "C-section", "A-frame", "Section C", "Hepatitis B", "Exhibit A", "None of these", "no answer", "I",
              "E", "3", "-", "The answer is C or D", "The answer is either C or D", "The answer is not C",
              "The answer isn't C", "It is C or D", "it isn't C", "definitely not C",
              "I cannot decide between C and D", "A good guess", "Definitely", "Best",
              "C as well as D", "A = B", "\\boxed{C} \\text{ and } \\boxed{D}", "\\boxed{C} \\text{ or } \\boxed{D}",
              "(A) Aurelia (B) Matilda (C) Hermione (D) Juno", "\n- A\n- C", "\n1. Aurelia\n2. Juno",
              "\nA. Aurelia\nB. Matilda\nC. Hermione\nD. Juno", "No, she does not hold it."]  # fmt: skip


@pytest.mark.parametrize("said", NO_ANSWERS)
def test_never_kinder_than_a_person(said):
    for scorer in LETTER_SCORERS:
        for gold in "ABCD":
            for reply in (f"Answer: {said}", f"I look.\n**Answer:** {said}.", said):
                assert Outcome.CORRECT not in outcomes(scorer(), choice(gold), reply), (scorer, gold, reply)


@pytest.mark.parametrize(
    "said",
    ["14 or 15", "either 14 or 15", "14 or maybe 15", "13 or 14", "14, or 15", "between 14 and 15",
     "14-15", "14 and 15",
     "13, 14",
     "14 (or 15)", "up to 14", "under 14", "over 14", "14 through 16", "14 vs 15", "isn't 14",
     "14? 15?", "14/15", "not 14", "more than 14", "at least 14", "less than 14", "x > 14"],
)  # fmt: skip
def test_two_numbers_are_no_answer(said):
    for scorer in SHORT_SCORERS:
        for reply in (f"Answer: {said}", said, f"\\boxed{{{said}}}"):
            assert Outcome.CORRECT not in outcomes(scorer(), short("14"), reply), (scorer, reply)
    assert outcomes(MMMU(), short("14 or 15"), "Answer: 14 or 15") == {Outcome.CORRECT}


CLOSED = ["Not Applicable", "Unanswerable", "N/A", "Cannot be determined", "Not enough information"]
WITH_REASONS = ["{}", "{}.", "**{}**", "Answer: {}", "Answer: {}.", "{}.\n\nThe image does not contain a legend.",
                "{}\n\nThere is no legend.", "{}. There is no legend.", "{}, because there is no legend.",
                "{} - there is no legend", "Answer: {}. There is no legend.", "Answer: {} (no legend)",
                "Answer: {}, since there is no legend.", "Answer: {}\n\nThe caption does not mention a legend.",
                "The caption does not mention a legend.\n\nAnswer: {}",
                "There is no legend, so the answer is {}."]  # fmt: skip


@pytest.mark.parametrize("reply", WITH_REASONS)
@pytest.mark.parametrize("word", [*CLOSED, "None", "No", "Yes", "True", "False"])
def test_a_gold_that_shuts_the_question_is_an_answer_with_or_without_reasons(word, reply):
    for scorer in SHORT_SCORERS:
        if scorer is Strict and reply == WITH_REASONS[-1]:
            continue
        for said in (word, word.lower(), word.upper()):
            assert outcomes(scorer(), short(word), reply.format(said)) == {Outcome.CORRECT}, (scorer, said)


@pytest.mark.parametrize("reply", WITH_REASONS[:-1])
@pytest.mark.parametrize("word", CLOSED)
def test_beside_another_gold_such_a_word_abstains(word, reply):
    for scorer in SHORT_SCORERS:
        assert outcomes(scorer(), short("1997"), reply.format(word)) == {Outcome.ABSTAINED}, scorer


@pytest.mark.parametrize(
    "reply", ["Don't know", "don't know.", "DON'T KNOW", "Answer: Don't know", "**Don\u2019t know**"]
)
def test_a_gold_that_says_that_it_does_not_know(reply):
    for scorer in SHORT_SCORERS:
        assert outcomes(scorer(), short("Don't Know"), reply) == {Outcome.CORRECT}, scorer
        assert outcomes(scorer(), short("47"), reply) == {Outcome.ABSTAINED}, scorer


@pytest.mark.parametrize("reply", ["Answer: cannot answer", "Answer: the caption does not say", "cannot answer"])
def test_of_two_ways_to_abstain_only_the_benchmarks_own_is_its_answer(reply):
    for scorer in SHORT_SCORERS:
        assert outcomes(scorer(), short("Unanswerable"), reply) == {Outcome.ABSTAINED}, scorer


@pytest.mark.parametrize(
    "reply",
    ["The question is unanswerable.", "Answer: This question is unanswerable", "Answer: It is unanswerable.",
     "It is unanswerable, since there is no legend."],
)  # fmt: skip
def test_such_a_word_said_of_the_question(reply):
    for scorer in SHORT_SCORERS:
        assert outcomes(scorer(), short("Unanswerable"), reply) == {Outcome.CORRECT}, scorer
        assert outcomes(scorer(), short("1997"), reply) == {Outcome.ABSTAINED}, scorer
    for scorer in SHORT_SCORERS:
        said = reply.replace("unanswerable", "not applicable")
        assert outcomes(scorer(), short("Not Applicable"), said) == {Outcome.CORRECT}, scorer


def test_a_list_that_begins_with_such_a_word_is_a_list():
    for gold in ("[Unanswerable, 5]", "No, 12, Yes", "None of the bars", "Not Applicable to 2010", "No change"):
        for scorer in (Relaxed, ANLS, CharXiv, Strict):
            assert outcomes(scorer(), short(gold), f"I look.\nAnswer: {gold}") == {Outcome.CORRECT}, (scorer, gold)
