"""Rendering is decided by the seed alone, happens once, and is safe for several processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pyarrow.parquet as pq
import pytest

from prism_eval.errors import DataError, UnknownName
from prism_eval.twins import VERSION, ensure, generate


@pytest.mark.parametrize("name", ["visulogic", "mathvision", "mmmu_pro:standard4"])
def test_the_same_seed_gives_the_same_rows_and_another_seed_others(name: str) -> None:
    first, again, other = (list(generate(name, seed=seed)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_the_users_matplotlib_settings_change_nothing() -> None:
    plain = list(generate("mathverse"))
    with mpl.rc_context({"lines.linewidth": 9.0, "figure.facecolor": "black", "font.size": 22}):
        assert list(generate("mathverse")) == plain
        assert mpl.rcParams["lines.linewidth"] == 9.0


def test_what_is_written_is_what_is_generated() -> None:
    written = pq.read_table(ensure("mathverse") / "mathverse" / "data.parquet").to_pylist()
    made = list(generate("mathverse"))
    assert [row["question"] for row in written] == [row["question"] for row in made]
    assert [row["image"]["bytes"] for row in written] == [row["image"] for row in made]


def test_a_second_call_renders_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISM_EVAL_CACHE", str(tmp_path))
    path = ensure("visulogic") / "visulogic" / "data.parquet"
    before = path.stat()
    assert ensure("visulogic") / "visulogic" / "data.parquet" == path
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_the_path_tells_seeds_and_versions_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISM_EVAL_CACHE", str(tmp_path))
    one, two = ensure("visulogic", seed=1), ensure("visulogic", seed=2)
    assert one != two
    assert f"v{VERSION}" in one.parts
    assert {path.name for path in one.iterdir()} == {"visulogic"}


def test_two_processes_at_once_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISM_EVAL_CACHE", str(tmp_path))
    code = (
        "import sys; from prism_eval.twins import ensure; print(ensure('visulogic')); "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1]
    assert [path.name for path in Path(said[0]).iterdir()] == ["visulogic"]
    assert pq.read_table(Path(said[0], "visulogic", "data.parquet")).num_rows == 24


def test_a_rendering_that_was_cut_off_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISM_EVAL_CACHE", str(tmp_path))
    left = tmp_path / "twins" / f"v{VERSION}" / "seed-0" / ".rendering-dead" / "visulogic"
    left.mkdir(parents=True)
    (left / "data.parquet").write_bytes(b"PAR1")
    assert pq.read_table(ensure("visulogic") / "visulogic" / "data.parquet").num_rows == 24


def test_a_cache_that_cannot_be_written_says_so_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("PRISM_EVAL_CACHE", str(blocked))
    with pytest.raises(DataError, match="PRISM_EVAL_CACHE") as caught:
        ensure("visulogic")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["chartqaa", "mmmu_pro:visoin"])
def test_an_unknown_name_says_what_was_meant(name: str) -> None:
    with pytest.raises(UnknownName, match="did you mean"):
        generate(name)
