"""Captions that a user has must be there for every image, or the run does not start."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import prism_eval
from prism_eval.benchmarks import open_benchmark
from prism_eval.benchmarks.sources.image_files import ImageFiles
from prism_eval.calls import Store
from prism_eval.errors import DataError
from prism_eval.plan import make_plan
from prism_eval.run.assemble import assemble
from prism_eval.run.coverage import check_coverage
from prism_eval.run.execute import run_plan
from prism_eval.schema import Image
from tests.builders import chart_folder, png


def captions(folder: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path = folder / "captions.jsonl"
    path.write_text("".join(json.dumps({"caption": "A chart.", **row}) + "\n" for row in rows))
    return path


def run(folder: Path, spec: str, **plan: Any) -> Any:
    data = chart_folder(folder / "data")
    return prism_eval.evaluate(
        spec,
        **{
            "benchmarks": "chartqa",
            "data": data,
            "out": folder / "run",
            "store": folder / "store.sqlite",
            **plan,
        },
    )


NAMED = {
    "by path": lambda shade: {"path": f"images/{shade}.png"},
    "by file name": lambda shade: {"image": f"{shade}.png"},
    "by digest": lambda shade: {"sha256": Image(png(shade)).digest},
    "by both": lambda shade: {"sha256": Image(png(shade)).digest, "path": "elsewhere.png"},
}


@pytest.mark.parametrize("how", NAMED)
@pytest.mark.parametrize("spec", ["file:{}", "budget(file:{})?words=2", "merge(blind, file:{})", "mismatched(file:{})"])
def test_missing_captions_are_said_before_the_run(tmp_path: Path, how: str, spec: str) -> None:
    path = captions(tmp_path, map(NAMED[how], [0, 2]))
    with pytest.raises(
        DataError, match=r"2 of 4 images have captions \(the first without: 1\.png of chartqa\)"
    ) as caught:
        run(tmp_path, spec.format(path))
    assert "--allow-missing" in str(caught.value)
    assert not (tmp_path / "run" / "verdicts.parquet").exists()


@pytest.mark.parametrize("how", NAMED)
def test_a_file_that_has_them_all_runs(tmp_path: Path, how: str) -> None:
    path = captions(tmp_path, map(NAMED[how], range(4)))
    assert run(tmp_path, f"file:{path}").failed == 0


def test_allowed_gaps_are_failed_items(tmp_path: Path) -> None:
    path = captions(tmp_path, [{"path": "0.png"}, {"path": "2.png"}])
    result = run(tmp_path, f"file:{path}", allow_missing=True)
    assert (result.failed, result.counts.outcomes["failed"], result.counts.done) == (4, 4, 8)
    (row,) = result.leaderboard.rows
    assert row.items == 4
    assert all("no caption for image" in reason for reason in result.counts.failures)


def test_allowing_gaps_is_no_other_plan(tmp_path: Path) -> None:
    plan = make_plan({"captioners": ["blind"]})
    assert plan.digest == make_plan({"captioners": ["blind"], "allow_missing": True}).digest


def test_only_the_items_that_are_asked_need_captions(tmp_path: Path) -> None:
    path = captions(tmp_path, [{"path": "0.png"}])
    assert run(tmp_path, f"file:{path}", limit=2, first=True).failed == 0
    with pytest.raises(DataError, match="1 of 2 images"):
        run(tmp_path / "more", f"file:{path}", limit=3, first=True)


@pytest.mark.parametrize("how", NAMED)
def test_only_the_images_that_are_drawn_need_captions(tmp_path: Path, how: str) -> None:
    data = open_benchmark("chartqa", chart_folder(tmp_path / "drawn"))
    drawn = [item.images[0].name for item in data.sampled(limit=4, seed=0).items()]
    shades = [int(name.removesuffix(".png")) for name in dict.fromkeys(drawn)]
    assert (len(drawn), len(shades)) == (4, 2)
    path = captions(tmp_path, map(NAMED[how], shades))
    assert run(tmp_path, f"file:{path}", limit=4).failed == 0
    with pytest.raises(DataError, match="2 of 3 images"):
        run(tmp_path / "more", f"file:{path}", limit=6)


def test_every_sample_needs_its_caption(tmp_path: Path) -> None:
    rows = [{"path": f"{shade}.png", "sample": sample} for shade in range(4) for sample in range(2 if shade else 1)]
    path = captions(tmp_path, rows)
    assert run(tmp_path, f"file:{path}").failed == 0
    with pytest.raises(DataError, match="3 of 4 images have captions for each of 2 samples"):
        run(tmp_path / "more", f"file:{path}", samples=2)


def test_names_are_compared_without_opening_an_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = chart_folder(tmp_path / "data")
    opened: list[str] = []
    read = ImageFiles.read
    monkeypatch.setattr(ImageFiles, "read", lambda *given: (opened.append(given[-1]), read(*given))[1])
    for how, expected in (("by path", 0), ("by digest", 8)):
        path = captions(tmp_path, map(NAMED[how], range(4)))
        plan = make_plan({"captioners": [f"file:{path}"], "benchmarks": ["chartqa"], "data": str(data)})
        with Store(tmp_path / "store.sqlite") as store:
            assembly = assemble(plan, store)
            opened.clear()
            check_coverage(assembly)
        assert len(opened) <= expected


@pytest.mark.parametrize("spoil", ["removed", "damaged"])
@pytest.mark.parametrize("how", NAMED)
def test_an_image_that_nobody_will_be_asked_about_needs_no_caption(tmp_path: Path, how: str, spoil: str) -> None:
    data = chart_folder(tmp_path / "data")
    image = data / "chartqa" / "images" / "1.png"
    image.unlink() if spoil == "removed" else image.write_bytes(png(1)[:30])
    path = captions(tmp_path, map(NAMED[how], [0, 2, 3]))
    plan = make_plan({"captioners": [f"file:{path}"], "benchmarks": ["chartqa"], "data": str(data)})
    result = run_plan(plan, out=tmp_path / "run", store=tmp_path / "store.sqlite")
    assert result.counts.unusable["chartqa"].unusable.reasons.total() == result.failed == 2


def test_images_that_lie_in_the_rows_are_found_by_digest(tmp_path: Path) -> None:
    data = chart_folder(tmp_path / "data")
    rows = [json.loads(line) for line in (data / "chartqa" / "data.jsonl").read_text().splitlines()]
    for number, row in enumerate(rows):
        row["imgname"] = base64.b64encode(png(number // 2)).decode()
    (data / "chartqa" / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = captions(tmp_path, [{"sha256": Image(png(shade)).digest} for shade in range(3)])
    plan = make_plan({"captioners": [f"file:{path}"], "benchmarks": ["chartqa"], "data": str(data)})
    with pytest.raises(DataError, match="3 of 4 images have captions"):
        run_plan(plan, out=tmp_path / "run", store=tmp_path / "store.sqlite")


def test_going_on_from_a_folder_looks_nothing_up(tmp_path: Path) -> None:
    path = captions(tmp_path, [{"path": "0.png"}])
    run(tmp_path, f"file:{path}", allow_missing=True)
    result = run_plan(
        prism_eval_plan(tmp_path),
        out=tmp_path / "run",
        store=tmp_path / "store.sqlite",
        stages=["score"],
        live=frozenset(),
    )
    assert result.failed == 6


def prism_eval_plan(folder: Path) -> Any:
    from prism_eval.run.folder import RunFolder

    return RunFolder.open(folder / "run").read_plan().model_copy(update={"allow_missing": False})
