"""``examples/train_caption_grpo.py`` with a tiny captioner: ten steps against the reader, and what it earns rises."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines.road.pictures import COLOURS, FORMS, PLACES, all_scenes
from tests.engines.road.training import PROMPT, train

pytest.importorskip("trl", reason="TRL is not installed: tox -e trainers installs it")

pytestmark = pytest.mark.filterwarnings("default")
EXAMPLE = Path(__file__).parents[3] / "examples" / "train_caption_grpo.py"
# In words that `lexical` finds in "The picture shows a red circle in the top left corner."
ASKED = {
    "colour": ("What shows the picture in the corner?", COLOURS),
    "form": ("What shows the picture in the corner?", FORMS),
    "place": ("Which corner does the picture show?", PLACES),
}


def write_questions(folder: Path, pictures: int) -> Path:
    """Pictures, and what is asked about each."""
    rng, lines = random.Random(5), []
    for number in range(pictures):
        scene = rng.choice(list(all_scenes()))
        scene.drawn(rng).save(folder / f"{number}.png")
        questions = [
            {"question": text, "choices": list(values), "answer": "ABCD"[list(values).index(getattr(scene, feature))]}
            for feature, (text, values) in ASKED.items()
        ]
        lines.append(json.dumps({"image": f"{number}.png", "questions": questions}))
    (folder / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "questions.jsonl"


def test_ten_steps_against_the_reader_earn_more(tmp_path):
    # A third of the way to a captioner: half of what it says is right.
    model = train(tmp_path, saved={"weak": 100})["weak"]
    words = {"model": model, "data": write_questions(tmp_path, 4), "reasoner": "lexical", "out": tmp_path / "trained"}
    words |= {"prompt": PROMPT, "tokens": 24, "rate": 1e-3, "group": 16, "images": 4, "steps": 10}
    flags = [word for name, value in words.items() for word in (f"--{name}", str(value))]
    done = subprocess.run(
        [sys.executable, EXAMPLE, *flags],
        env={**os.environ, "PRISM_EVAL_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    first, last = (float(value) for value in re.findall(r"mean reward of the .*: (\d\.\d+)", done.stdout))
    # By .14 to .28 with six seeds; the rewards of two steps differ by some .03 without any training.
    assert last > first + 0.06
    assert (tmp_path / "trained" / "model.safetensors").exists()
