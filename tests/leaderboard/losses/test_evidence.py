from __future__ import annotations

import time

import pytest

from prism_eval.leaderboard.losses.evidence import Evidence, evidence
from prism_eval.leaderboard.losses.golds import golds_of
from prism_eval.leaderboard.losses.question import Question
from prism_eval.leaderboard.losses.statements import statements
from prism_eval.schema import ItemKind

CHART = """\
This bar chart shows the coffee output of several countries in thousand tonnes, from 2010 to 2014.

**2012:**
- Peru: 1,200
- Brazil: 47%
- Kenya: 310 (the lowest)

In 2013, Peru's output rose to 1.3k, while Brazil stayed at about 52 percent. The highest bar of all is Brazil's.
The line for Vietnam is drawn in dark green."""

TABLE = """\
| country | 2012 | 2013 |
|---|---|---|
| Peru | 345 | 410 |
| Brazil | 77 | 93 |"""

STREET = (
    "A street with five houses. A red bus stops before the bakery. Two women wait, and a man in a blue coat crosses."
)


def found(caption: str, question: str, *golds: str, options: tuple[str, ...] = (), lenient: bool = False) -> Evidence:
    sought = golds_of(ItemKind.CHOICE if options else ItemKind.SHORT, golds, options)
    assert sought, "nothing can be looked for"
    return evidence(statements(caption), Question(question, sought, lenient))


@pytest.mark.parametrize(
    ("caption", "question", "golds"),
    [
        (CHART, "What was the coffee output of Peru in 2012?", ["1200"]),
        (CHART, "What was the coffee output of Peru in 2012?", ["1.2k"]),
        *[
            (CHART.replace("1,200", said), "What was the coffee output of Peru in 2012?", [gold])
            for said in ("1\u202f200", "1\u00a0200", "1\u2009200", "1 200", "1'200", "1\u2019200", "1.200,0")
            for gold in ("1,200", "1 200", "1\u202f200")
        ],
        (CHART, "What is Brazil's value in 2012?", ["47"]),
        (CHART, "What is Brazil's value in 2012?", ["0.47"]),
        (CHART, "What was the output of Peru in 2013?", ["1300"]),
        (CHART, "Which country has the highest bar?", ["Brazil"]),
        (CHART, "Which country has the lowest coffee output in 2012?", ["Kenya"]),
        (CHART, "What is the colour of the line for Vietnam?", ["Dark Green"]),
        (CHART, "What is the colour of the line for Vietnam?", ["Green"]),
        (TABLE, "What is the value of Peru in 2013?", ["410"]),
        (TABLE, "What is the value of Brazil in 2012?", ["77"]),
        (STREET, "How many women are waiting?", ["2"]),
        (STREET, "What is the color of the bus?", ["red"]),
        (STREET, "In front of which shop does the bus stop?", ["bakery"]),
        (STREET, "How many houses are there?", ["seven", "5"]),
        ("The options shown are Łódź and Kraków.", "Which cities are shown?", ["[Lodz, Krakow]"]),
        ("The legend lists: GraphFlow, DeepTree, Ours.", "What are the labels in the legend?", ["GraphFlow, DeepTree"]),
        ("It reads 345.", "What is shown?", ["345"]),
        ("The train to Riga departs at 7:50.", "When does the train to Riga depart?", ["7:50"]),
        ("Angle ABC measures 45°.", "What is the measure of angle ABC?", ["45^\\circ", "45°"]),
        # Not in the question's words.
        (CHART, "How many thousand tonnes of coffee did Kenya's farmers grow in 2012?", ["310"]),
        ("Trust in the state was at 34.5% in 2019.", "What share of adults had trust in the state in 2019?", ["34.5"]),
        ("Coffee made in Peru, by year. It reached 1,200 in 2012.", "What was Peru's production in 2012?", ["1,200"]),
    ],
)  # fmt: skip
def test_a_caption_says_a_gold(caption: str, question: str, golds: list[str]) -> None:
    assert found(caption, question, *golds) is Evidence.SAYS


@pytest.mark.parametrize(
    ("caption", "question", "gold"),
    [
        (CHART, "What was the coffee output of Kenya in 2012?", "290"),
        (CHART, "What is Brazil's value in 2012?", "38"),
        (STREET, "What is the color of the bus?", "green"),
        (STREET, "What is the color of the man's coat?", "black"),
        ("The train to Riga departs at 7:50.", "When does the train to Riga depart?", "8:15"),
        ("Angle ABC measures 45°.", "What is the measure of angle ABC?", "60°"),
        ("The title of the chart is Coffee by Country.", "What is the title of the chart?", "Tea by Region"),
        ("The company was founded in 1950.", "In which year was the company founded?", "1948"),
    ],
)
def test_a_caption_says_something_else_of_the_same_kind(caption: str, question: str, gold: str) -> None:
    assert found(caption, question, gold) is Evidence.CONTRADICTS


@pytest.mark.parametrize(
    ("caption", "question", "gold"),
    [
        ("", "What was the coffee output of Peru?", "1200"),
        ("A chart with bars.", "What was the coffee output of Peru?", "1200"),
        # The gold, but of another year, of somebody else, as an extreme of the other sort.
        ("Output of Peru in 2012: 34. Output of Peru in 2013: 56.", "What was the output of Peru in 2014?", "56"),
        ("The output of Kenya is 57. Peru has an output.", "What is the output of Peru?", "57"),
        ("The lowest score is that of Oslo.", "Which city has the highest score?", "Oslo"),
        ("The sum over all bars is 90. Bars stand for cities.", "What is the difference between the bars?", "90"),
        # No number of the label's.
        (STREET, "How many trees are there?", "3"),
    ],
)
def test_a_caption_says_nothing_of_it(caption: str, question: str, gold: str) -> None:
    assert found(caption, question, gold) is Evidence.SILENT


