"""How many answers a second each scorer gets through. Run with ``-m performance -s``."""

from __future__ import annotations

import random
import time

import pytest

from prism_eval.schema import Answer, AnswerForm, Item, ItemKind
from prism_eval.scoring.anls import ANLS
from prism_eval.scoring.base import Scorer
from prism_eval.scoring.caprl import CapRLMath
from prism_eval.scoring.chartqapro import ChartQAPro
from prism_eval.scoring.choice import MMStar, SeedBench2Plus, VisuLogic, WeMath
from prism_eval.scoring.judged import CharXiv, MathVerse
from prism_eval.scoring.mathvision import MathVision
from prism_eval.scoring.mmmu import MMMU, MMMUPro
from prism_eval.scoring.relaxed import Relaxed
from prism_eval.scoring.strict import Strict

pytestmark = pytest.mark.performance
_ANSWERS = 100_000
_FORM = AnswerForm()
_REASONING = "The caption names four people and two of them are near the door, which leaves one. " * 5
_OPTIONS = ("Aurelia", "Matilda", "Hermione", "Juno")


def item(number: int, kind: ItemKind) -> Item:
    gold = "ABCD"[number % 4] if kind is ItemKind.CHOICE else str(number % 97)
    options = _OPTIONS if kind is ItemKind.CHOICE else ()
    return Item(
        benchmark="b", id=str(number), kind=kind, question="?", images=(), golds=(gold,), cluster="", options=options
    )


def reply(rng: random.Random, kind: ItemKind) -> str:
    """Two thirds in the form asked for, the rest for the benchmark's parser."""
    given = rng.choice("ABCD") if kind is ItemKind.CHOICE else str(rng.randrange(97))
    return rng.choice([f"{_REASONING}\nAnswer: {given}", f"**Answer:** {given}", f"{_REASONING}So it is ({given})."])


def seconds(scorer: Scorer, work: list[tuple[Item, Answer]]) -> float:
    started = time.perf_counter()
    for one, answer in work:
        scorer.score(one, answer, _FORM)
    return time.perf_counter() - started


def test_every_family_but_mathematics():
    rng = random.Random(0)
    choices = [MMMU(), MMMUPro(), MMStar(), SeedBench2Plus(), WeMath(), VisuLogic(), Strict()]
    shorts = [Relaxed(), ChartQAPro(), ANLS(), MathVision(), MathVerse(), CharXiv()]
    share, total = _ANSWERS // (len(choices) + len(shorts)), 0.0
    for scorer in (*choices, *shorts):
        kind = ItemKind.CHOICE if scorer in choices else ItemKind.SHORT
        spent = seconds(scorer, [(item(n, kind), Answer(reply(rng, kind))) for n in range(share)])
        total += spent
        print(f"{scorer.name:15} {share / spent:10,.0f} answers/s")
    print(f"{_ANSWERS:,} answers without mathematics: {total:.1f} s")
    assert total < 20


# Roughly as the answers of MathVision and MathVerse are made: mostly numbers, now and then an expression with letters.
FORMULAS = {
    "whole numbers": lambda rng, n: (str(rng.randrange(999)), str(n)),
    "decimals": lambda rng, n: (f"{rng.randrange(99)}.5", f"{n}.25"),
    "fractions": lambda rng, n: (f"\\frac{{{rng.randrange(99)}}}{{7}}", f"\\frac{{{n}}}{{8}}"),
    "degrees and units": lambda rng, n: (f"{rng.randrange(360)}^\\circ", f"{n} \\text{{ cm}}"),
    "roots": lambda rng, n: (f"{rng.randrange(99)}\\sqrt{{2}}", f"{n}\\sqrt{{3}}"),
    "polynomials": lambda rng, n: (f"x^2+{rng.randrange(99)}x+1", f"x^2+{n}x-3"),
}


def test_mathematics():
    scorer = CapRLMath()
    rng = random.Random(0)
    count, total = 0, 0.0
    try:
        scorer.verify("1", "2")
        for kind, formula in FORMULAS.items():
            work = []
            for number in range(50 if kind == "polynomials" else 300):
                gold, given = formula(rng, number)
                one = Item(
                    benchmark="b", id="1", kind=ItemKind.SHORT, question="?", images=(), golds=(gold,), cluster=""
                )
                work.append((one, Answer(f"{_REASONING}\nAnswer: ${given}$")))
            first, again = seconds(scorer, work), seconds(scorer, work)
            count, total = count + len(work), total + first
            print(f"{kind:18} {len(work) / first:10,.0f} answers/s, {len(work) / again:10,.0f} when seen before")
    finally:
        scorer.close()
    print(f"mathematics in one process, no two answers alike: {count / total:,.0f} answers/s")
    assert count / total >= 200
