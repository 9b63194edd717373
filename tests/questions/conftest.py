"""Sets of questions whose truth is known: a twin's, some of them spoilt."""

import pytest

from prism_eval.benchmarks import open_benchmark
from prism_eval.questions.question import Question
from prism_eval.questions.question_set import QuestionSet


@pytest.fixture(scope="module")
def twin():
    """Items of a twin with four options each."""
    return [item for item in open_benchmark("seedbench2plus", "synthetic").items() if len(item.options) == 4]


@pytest.fixture
def make_set(tmp_path, twin):
    """A set of the twin's questions; ``spoil(number, question)`` may change each."""

    def make(count, spoil=lambda number, question: question, items=twin):
        questions = QuestionSet.create(tmp_path / "mine")
        rows = []
        for number, item in enumerate(items[:count]):
            image = item.images[0]
            made = Question(
                id=f"q{number}",
                image=questions.add_image(image),
                image_digest=image.digest,
                image_name=image.name,
                question=item.question,
                options=item.options,
                answer=item.golds[0],
                facts=(image.facts,),
            )
            rows.append(spoil(number, made))
        questions.write(rows)
        return questions

    return make
