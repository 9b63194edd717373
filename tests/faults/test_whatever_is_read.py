"""Whatever stands in a plan, a manifest, a table or a reply: one line says what is wrong, nothing is written beside.

Each example is one mutation of something real. Memory is measured over all of them together, in a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prism_eval import evaluate
from prism_eval.engines.chat import completion_of
from prism_eval.engines.echo import log_likelihoods_of
from prism_eval.engines.marks import cut
from prism_eval.engines.models import Models
from prism_eval.engines.replies import error_of
from prism_eval.errors import CallError, PrismError
from prism_eval.files.toml import read_toml
from prism_eval.files.whole import write_whole
from prism_eval.leaderboard import build
from prism_eval.plan import make_plan, read_plan
from prism_eval.plugins import Spec
from prism_eval.report import write_html
from prism_eval.report.exports import TEXTS
from prism_eval.report.terminal import as_text
from prism_eval.run.audit import audit
from prism_eval.run.comparable import comparable
from prism_eval.run.reading import read_manifest
from prism_eval.run.verification import verify
from tests.faults.mutations import ODD, damage_file, damaged, mutate_table, mutated
from tests.memory import MEASURE
from tests.runfolder import edit

TABLES = ("captions", "answers", "verdicts")
PLAN = {
    "captioners": ["oracle", "blind?label=none", "merge(oracle, blind)"],
    "reasoner": ["lexical"],
    "benchmarks": ["chartqa", "mmstar"],
    "data": "synthetic",
    "protocol": "standard",
    "limit": 3,
    "orders": 2,
    "seed": 1,
    "concurrency": 4,
    "samples": 2,
}
REPLY = {
    "id": "1",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Answer: A", "reasoning_content": "Hm."},
            "finish_reason": "stop",
            "logprobs": {"tokens": ["One", " two"], "token_logprobs": [None, -1.5], "text_offset": [0, 3]},
            "text": "One two",
        }
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
    "data": [{"id": "model", "root": "weights", "max_model_len": 4096, "owned_by": "vllm"}],
    "error": {"message": "no", "code": 400, "type": "invalid_request_error"},
    "tokens": [1, 2],
    "count": 2,
}
READERS: dict[str, Callable[[bytes], object]] = {
    "completion": lambda body: completion_of(body, where="here", asked=64, context=4096),
    "models": lambda body: str(Models.read(body)),
    "error": error_of,
    "echo": lambda body: log_likelihoods_of(body, ["One two", "One three"], where="here"),
    "tokens": cut,
}
few = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
randoms = st.randoms(use_true_random=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_run(tmp_path_factory.mktemp("whatever"))


def a_run(home: Path) -> Path:
    """A small run of everything."""
    plan = {key: PLAN[key] for key in ("benchmarks", "limit", "orders")}
    evaluate(["oracle", "oracle?recall=.5&label=half", "blind"], **plan, out=home / "run", store=home / "store.sqlite")
    return home / "run"


def read_all(folder: Path, *, page: bool = False) -> None:
    """Read a run folder as every verb does that is given one of a stranger's."""
    with contextlib.suppress(PrismError):
        comparable(read_manifest(folder))
    with contextlib.suppress(PrismError):
        verify(folder)
    with contextlib.suppress(PrismError):
        audit(folder)
    with contextlib.suppress(PrismError):
        board = build(folder)
        as_text(board, 90)
        for text in TEXTS.values():
            text(board).encode("utf-8")
        if page:
            write_html(folder, board)


@contextlib.contextmanager
def only_in(folder: Path) -> Iterator[None]:
    """See that nothing beside a folder is made, changed or taken away, here or two folders up."""

    def seen() -> dict[str, int]:
        return {
            str(path): path.lstat().st_mtime_ns
            for above in (folder.parent, folder.parent.parent, Path.cwd())
            for path in above.iterdir()
            if path != folder and not folder.is_relative_to(path) and path.name != ".hypothesis"
        }

    before = seen()
    yield
    assert seen() == before


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Callable[[], Path]:
    """Makes a copy of the run, in place of the one before."""

    def made() -> Path:
        home = tmp_path / "given"
        shutil.rmtree(home, ignore_errors=True)
        return Path(shutil.copytree(run, home / "run"))

    return made


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(randoms, st.booleans())
def test_plans(tmp_path: Path, random: Random, as_bytes: bool) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(make_plan(PLAN).to_toml(), encoding="utf-8")
    if as_bytes:
        damage_file(path, random)
        with contextlib.suppress(PrismError):
            read_toml(path, "the plan")
            make_plan(read_plan(path), where=str(path))
        return
    with contextlib.suppress(PrismError):
        plan = make_plan(mutated(PLAN, random))
        # What is taken is written as it can be read again; half a surrogate pair is not.
        write_whole(path, plan.to_toml())
        assert make_plan(read_plan(path)).digest == plan.digest or "\\ud800" in ascii(plan.to_toml())


@pytest.mark.parametrize("odd", [one for one in ODD if isinstance(one, str)], ids=lambda text: ascii(text[:12]))
def test_specs(odd: str) -> None:
    for text in (odd, f"oracle?label={odd}", f"{odd}:model", f"merge({odd}, blind)"):
        with contextlib.suppress(PrismError):
            Spec.parse(text)


