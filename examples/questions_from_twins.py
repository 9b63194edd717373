"""A set of questions of known truth: filtered, asked by an evaluation, and used as a reward.

    python examples/questions_from_twins.py

It makes twins-questions/, a set like those of `prism-eval questions build`, out of the questions of two synthetic
twins, and rollouts.jsonl. Of some questions the key is made wrong; of the others a reader guesses each right without
the image, with a probability that is known. What the filter makes of them stands in a table, beside what the binomial
law expects. The set can then be asked by anybody:

    prism-eval run --benchmark twins-questions/twins-questions.toml --data twins-questions -c oracle -c blind
    prism-eval reward replay rollouts.jsonl -r lexical
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import ClassVar

import pyarrow.parquet as pq

from prism_eval import Answer, Caption, Captioner, CaptionReward, Image, Item, Reasoner, evaluate
from prism_eval.benchmarks import open_benchmark
from prism_eval.captioners.oracle import Oracle
from prism_eval.questions.filtering import ask, decide, prepare
from prism_eval.questions.question import Question
from prism_eval.questions.question_set import QuestionSet
from prism_eval.questions.thresholds import Thresholds
from prism_eval.rewards import Rollout
from prism_eval.run.execute import run_plan
from prism_eval.statistics import at_most

SET = Path("twins-questions")
DRAWN = [(name, seed) for name in ("mmstar", "seedbench2plus") for seed in range(3)]
BLIND = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
"""How often a question is guessed right without its image."""
WRONG = "the key is wrong"
OTHERS = {"A": "B", "B": "C", "C": "D", "D": "A"}


def truths() -> Iterator[str]:
    """What is true of one question after another, over and over."""
    while True:
        yield from (*(f"guessed right {float(share):.0%} of the time" for share in BLIND), WRONG)


def make_set() -> tuple[QuestionSet, dict[str, str]]:
    """The twins' questions as a set that nobody has filtered yet, and by question what is true of it."""
    questions, rows, known = QuestionSet.create(SET), [], truths()
    items = (
        (name, seed, item) for name, seed in DRAWN for item in open_benchmark(name, "synthetic", seed=seed).items()
    )
    truth: dict[str, str] = {}
    for name, seed, item in items:
        (image,), (gold,) = item.images, item.golds
        made = Question(
            id=f"{name}-{seed}-{item.id}",
            image=questions.add_image(image),
            image_digest=image.digest,
            image_name=image.name,
            question=item.question,
            options=item.options,
            answer=gold,
            facts=(image.facts or (),),
            generator={"from": f"twin {name}, seed {seed}"},
        )
        truth[made.id] = next(known)
        rows.append(made.model_copy(update={"answer": OTHERS[gold]}) if truth[made.id] == WRONG else made)
    questions.write(rows)
    return questions, truth


@dataclass(kw_only=True)
class Guesser(Reasoner):
    """Guesses each question right, without reading anything, with a probability of its own."""

    name: ClassVar[str] = "guesser"
    right: tuple[tuple[str, str, float], ...]
    """By question, the right option's text, and the probability."""

    async def answer(self, caption: Caption, item: Item, *, sample: int) -> Answer:
        """A letter; drawn by the question and the order of its options, so that it is the same again."""
        option, share = next((option, share) for name, option, share in self.right if name == item.id)
        gold = item.letters[item.options.index(option)]
        rng = random.Random(f"{item.id}/{item.options}/{sample}")
        wrong = [letter for letter in item.letters if letter != gold]
        return Answer(f"Answer: {gold if rng.random() < share else rng.choice(wrong)}")


def share_of(truth: str) -> Fraction:
    """How often a question is guessed right."""
    return next((share for share in BLIND if f"{float(share):.0%}" in truth), BLIND[0])


def filtered(questions: QuestionSet, truth: dict[str, str]) -> list[Question]:
    """The set's questions, as the filter decides: answered with the image, and without it neither of two readers."""
    right = tuple(
        (one.id, one.options["ABCD".index(one.answer)], float(share_of(truth[one.id]))) for one in questions.read()
    )
    # The first of the readers also reads what `direct(oracle)` says of the image.
    filtering = prepare(questions, seeing=["oracle"], readers=["lexical", "guesser"], thresholds=Thresholds())
    ask(filtering, partial(run_plan, reasoners={"guesser": Guesser(right=right)}))
    return decide(filtering)


def show_decisions(decided: Sequence[Question], truth: dict[str, str]) -> None:
    """A row for each truth: how many there are, how many are kept, and how many should be."""
    asked = Thresholds().asked(4)
    print("| true of the question | questions | kept | expected |\n|---|---|---|---|")
    total, kept = Counter(truth.values()), Counter(truth[one.id] for one in decided if one.state == "kept")
    for one in dict.fromkeys(truth.values()):
        expected = 0 if one == WRONG else at_most(Thresholds().allowed(asked, 4), asked, share_of(one))
        print(f"| {one} | {total[one]} | {kept[one]} | {float(expected * total[one]):.1f} |")


def captioners() -> dict[str, Captioner | str]:
    """Who sees everything, half of it, and nothing."""
    return {"all facts": Oracle(), "half of them": Oracle(recall=0.5), "nothing": "blind"}


def scores(questions: QuestionSet) -> dict[str, float]:
    """By captioner, its score on what was kept."""
    result = evaluate(captioners(), benchmarks=str(questions.definition), data=str(questions.folder), out="run")
    return {row.captioner: row.mean.value for row in result.leaderboard.everyone}


async def rollouts(questions: QuestionSet) -> dict[str, list[Rollout]]:
    """By captioner, its captions of the kept questions' images, each with the questions that it is paid by."""
    rows = pq.read_table(questions.kept).to_pylist()
    facts = {one.image_digest: (one.facts or ((),))[0] for one in questions.read()}
    found: dict[str, list[Rollout]] = {}
    for label, captioner in captioners().items():
        for row in rows:
            image = Image(row["image"]["bytes"], row["image"]["path"], facts[row["id"]])
            text = "" if isinstance(captioner, str) else (await captioner.caption([image], sample=0)).text
            asked = row["reward_model"]["ground_truth"]
            found.setdefault(label, []).append(Rollout(caption=text, questions=asked, image=row["id"]))
    return found


async def rewards(made: Mapping[str, Sequence[Rollout]]) -> dict[str, float]:
    """By captioner, what its captions earn on the average."""
    reward = CaptionReward("lexical", n=None)
    paid = {label: await reward.score_all(several) for label, several in made.items()}
    await reward.close()
    return {label: fmean(one.value for one in several if one.value is not None) for label, several in paid.items()}


def write(made: Mapping[str, Sequence[Rollout]]) -> None:
    """Write the rollouts as `prism-eval reward replay` reads them."""
    lines = [
        json.dumps({"image": one.image, "caption": one.caption, "questions": one.questions})
        for several in made.values()
        for one in several
    ]
    Path("rollouts.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Print both tables."""
    questions, truth = make_set()
    show_decisions(filtered(questions, truth), truth)
    made = asyncio.run(rollouts(questions))
    write(made)
    scored, paid = scores(questions), asyncio.run(rewards(made))
    print("\n| captions | score on the kept questions | mean reward |\n|---|---|---|")
    for label in captioners():
        print(f"| {label} | {scored[label]:.3f} | {paid[label]:.3f} |")


if __name__ == "__main__":
    main()
