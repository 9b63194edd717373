"""A stranger's engine, installed as a package of one file, serves as captioner and as reasoner."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.builders import chart_folder

PARROT = '''
import asyncio
from dataclasses import dataclass

from prism_eval import Engine, Image, runtime
from prism_eval.errors import PermanentError
from prism_eval.schema import Completion


@dataclass(kw_only=True)
class Parrot(Engine):
    """Says how long the image is, or the last number it has read."""

    repeats: int = 1
    pause: float = runtime(0.0)

    async def generate(self, request):
        await asyncio.sleep(self.pause)
        images = [part for message in request.messages for part in message.parts if isinstance(part, Image)]
        texts = [part for message in request.messages for part in message.parts if isinstance(part, str)]
        if any(image.name.endswith("3.png") for image in images):
            raise PermanentError("parrots do not look at the third image")
        if images:
            return Completion(f"bytes: {len(images[0].data)} " * self.repeats)
        numbers = [word for word in " ".join(texts).split() if word.isdigit()]
        return Completion(f"Answer: {numbers[0]} from {self.model}")
'''


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder to put on the path, with the package as pip would leave it there."""
    home = tmp_path / "site"
    facts = home / "prism_eval_parrot-0.3.dist-info"
    facts.mkdir(parents=True)
    (home / "prism_eval_parrot.py").write_text(PARROT, encoding="utf-8")
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: prism-eval-parrot\nVersion: 0.3\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text(
        "[prism_eval.engines]\nparrot = prism_eval_parrot:Parrot\n", encoding="utf-8"
    )
    return home


def prism_eval(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "prism_eval", *words],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_captions_and_answers(site: Path, tmp_path: Path) -> None:
    data, out = chart_folder(tmp_path / "data"), tmp_path / "run"
    words = ["run", "-c", "parrot:grey?repeats=2&pause=0.01&concurrency=2", "-r", "parrot:green", "-b", "chartqa"]
    done = prism_eval(site, *words, "--data", str(data), "--out", str(out), "--store", str(tmp_path / "s.sqlite"), "-q")
    assert "Traceback" not in done.stderr
    captions = pq.read_table(out / "captions.parquet").to_pylist()
    size = (data / "chartqa" / "images" / "0.png").stat().st_size
    said = {Path(row["image_name"]).name: row["text"] or row["error"] for row in captions}
    assert said["0.png"] == f"bytes: {size} bytes: {size} "
    assert said["3.png"] == "parrots do not look at the third image"
    assert {row["captioner"] for row in captions} == {"parrot:grey?repeats=2"}, "what changes no caption is no name"
    answers = pq.read_table(out / "answers.parquet").to_pylist()
    assert f"Answer: {size} from green" in {row["text"] for row in answers}


def test_it_is_listed_and_its_options_are_checked(site: Path, tmp_path: Path) -> None:
    rows = [line.split() for line in prism_eval(site, "plugins").stdout.splitlines()]
    assert ["parrot", "engine", "prism-eval-parrot", "0.3", "installed"] in rows
    data = chart_folder(tmp_path / "data")
    done = prism_eval(site, "run", "-c", "parrot:grey?repeat=2", "-b", "chartqa", "--data", str(data))
    assert done.returncode == 2
    assert "did you mean 'repeats'" in done.stderr


def test_each_object_in_process_has_a_limit_of_its_own(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(site))
    from prism_eval_parrot import Parrot  # type: ignore[import-not-found]

    one, two = Parrot(model="m"), Parrot(model="m")
    assert one.lane != two.lane
    assert (one.lane, one.address) == (one.lane, "")
    assert one.identity == two.identity
    assert (one.root, one.concurrency) == (None, None)
