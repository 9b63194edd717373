"""What questions say of each other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from prism_eval.questions.askable import folded
from prism_eval.questions.lint.finding import Finding
from prism_eval.questions.question import Question
from prism_eval.schema import option_letters

_LEAST_TOLD = 4
"""Characters that an answer has at least to be looked for elsewhere: "red" and "12" stand in many texts by chance."""


def duplicates(questions: Sequence[Question]) -> Iterator[Finding]:
    """Questions that ask one thing of one image twice, whatever their options."""
    asked: dict[tuple[str, str], list[Question]] = defaultdict(list)
    for one in questions:
        asked[one.image_digest, folded(one.question)].append(one)
    for several in asked.values():
        if len(several) > 1:
            answers = {folded(_answer(one)) for one in several}
            says = "the same question about one image" + ("" if len(answers) == 1 else ", with different answers")
            yield Finding("duplicate", says, tuple(one.id for one in several))


def told_elsewhere(questions: Sequence[Question]) -> Iterator[Finding]:
    """Questions whose answer stands in a question about the same image, their own text included.

    A reader who is asked them together, or remembers, has been told it.
    """
    by_image: dict[str, list[Question]] = defaultdict(list)
    for one in questions:
        by_image[one.image_digest].append(one)
    for several in by_image.values():
        stems = {one.id: folded(one.question) for one in several}
        for one in several:
            answer = folded(_answer(one))
            if len(answer) < _LEAST_TOLD:
                continue
            whole = re.compile(rf"(?<!\w){re.escape(answer)}(?!\w)")
            telling = [other for other, stem in stems.items() if whole.search(stem)]
            if telling:
                where = "its own text" if telling == [one.id] else "the text of another question about its image"
                yield Finding(
                    "told", f"its answer stands in {where}", (one.id, *(other for other in telling if other != one.id))
                )


def _answer(question: Question) -> str:
    """The right option's text; empty where the answer is none of them."""
    by_letter = dict(zip(option_letters(len(question.options)), question.options, strict=True))
    return by_letter.get(question.answer, "")
