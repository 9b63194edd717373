"""What stands above the numbers, and the notes below them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prism_eval import evaluate
from prism_eval.leaderboard import build
from prism_eval.leaderboard.caveats import listed
from prism_eval.leaderboard.writing import counted
from tests.runfolder import verdict, write_run

LLM = {"label": "openai:Qwen/Qwen2.5-3B-Instruct", "identity": {"plugin": "prompted"}}


def facts(folder: Path, **manifest: Any) -> tuple[str, ...]:
    benchmarks = manifest.pop("benchmarks", [{"name": "chartqa"}])
    return build(write_run(folder, [verdict("a", "one")], benchmarks=benchmarks, **manifest)).measured


def sizes(*pairs: tuple[object, object]) -> list[dict[str, object]]:
    return [{"name": f"b{place}", "items": items, "size": size} for place, (items, size) in enumerate(pairs)]


@pytest.mark.parametrize(
    ("limit", "benchmarks", "said"),
    [
        (24, sizes((24, 900)), "24 of 900 questions"),
        (1, sizes((1, 900)), "1 of 900 questions"),
        (1, sizes((1, None)), "1 question"),
        (24, sizes((24, 900), (24, 900)), "24 of 900 questions of each benchmark"),
        (24, sizes((24, 900), (20, 20)), "24 questions of each benchmark (44 of 920)"),
        (24, sizes((24, 900), (24, None)), "24 questions of each benchmark"),
        (5000, sizes((900, 900)), None),
        (0, sizes((900, 900)), None),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_how_much_of_the_data(
    tmp_path: Path, limit: int, benchmarks: list[dict[str, object]], said: str | None, first: bool
) -> None:
    found = facts(tmp_path, plan={"limit": limit, "first": first, "seed": 7}, benchmarks=benchmarks)
    alike = said and ("each" not in said or "900 questions of" in said)
    before, after = ("first", "") if first else ("random" if alike else "random samples of up to", ", seed 7")
    shares = [fact for fact in found if fact.startswith(("first", "random"))]
    assert shares == ([f"{before} {said}{after}"] if said else [])


def test_what_data_who_read_and_by_which_rules(tmp_path: Path) -> None:
    assert facts(tmp_path, plan={"data": "synthetic"}) == (
        "synthetic twins",
        "lexical baseline, not a language model",
        "protocol standard, official scoring",
    )
    plan = {"data": "/benchmarks", "orders": 4}
    protocol = {"name": "prism", "edition": "strict", "samples": 3}
    assert facts(tmp_path, plan=plan, protocol=protocol, reasoner=LLM, judge={"label": "gpt"}) == (
        "reasoner openai:Qwen/Qwen2.5-3B-Instruct",
        "protocol prism, strict scoring",
        "3 captions per image",
        "options in up to 4 orders",
        "judge gpt",
    )


def test_a_run_says_it_of_itself(tmp_path: Path) -> None:
    result = evaluate(
        "blind", benchmarks=["chartqa", "mmstar"], limit=2, out=tmp_path / "run", store=tmp_path / "store"
    )
    assert result.leaderboard.measured[:3] == (
        "synthetic twins",
        "random samples of up to 3 questions of each benchmark (5 of 64), seed 0",
        "lexical baseline, not a language model",
    )


def test_failures_are_counted_over_everybody(tmp_path: Path) -> None:
    rows = [verdict("a", str(item), "failed" if item else "correct", caption=None) for item in range(5)]
    rows += [verdict("b", str(item)) for item in range(5)]
    assert build(write_run(tmp_path, rows)).failed == "4 of 10 answers failed"
    assert build(write_run(tmp_path, rows[:1])).failed == ""


def test_a_note_is_one_line_whoever_it_is_about(tmp_path: Path) -> None:
    rows = [
        verdict(f"captioner {place}", str(item), outcome, benchmark=benchmark, caption_truncated=True)
        for place in range(9)
        for benchmark, outcome in (("chartqa", "unparsed"), ("mmmu", "failed"))
        for item in range(3)
    ]
    elsewhere = {"stage": "caption", "source": "m", "count": 1, "made_by": "http://a", "asked_now": "http://b"}
    board = build(write_run(tmp_path, rows, counts={"made_elsewhere": [elsewhere, elsewhere]}))
    every = [f"captioner {place}" for place in range(4)]
    said = {how: ", ".join(f"{name} {how}" for name in every) + " and 5 more" for how in ("3 of 6", "50 %", "100 %")}
    moved = (
        "2 captions of m, from the store, made by http://a, not http://b: if it serves other weights, name them with"
    )
    moved += " revision=."
    assert board.warnings == (
        f"Failed answers are left out of the scores: {said['3 of 6']}.",
        f"No score for mmmu: {', '.join(every)} and 5 more; their means are over fewer benchmarks.",
        f"Answers that could not be read score 0, for their format, not for what was seen: {said['50 %']}.",
        f"Captions were cut at the length limit: {said['100 %']}.",
        "Fewer than 20 images in 1 of 2 benchmarks (chartqa): intervals there are rough.",
        moved,
    )


def test_long_lists_are_counted() -> None:
    assert listed([*"abcde"]) == "a, b, c, d, e"
    assert listed([*"abcdefgh"]) == "a, b, c, d and 4 more"
    assert (counted(1, "item"), counted(0, "item"), counted(1920, "item")) == ("1 item", "0 items", "1,920 items")
    assert (counted(1, "entry", "entries"), counted(2, "entry", "entries")) == ("1 entry", "2 entries")


def test_numbers_of_the_benchmark_s_own_are_a_table_and_no_note(tmp_path: Path) -> None:
    numbers = {"strict": 28.571428, "RM": None, "why": "no group", "groups": 7}
    said = [
        {"benchmark": "wemath", "captioner": captioner, "sample": sample, "metrics": numbers, "answers": 9, "failed": 0}
        for captioner in ("b", "a")
        for sample in (0, 1)
    ]
    rows = [verdict("a", "one", benchmark="wemath"), verdict("b", "one", "wrong", benchmark="wemath")]
    board = build(write_run(tmp_path, rows, aggregates=said))
    (own,) = board.own
    assert own.entries == (("a", 1), ("a", 2), ("b", 1), ("b", 2))
    assert own.numbers == {
        "strict": ("28.57",) * 4,
        "RM": ("\N{EN DASH}",) * 4,
        "why": ("no group",) * 4,
        "groups": ("7",) * 4,
    }
    assert not any("28.57" in warning or "strict" in warning for warning in board.warnings)