def test_a_small_number_beside_nothing_of_the_question_may_be_met_by_chance() -> None:
    assert found("There are 3 lamps.", "How many windows?", "3") is Evidence.UNCLEAR


OPTIONS = ("115°", "110°", "135°", "125°")


def test_of_multiple_choice_the_text_of_the_gold_option_counts() -> None:
    angle = "What is the sum of angle QUC and angle UQC?"
    assert found("The sum of angle QUC and angle UQC is 110°.", angle, "B", options=OPTIONS) is Evidence.SAYS
    assert found("The sum of angle QUC and angle UQC is 115°.", angle, "B", options=OPTIONS) is Evidence.CONTRADICTS
    assert found("B is right.", angle, "B", options=OPTIONS) is Evidence.SILENT


def test_five_percent_are_allowed_where_the_scorer_allows_them() -> None:
    caption, question = "The output of Peru is 102.", "What is the output of Peru?"
    assert found(caption, question, "100", lenient=True) is Evidence.SAYS
    assert found(caption, question, "100") is Evidence.CONTRADICTS


def test_a_list_is_said_if_all_of_it_is() -> None:
    caption = "The label of the x-axis is Depth. The label of the y-axis is Recall."
    assert found(caption, "What are the labels of the axes?", "[Depth, Recall]") is Evidence.SAYS
    assert found(caption, "What are the labels of the axes?", "['Depth', 'Loss']") is not Evidence.SAYS


@pytest.mark.parametrize(
    "gold", ["Yes", "no", "True", "Not Applicable", "unanswerable", "A", "the", "of", "", "cannot answer"]
)
def test_what_every_caption_holds_cannot_be_looked_for(gold: str) -> None:
    assert golds_of(ItemKind.SHORT, [gold], []) == ()


@pytest.mark.parametrize(
    "gold_option",
    ["A", "(b)", "Option C", "<image 2>", "figure 3", "None of the above", "No correct answer", "", "Yes"],
)
def test_options_without_a_text_of_their_own_cannot_be_looked_for(gold_option: str) -> None:
    assert golds_of(ItemKind.CHOICE, ["A"], [gold_option, "something"]) == ()


def test_a_hostile_caption_is_searched_in_linear_time() -> None:
    assert found("a. " * 200_000, "What is the output of Peru?", "57") is Evidence.SILENT
    assert found("1,1" * 200_000, "What is the output of Peru?", "57") is Evidence.SILENT
    assert found("\x00\u202e<script>" * 20_000, "What is the output of Peru?", "57") is Evidence.SILENT


def test_a_question_of_any_length_is_read_in_a_moment() -> None:
    question = Question("word " * 30_000, ((),), lenient=False)
    assert question.telling
    assert question.turning == frozenset()


def test_questions_that_ask_nothing_take_no_square_of_their_length() -> None:
    start = time.perf_counter()
    assert all(Question(f"{number} " + "word " * 800, ((),), lenient=False).telling for number in range(100))
    # Half a second each, when every place of a text was looked at as the beginning of a question.
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("Peru grows coffee. How many bags? Say a number.", ("bags",)),
        ("Is Peru first? Is Kenya last?", ("kenya", "last")),
        ("Peru grew 3.5 tonnes?! Who grew more", ("peru", "grew", "3.5", "tonnes", "more")),
        ("Coffee\nPeru?\n", ("peru",)),
        ("?", ()),
    ],
)
def test_the_sentence_that_asks_is_found(text: str, telling: tuple[str, ...]) -> None:
    assert Question(text, ((),), lenient=False).telling == telling


WAYS = ["March 5, 2020", "5 March 2020", "5th of March, 2020", "Mar. 5 2020", "2020-03-05", "March 05, 2020"]


@pytest.mark.parametrize("written", WAYS)
@pytest.mark.parametrize("gold", WAYS)
def test_one_day_is_one_day_however_it_is_written(written: str, gold: str) -> None:
    assert found(f"The treaty was signed on {written}.", "When was the treaty signed?", gold) is Evidence.SAYS


@pytest.mark.parametrize("written", ["March 6, 2020", "5 April 2020", "2021-03-05"])
def test_another_day_is_another_answer(written: str) -> None:
    caption = f"The treaty was signed on {written}."
    assert found(caption, "When was the treaty signed?", "March 5, 2020") is Evidence.CONTRADICTS


def test_a_month_beside_a_number_is_no_date() -> None:
    assert found("Visits by month: Jan 12, Feb 15.", "Which month had 12 visits?", "Jan") is Evidence.SAYS
    assert [one.text for one in statements("Total: 12\nMarch: 5")] == ["total: 12", "march: 5"]
    assert found("The 12 may be seen on the left bus.", "Which number is on the left bus?", "12") is Evidence.SAYS


def test_a_comma_between_two_numbers_does_not_make_them_one() -> None:
    caption = "The axis of the chart has ticks at 12, 300 and 450."
    assert found(caption, "What is the tick of the axis?", "12300") is not Evidence.SAYS
    assert found(caption, "What is the tick of the axis?", "300") is Evidence.SAYS
