"""Replies of models that write questions: CapRL's layout, and what they make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.plan import load_protocol
from prism_eval.questions.layout import read_questions
from prism_eval.questions.written import Written

CAR = Written("What colour is the car?", ("Green", "Silver", "Red", "Black"), "C")
WINDOWS = Written("How many windows are there?", ("5", "3"), "A")


@pytest.mark.parametrize(
    "reply",
    [
        # The layout itself.
        """#### 1. **What colour is the car?**
   - A) Green
   - B) Silver
   - C) Red
   - D) Black

**Answer:** C) Red

------

#### 2. **How many windows are there?**
   - A) 5
   - B) 3

**Answer:** A) 5

------""",
        """Here are five questions about the image:

1. What colour is the car?
A. Green
B. Silver
C. Red
D. Black
Answer: C
2. How many windows are there?
A. 5
B. 3
Correct answer: A
I hope this helps!""",
        """**Question 1: What colour is the car?**
(A) Green
(B) Silver
(C) Red
(D) Black
**Answer: (C) Red**
***
**Question 2:** How many windows
are there?
* **A)** 5
* **B)** 3
The correct answer is A.""",
        """Q1. What colour is the car?
- A: Green
- B: Silver
- C: Red
- D: Black
__Answer__: c
### 2) How many windows are there?
> A) 5
> B) 3
> Answer: **5**""",
    ],
)
def test_what_models_make_of_the_layout_is_read(reply):
    assert read_questions(reply) == [CAR, WINDOWS]
    assert read_questions(reply.replace("\n", "\r\n")) == [CAR, WINDOWS]


def test_the_protocol_s_own_examples_are_read():
    examples = read_questions(load_protocol("questions").caption.prompt)
    assert [(len(one.options), one.answer, one.problem) for one in examples] == [(4, "C", ""), (4, "A", "")]
    assert examples[0].question == "What colour is the car beside the tree?"


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("1. Which?\nA) a\nB) b\n------\n", "its answer is not said"),
        ("1. Which?\nA) a\nB) b", "its answer is not said"),
        ("1. Which?\nA) a\nC) b\nAnswer: A", "its options are lettered A, C"),
        ("1. Which?\nA) a\nAnswer: A", "its options are lettered A"),
        ("1. Which?\nA) a\nB) b\nAnswer: D", "its answer D is none of its options"),
        ("A) a\nB) b\nAnswer: A", "it has no text"),
        ("1. Which?\nA) a cat\nB) a dog\nAnswer: A bird", "its answer 'A bird' is no letter and none of its options"),
        ("1. Which?\nA) a cat\nB) a dog\nAnswer: A) A dog.", "its answer says A, with the text of B"),
    ],
)
def test_what_lacks_something_is_told_and_no_question(reply, problem):
    (one,) = read_questions(reply)
    assert one.problem == problem


def test_a_question_whose_answer_was_forgotten_does_not_take_the_next_one_s():
    first, second = read_questions("1. Which?\nA) a\nB) b\n2. Who?\nA) c\nB) d\nAnswer: B")
    assert (first.question, first.problem) == ("Which?", "its answer is not said")
    assert (second.question, second.options, second.answer) == ("Who?", ("c", "d"), "B")


@pytest.mark.parametrize("reply", ["", "I cannot see an image.", "Answer: A", "Answer: because\n", "------", "A car."])
def test_a_reply_without_questions_has_none(reply):
    assert read_questions(reply) == []


@given(st.text(alphabet="ABC )(.:*#-\n1qQAnswer", max_size=200))
def test_any_reply_is_read(reply):
    for one in read_questions(reply):
        assert one.problem or (len(one.options) >= 2 and one.answer <= "Z")
