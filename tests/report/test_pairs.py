from __future__ import annotations

from pathlib import Path

import pytest

from prism_eval.leaderboard import build
from prism_eval.report.pairs import as_data, pairs_of
from tests.runfolder import verdict, write_run


def rows(captioner: str, right: dict[str, str], benchmark: str = "chartqa") -> list[dict[str, object]]:
    """Verdicts of a captioner: by image, one letter a question, `r` for right, `w` for wrong, `f` for failed."""
    ends = {"r": "correct", "w": "wrong", "f": "failed"}
    return [
        verdict(captioner, f"{image} {number}", ends[letter], benchmark=benchmark, images=[image])
        for image, letters in right.items()
        for number, letter in enumerate(letters)
    ]


def test_images_and_questions_that_one_wins_are_counted_once_each(tmp_path: Path) -> None:
    known = [
        *rows("a", {"one": "rrr", "two": "rw", "three": "w", "four": "r"}),
        *rows("b", {"one": "rww", "two": "wr", "three": "r", "four": "r"}),
    ]
    (pair,) = pairs_of(build(write_run(tmp_path, known)))
    (found,) = pair.benchmarks
    assert found is not None
    # Image one to the first, three to the second; two and four to nobody.
    assert (found.images_won, found.images_lost) == (1, 1)
    assert (found.only_first, found.only_second) == (3, 2)
    assert found.difference.value == pytest.approx(1 / 7)


def test_a_failed_answer_is_won_by_nobody(tmp_path: Path) -> None:
    many = {f"image {number}": "r" for number in range(200)}
    known = [*rows("a", {**many, "last": "r"}), *rows("b", {**many, "last": "f"})]
    (pair,) = pairs_of(build(write_run(tmp_path, known)))
    (found,) = pair.benchmarks
    assert found is not None
    assert (found.images_won, found.only_first, found.difference.items) == (0, 0, 200)


def test_the_page_gets_every_pair_by_place_with_a_benchmark_s_numbers(tmp_path: Path) -> None:
    known = [
        row
        for captioner, letters in (("a", "rrrr"), ("b", "rrww"), ("c", "wwww"))
        for benchmark in ("chartqa", "mmmu")
        for row in rows(captioner, {f"{benchmark} {place}": letter for place, letter in enumerate(letters)}, benchmark)
    ]
    data = as_data(pairs_of(build(write_run(tmp_path, known))))
    assert [(first, second) for first, second, *_ in data] == [(0, 1), (0, 2), (1, 2)]
    for *_, benchmarks in data:
        assert isinstance(benchmarks, list)
        assert len(benchmarks) == 2
        value, low, high, won, lost, only_first, only_second = benchmarks[0]
        assert low <= value <= high
        assert (won - lost) / 4 == (only_first - only_second) / 4 == value / 100
