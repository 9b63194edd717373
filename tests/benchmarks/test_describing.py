from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prism_eval.benchmarks import describe, open_benchmark, skeleton, verify
from prism_eval.errors import UsageError
from prism_eval.schema import ItemKind


def test_a_benchmark_in_numbers(jsonl_folder: Any) -> None:
    row = {"question": "?", "answer": "1", "type": "human_test"}
    rows = [{**row, "image": name} for name in ("a.png", "a.png", "a.png", "b.png")]
    found = describe(open_benchmark("chartqa", jsonl_folder("chartqa", rows)))
    assert (found.items, found.images, found.questions_per_image, found.most_questions) == (4, 2, 2.0, 3)
    assert found.kinds == {ItemKind.SHORT: 4}
    assert [item.id for item in found.samples] == ["0", "1", "2"]
    assert found.definition.licence == "GPL-3.0"


def test_a_thirteenth_takes_one_file(tmp_path: Path, png: Any) -> None:
    file = tmp_path / "receipts.toml"
    file.write_text(skeleton("receipts"), encoding="utf-8")
    folder = tmp_path / "data" / "receipts"
    folder.mkdir(parents=True)
    (folder / "r.png").write_bytes(png(1))
    rows = [
        {"id": 1, "question": "Which shop?", "options": ["Alpha", "Beta"], "answer": "B", "image": "r.png"},
        {"id": 2, "question": "What total?", "options": [], "answer": 12.5, "image_path": "r.png"},
    ]
    (folder / "data.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    benchmark = open_benchmark(str(file), tmp_path / "data")
    first, second = benchmark.items()
    assert (first.benchmark, first.id, first.kind, first.golds) == ("receipts", "1", ItemKind.CHOICE, ("B",))
    assert (second.id, second.kind, second.golds) == ("2", ItemKind.SHORT, ("12.5",))
    assert verify(benchmark).ok


@pytest.mark.parametrize(("form", "answer"), [("text", "Beta"), ("index", 1), ("letter", "(B)"), ("letter", "B.")])
def test_golds_of_every_form(tmp_path: Path, png: Any, form: str, answer: Any) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(skeleton("mine").replace('choice = "letter"', f'choice = "{form}"'), encoding="utf-8")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "r.png").write_bytes(png(1))
    row = {"id": 1, "question": "?", "options": ["Alpha", "Beta"], "answer": answer, "image": "r.png"}
    (folder / "data.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (item,) = open_benchmark(str(file), tmp_path).items()
    assert item.golds == ("B",)


@pytest.mark.parametrize("name", ["", "../x", "Big", "a b", 'a"'])
def test_a_name_that_will_not_do(name: str) -> None:
    with pytest.raises(UsageError, match="benchmark name"):
        skeleton(name)
