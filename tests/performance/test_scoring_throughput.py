"""How many answers a second each scorer gets through. Run with ``-m performance -s``."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor

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


def short(gold: str) -> Item:
    return Item(benchmark="b", id="1", kind=ItemKind.SHORT, question="?", images=(), golds=(gold,), cluster="")


def mix(rng: random.Random) -> dict[str, list[tuple[Item, Answer]]]:
    work = {}
    for kind, formula in FORMULAS.items():
        pairs = [formula(rng, number) for number in range(50 if kind == "polynomials" else 300)]
        work[kind] = [(short(gold), Answer(f"{_REASONING}\nAnswer: ${given}$")) for gold, given in pairs]
    return work


def test_mathematics_in_one_process():
    scorer, count, total = CapRLMath(workers=1), 0, 0.0
    try:
        scorer.verify("1", "2")
        for kind, work in mix(random.Random(0)).items():
            started = time.perf_counter()
            for one, _ in work:
                scorer.check(one)
            checked = time.perf_counter() - started
            first, again = seconds(scorer, work), seconds(scorer, work)
            count, total = count + len(work), total + checked + first
            fresh, known = len(work) / (checked + first), len(work) / again
            print(f"{kind:18} {fresh:10,.0f} answers/s, {known:10,.0f} when seen before")
    finally:
        scorer.close()
    print(f"mathematics in one process, golds checked, no two answers alike: {count / total:,.0f} answers/s")
    assert count / total >= 200


def test_mathematics_in_two_processes():
    scorer = CapRLMath()
    work = [pair for pairs in mix(random.Random(0)).values() for pair in pairs]
    try:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda n: scorer.verify(f"{n}x", f"{n}+x"), range(8)))
            started = time.perf_counter()
            list(threads.map(lambda pair: (scorer.check(pair[0]), scorer.score(*pair, _FORM)), work))
            spent = time.perf_counter() - started
    finally:
        scorer.close()
    print(f"mathematics in two processes, eight threads: {len(work) / spent:,.0f} answers/s")
    assert len(work) / spent >= 200


def test_what_waits_beside_a_tower_of_powers():
    scorer, others = CapRLMath(), [f"x+{number}" for number in range(20)]
    try:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda n: scorer.verify(f"{n}x", f"{n}+x"), range(8)))
            towers = [threads.submit(scorer.verify, "9^{9^{9^{9^{9^{9}}}}}", "5") for _ in range(5)]
            waits = [seconds(scorer, [(short(other), Answer(f"Answer: 3+{other}"))]) for other in others]
            plain = seconds(Relaxed(), [(short("5"), Answer("Answer: 5"))] * 1_000)
            assert not any(tower.done() for tower in towers)
            print(
                f"beside five equal towers a comparison waits {max(waits):.3f} s at most, another scorer {plain:.3f} ms"
            )
            assert all("no result" in tower.result().ended for tower in towers)
    finally:
        scorer.close()
    assert max(waits) < 1