@few
@given(randoms)
def test_manifests(copy: Callable[[], Path], random: Random) -> None:
    folder = copy()
    path = folder / "manifest.json"
    path.write_text(json.dumps(mutated(json.loads(path.read_text("utf-8")), random)), encoding="utf-8")
    with only_in(folder):
        read_all(folder)


@few
@given(randoms, st.sampled_from(TABLES))
def test_tables(copy: Callable[[], Path], random: Random, name: str) -> None:
    folder = copy()
    mutate_table(folder / f"{name}.parquet", random)
    with only_in(folder):
        read_all(folder)


@few
@given(randoms, st.sampled_from([*(f"{name}.parquet" for name in TABLES), "manifest.json", "plan.toml"]))
def test_files_that_are_damaged(copy: Callable[[], Path], random: Random, name: str) -> None:
    folder = copy()
    damage_file(folder / name, random)
    with only_in(folder):
        read_all(folder)


CELLS = {
    "a position beyond all options": ("verdicts", "chosen_position", 2**31),
    "a gold beyond what a double holds": ("verdicts", "gold_position", -(2**63)),
    "no images": ("answers", "images", None),
    "no captioner": ("captions", "captioner", None),
}


@pytest.mark.parametrize("what", CELLS)
def test_cells_that_once_ended_in_a_traceback(copy: Callable[[], Path], what: str) -> None:
    folder, (name, column, value) = copy(), CELLS[what]
    path = folder / f"{name}.parquet"
    table = pq.read_table(path)
    place, kind = table.schema.get_field_index(column), table.schema.field(column)
    cells = pa.array([value, *table[column].to_pylist()[1:]], kind.type)
    edit(path, lambda old: old.set_column(place, kind, cells))
    read_all(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("protocol", {"caption": "text"}),
        ("captioners", [{"label": "a", "identity": {"a": 1e999}}]),
        ("captioners", [{"label": "oracle", "identity": {"plugin": ["x"]}}]),
        ("counts", {"made_elsewhere": [{}]}),
        ("counts", {"imported": [{"stage": "caption"}]}),
        ("plan", {"captioners": ["oracle", None]}),
        ("created", 20261128),
        ("packages", ["numpy"]),
        ("counts", {"entries": {"oracle": {"captions": 1, "counted": 1, "seconds": 10**400}}}),
    ],
)
def test_manifests_that_once_ended_in_a_traceback(copy: Callable[[], Path], key: str, value: object) -> None:
    folder = copy()
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {key: value}), encoding="utf-8")
    read_all(folder, page=True)


@pytest.mark.parametrize("name", TABLES)
def test_a_column_that_is_there_twice(copy: Callable[[], Path], name: str) -> None:
    folder = copy()
    edit(folder / f"{name}.parquet", lambda rows: rows.append_column(rows.schema.names[0], rows[0]))
    read_all(folder)
    with pytest.raises(PrismError):
        verify(folder)


@pytest.mark.parametrize("what", ["a folder", "a pipe"])
@pytest.mark.parametrize("name", TABLES)
def test_what_is_no_file_in_the_place_of_a_table(copy: Callable[[], Path], name: str, what: str) -> None:
    folder = copy()
    path = folder / f"{name}.parquet"
    path.unlink()
    path.mkdir() if what == "a folder" else os.mkfifo(path)
    read_all(folder)
    with pytest.raises(PrismError):
        verify(folder)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(randoms)
def test_pages(copy: Callable[[], Path], random: Random) -> None:
    folder = copy()
    path = folder / "manifest.json"
    path.write_text(json.dumps(mutated(json.loads(path.read_text("utf-8")), random)), encoding="utf-8")
    mutate_table(folder / "verdicts.parquet", random)
    with only_in(folder):
        read_all(folder, page=True)


@settings(max_examples=300)
@given(randoms, st.sampled_from(sorted(READERS)), st.booleans())
def test_replies(random: Random, reader: str, as_bytes: bool) -> None:
    body = json.dumps(REPLY).encode()
    body = damaged(body, random) if as_bytes else json.dumps(mutated(REPLY, random)).encode()
    with contextlib.suppress(CallError):
        READERS[reader](body)


def test_all_of_it_takes_little_memory(run: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", MEASURED, str(run), str(tmp_path)]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=120, check=False, cwd=root, env={**os.environ, "PYTHONPATH": "."}
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 500


MEASURED = f"""{MEASURE}
import sys
from tests.faults import test_whatever_is_read as whatever
whatever.read_all(Path(sys.argv[1]))
base = megabytes()
whatever.read_many(Path(sys.argv[1]), Path(sys.argv[2]))
print(megabytes() - base)
"""


def read_many(run: Path, home: Path) -> None:
    """Read some mutations of a run, one after the other; for the process in which memory is measured."""
    for seed in range(12):
        random, folder = Random(seed), home / "run"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(run, folder)
        mutate_table(folder / f"{TABLES[seed % 3]}.parquet", random)
        damage_file(folder / f"{TABLES[(seed + 1) % 3]}.parquet", random)
        read_all(folder)
