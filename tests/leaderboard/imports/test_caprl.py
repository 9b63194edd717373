"""What CapRL's evaluation wrote becomes a run: scored again, held against its stored scores, on a leaderboard."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from prism_eval.captioners.file import File
from prism_eval.cli import main
from prism_eval.errors import PrismError
from prism_eval.leaderboard import build
from prism_eval.leaderboard.imports import import_caprl
from prism_eval.report.terminal import as_text
from prism_eval.run.belonging import check_belonging
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Table, read_manifest
from prism_eval.schema import Image

MARK = "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>"


imported = partial(import_caprl, samples=2)


def entry(number: int, *, rewards: tuple[float, ...] = (1.0, 0.0), image: str = "a.png") -> list[Any]:
    message = {"role": "user", "content": [{"type": "image", "image": f"/home/x/bench_image_folder/{image}"}]}
    prompt = f"{MARK}How tall is bar {number}?<|im_end|>\n<|im_start|>assistant\n"
    said = [f"<think>Look.</think>\n<answer>\\boxed{{{7 if reward else 99}}}</answer>" for reward in rewards]
    captions = [f"Caption {draw} for {number}" for draw in range(len(rewards))]
    sample = {"image": [message], "prompt": prompt, "answer": "7"}
    return [sample, list(rewards), ["7"] * len(rewards), [5] * len(rewards), [*captions, *said]]


def write(path: Path, value: object) -> str:
    path.write_text(json.dumps(value, indent=4), "utf-8")
    return str(path)


def rows(folder: Path, table: str, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in Table(folder, table).rows(names)]


def test_the_published_program_s_scores_are_ours_on_every_answer(shared: Path, tmp_path: Path) -> None:
    home = shared / "cases" / "caprl_golden"
    expected = json.loads((home / "expected.json").read_text("utf-8"))
    names = ("chartqa", "infovqa", "mmmu")
    made = import_caprl(
        [str(home / f"details_{name}.json") for name in names], tmp_path / "run", model="CapRL-3B", step=400
    )
    assert (made.answers, made.differences) == (48, ())
    check_belonging(RunFolder.open(made.folder.path), "score", manifest=True)
    board = build(made.folder.path, published=["caprl"])
    (row,) = board.rows
    assert row.captioner == "CapRL-3B step 400"
    for name in names:
        estimate = row.cells[f"{name}:caprl"].estimate
        assert estimate is not None
        assert estimate.value == pytest.approx(expected[name]["mean"])
        # Five questions on two images are two clusters.
        assert estimate.low < estimate.value < estimate.high
    text = as_text(board)
    assert "scored again: 48 of 48 answers as there" in text
    # The mean of its cells for these three, beside what it prints.
    assert [round(100 * one.over(board.common), 1) for one in board.published if one.captioner == "CapRL-3B"] == [61.1]


def test_a_stored_score_that_is_not_ours_is_listed_with_its_place(tmp_path: Path) -> None:
    wrong = [entry(1), entry(2)]
    wrong[1][1] = [1.0, 0.5]
    made = imported([write(tmp_path / "details_chartqa.json", wrong)], tmp_path / "run", model="m")
    assert [line.split("chartqa.json ")[1] for line in made.differences] == ["entry 2, answer 2: 0.5 there, 0 here"]
    assert read_manifest(tmp_path / "run")["imported"]["differences"] == list(made.differences)
    notes = [note for (note,) in rows(tmp_path / "run", "verdicts", "note") if note]
    assert [note for note in notes if "stored" in note] == ["official reading; stored score 0.5"]


def test_a_gold_that_is_a_list_is_compared_as_its_text_as_there(tmp_path: Path) -> None:
    listed = entry(1)
    listed[0]["answer"] = ["7", "seven"]
    imported([write(tmp_path / "details_chartqa.json", [listed])], tmp_path / "run", model="m")
    assert set(rows(tmp_path / "run", "verdicts", "gold")) == {(json.dumps(["['7', 'seven']"]),)}


def test_items_are_known_by_image_and_prompt_in_whichever_order_they_come(tmp_path: Path) -> None:
    there = [entry(1), entry(2), entry(2, image="b.png")]
    folders = []
    for name, listed in (("one", there), ("other", there[::-1])):
        place = write(tmp_path / f"{name}_chartqa.json", listed)
        folders.append(imported([place], tmp_path / name, model=name).folder.path)
    items = [rows(folder, "verdicts", "item", "cluster", "question", "sample", "score") for folder in folders]
    assert items[0] == items[1]
    assert len({row[0] for row in items[0]}) == 3
    assert {row[1] for row in items[0]} == {"bench_image_folder/a.png", "bench_image_folder/b.png"}
    assert {row[2] for row in items[0]} == {"How tall is bar 1?", "How tall is bar 2?"}
    # Asked alike, they stand on one leaderboard, which tells of both.
    board = build(folders)
    assert len(board.rows) == 2
    assert "scored again: 12 of 12 answers as there" in board.measured[0]


def test_how_texts_ended_is_not_known(tmp_path: Path) -> None:
    imported([write(tmp_path / "chartqa.json", [entry(1)])], tmp_path / "run", model="m", reader="R")
    assert {reason for (reason,) in rows(tmp_path / "run", "answers", "finish_reason")} == {None}
    assert {reason for (reason,) in rows(tmp_path / "run", "captions", "finish_reason")} == {None}
    assert {who for (who,) in rows(tmp_path / "run", "verdicts", "reasoner")} == {"R"}
    assert any("nothing says which captions" in note for note in build(tmp_path / "run").warnings)


def test_the_captions_between_the_stages_are_a_run_that_can_be_read(tmp_path: Path) -> None:
    lines = [
        json.dumps({"original_sample": sample, "generated_captions": texts[: len(rewards)]})
        for sample, rewards, _, _, texts in (entry(1), entry(2))
    ]
    file = tmp_path / "intermediate_generations_ChartQA_step400.jsonl"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    made = imported([str(file)], tmp_path / "run", model="m")
    assert not made.scored
    assert not (tmp_path / "run" / "verdicts.parquet").exists()
    captions = rows(tmp_path / "run", "captions", "image_name", "sample", "text")
    assert sorted(number for _, number, _ in captions) == [0, 1, 2, 3]
    assert File(model=tmp_path / "run" / "captions.parquet").has(Image(b"", "bench_image_folder/a.png"), 3)


def test_another_number_of_captions_than_the_program_draws_is_told_and_may_be_said(tmp_path: Path) -> None:
    place = write(tmp_path / "chartqa.json", [entry(1)])
    with pytest.raises(PrismError, match=r"entry 1 has 2 captions and 2 answers, where 4 captions .* give --samples 2"):
        import_caprl([place], tmp_path / "run", model="m")
    assert not (tmp_path / "run").exists()
    assert imported([place], tmp_path / "run", model="m").answers == 2
    assert read_manifest(tmp_path / "run")["protocol"]["samples"] == 2


def test_lines_of_whole_entries_are_read_like_a_list_of_them(tmp_path: Path) -> None:
    for name, listed in (("one", [entry(1)]), ("two", [entry(1), entry(2)])):
        file = tmp_path / f"{name}_chartqa.jsonl"
        file.write_text("\n".join(json.dumps(one) for one in listed), "utf-8")
        assert imported([str(file)], tmp_path / name, model="m").answers == 2 * len(listed)


def _changed(change: Callable[[list[Any]], object]) -> list[list[Any]]:
    second = copy.deepcopy(entry(2))
    change(second)
    return [entry(1), second]


def _put(place: int, value: object) -> Callable[[list[Any]], object]:
    return lambda one: one.__setitem__(place, value)


BAD: dict[str, tuple[object, str]] = {
    "no image": (_changed(lambda one: one[0].pop("image")), "entry 2: its sample names no image"),
    "empty image": (_changed(lambda one: one[0].update(image=[])), "entry 2: its sample names no image"),
    "image of numbers": (_changed(lambda one: one[0].update(image=7)), "entry 2: its sample names no image"),
    "no prompt": (_changed(lambda one: one[0].pop("prompt")), "entry 2: its sample has no prompt"),
    "no answer": (_changed(lambda one: one[0].update(answer=None)), "entry 2: its sample has no answer"),
    "no sample": (_changed(_put(0, "x")), "entry 2: its sample is no object"),
    "NaN": (_changed(_put(1, [1.0, float("nan")])), "entry 2: a reward is nan, which is no score from 0 to 1"),
    "too much": (_changed(_put(1, [1.0, 2])), "entry 2: a reward is 2, which is no score"),
    "no rewards": (_changed(_put(1, [])), "entry 2: no list of rewards"),
    "texts": (_changed(lambda one: one[4].pop()), "entry 2: 2 rewards and 3 texts, where 4 belong"),
    "parsed": (_changed(lambda one: one[2].pop()), "entry 2: 2 rewards and 1 parsed answers, where 2 belong"),
    "lengths": (_changed(_put(3, None)), "entry 2: 2 rewards and no list of lengths, where 2 belong"),
    "a text that is none": (_changed(lambda one: one[4].__setitem__(0, 3)), "entry 2: its texts are no list of texts"),
    "four parts": (_changed(lambda one: one.pop()), "entry 2: no .sample, rewards, parsed, lengths, texts."),
    "other n": ([entry(1), entry(2, rewards=(1.0,))], "has . captions and . answers and .* a run draws alike for all"),
    "twice": ([entry(1), entry(1)], "the same question on the same image; remove one"),
    "nothing": ([], "there is no question in it"),
    "an object": ({"a": 1}, "entry 1: no .sample, rewards"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_not_whole_is_told_in_one_line_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    content, message = BAD[name]
    place = write(tmp_path / "details_chartqa.json", content)
    with pytest.raises(PrismError, match=message) as caught:
        imported([place], tmp_path / "run", model="m")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_file_that_was_cut_off_ends_the_command_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "details_chartqa.json"
    whole = json.dumps([entry(1), entry(2)], indent=4)
    lines = "\n".join(json.dumps(one) for one in (entry(1), entry(2)))
    for text in (whole[: len(whole) // 2], lines[:-20], "", "\x00\xff"):
        file.write_text(text, "utf-8")
        monkeypatch.setattr("sys.argv", ["prism-eval", "import", "caprl", str(file), "--model", "m", "--out", "run"])
        monkeypatch.chdir(tmp_path)
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "details_chartqa.json" in line
        assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["lost_chartqa.json"], "lost_chartqa.json cannot be read: No such file"),
        (["chartqa.json", "b_chartqa.json"], "two files are of chartqa: a run holds each benchmark once"),
        (["chartqa.json?benchmark=nope"], "no benchmark 'nope'; there are chartqa, "),
        (["chartqa.json?label=x"], "no option 'label'; there is benchmark"),
        (["Seed2K.json"], "its name says no benchmark: write Seed2K.json.benchmark=NAME"),
        (["chartqa.json", "mmmu_of_one.json"], "mmmu has 1 caption and 1 answer a question and chartqa 2 captions"),
    ],
)
def test_files_that_are_no_run_are_refused(names: list[str], message: str, tmp_path: Path) -> None:
    for name in ("chartqa.json", "b_chartqa.json", "Seed2K.json"):
        write(tmp_path / name, [entry(1)])
    write(tmp_path / "mmmu_of_one.json", [entry(1, rewards=(1.0,))])
    with pytest.raises(PrismError, match=message):
        imported([str(tmp_path / name) for name in names], tmp_path / "run", model="m")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "benchmark"),
    [
        ("Prism_ChartQAPro_step_details_400_final.json", "chartqapro"),
        ("details_mmmu_pro.json", "mmmu_pro"),
        ("MMMUPro.json", "mmmu_pro"),
        ("Seed2K.json?benchmark=seedbench2plus", "seedbench2plus"),
    ],
)
def test_a_file_s_name_says_its_benchmark_or_the_command_line_does(name: str, benchmark: str, tmp_path: Path) -> None:
    write(tmp_path / name.partition("?")[0], [entry(1)])
    made = imported([str(tmp_path / name)], tmp_path / "run", model="m")
    assert {found for (found,) in rows(made.folder.path, "verdicts", "benchmark")} == {f"{benchmark}:caprl"}
