from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from prism_eval.benchmarks import open_benchmark, verify
from prism_eval.benchmarks.sources.caprl import plain_prompt, with_options
from prism_eval.errors import DataError

PICTURE = "<|vision_start|><|image_pad|><|vision_end|>"
PROMPT = f"<|im_start|>user\n{PICTURE}Which bar?\nA. 1\nB. 2<|im_end|>\n<|im_start|>assistant\n"


def write(data: Path, content: Any, png: Any, file: str = "lmm_eval_chartqa.json") -> Path:
    folder = data / "caprl" / "json_file"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    with zipfile.ZipFile(data / "caprl" / "bench_image_folder.zip", "w") as archive:
        archive.writestr("bench_image_folder/chartqa/1.png", png(1))
    return data


INSIDE, THEIRS = "bench_image_folder/chartqa/1.png", "/home/them/bench_image_folder/chartqa/1.png"


def message(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


@pytest.mark.parametrize(
    "image",
    [
        INSIDE,
        THEIRS,
        [INSIDE],
        [message({"type": "image", "image": INSIDE})],
        [message({"type": "image", "image": f"file://{THEIRS}"}, {"type": "text", "text": "Describe it."})],
        [{"role": "system", "content": []}, message({"type": "image", "image": THEIRS, "max_pixels": 9})],
        message({"type": "image", "image": INSIDE}),
    ],
)
def test_entries_become_items(tmp_path: Path, png: Any, image: Any) -> None:
    data = write(tmp_path, [{"image": image, "prompt": PROMPT, "answer": "B"}], png)
    benchmark = open_benchmark("chartqa:caprl", data)
    (item,) = benchmark.items()
    assert (item.benchmark, item.question, item.golds) == ("chartqa:caprl", "Which bar?", ("B",))
    assert (item.options, item.stored_prompt) == (("1", "2"), PROMPT)
    assert item.images[0].data == png(1)
    assert benchmark.definition.scoring["caprl"] == "caprl_chart"
    assert benchmark.size() == 1


def test_a_path_elsewhere_is_refused(tmp_path: Path, png: Any) -> None:
    data = write(tmp_path, [{"image": "/etc/passwd", "prompt": PROMPT, "answer": "B"}], png)
    with pytest.raises(DataError, match="refused image path"):
        list(open_benchmark("chartqa:caprl", data).items())


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ([message({"type": "text", "text": "Describe it."})], "has no image"),
        ([{"role": "user", "content": "a text"}], "neither bytes nor a path"),
        ([message({"type": "image", "image": None})], "has no image"),
        (None, "has no image"),
        (7, "neither bytes nor a path"),
    ],
)
def test_an_entry_without_a_picture_is_refused(tmp_path: Path, png: Any, image: Any, message: str) -> None:
    data = write(tmp_path, [{"image": image, "prompt": PROMPT, "answer": "B"}], png)
    with pytest.raises(DataError, match=message):
        list(open_benchmark("chartqa:caprl", data).items())


@pytest.mark.parametrize("content", ["{", "{}", ["text"]])
def test_a_spoilt_file_is_reported(tmp_path: Path, png: Any, content: Any) -> None:
    assert verify(open_benchmark("chartqa:caprl", write(tmp_path, content, png))).failed == 1


def test_a_missing_file_says_what_to_download(tmp_path: Path, png: Any) -> None:
    data = write(tmp_path, [], png)
    with pytest.raises(DataError, match=r"lmm_eval_mmmu\.json; download the data set internlm/CapRL-Evaluation-Files"):
        list(open_benchmark("mmmu:caprl", data).items())


def test_a_prompt_loses_its_markers_only() -> None:
    assert plain_prompt(PROMPT) == "Which bar?\nA. 1\nB. 2"
    assert plain_prompt("Is the user\nan assistant here?") == "Is the user\nan assistant here?"


@pytest.mark.parametrize(
    ("text", "gold", "question", "options"),
    [
        ("Which?\nA. red\nB. blue", "B", "Which?", ["red", "blue"]),
        ("Which?\n(A) red\n(B) blue\n(C) none", "C", "Which?", ["red", "blue", "none"]),
        ("Which?\nOptions:\nA: 1\nB: 2\nSay the letter.", "A", "Which?\nSay the letter.", ["1", "2"]),
        ("Which?\nA) x=1\nB) x=2", "A", "Which?", ["x=1", "x=2"]),
    ],
)
def test_options_on_lines_of_their_own_are_options(text: str, gold: str, question: str, options: list[str]) -> None:
    assert with_options(text, gold) == (question, options)


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("Which?\nA. red\nB. blue", "C"),  # none of them
        ("Which?\nA. red\nB. blue", "red"),  # asked for in words
        ("Who wrote it?\nA. Smith wrote\nto B. Jones", "A"),  # names
        ("Which?\nA. red", "A"),  # one
        ("Which?\nA. red\nC. blue", "A"),  # a gap
        ("A. Smith and\nB. Jones?", "A"),  # nothing before them
        ("Given\nA. 1\nB. 2\nwhich?\nA. both\nB. none", "A"),  # two lists
        ("How tall is A. or B.?", "A"),
    ],
)
def test_whatever_is_in_doubt_stays_a_text(text: str, gold: str) -> None:
    assert with_options(text, gold) == (text, [])
