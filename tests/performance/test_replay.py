"""How long it takes to score a run's stored answers again. Run with ``-m performance -s``."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pytest

from prism_eval import evaluate
from prism_eval.run.rescoring import rescore
from tests.runfolder import edit

pytestmark = pytest.mark.performance
_ANSWERS = 100_000
_WITHOUT_MATHEMATICS = ["chartqa", "chartqapro", "infovqa", "mmmu", "mmstar", "seedbench2plus", "visulogic", "wemath"]


def test_answers_without_mathematics(tmp_path: Path) -> None:
    run = tmp_path / "run"
    evaluate("oracle", benchmarks=_WITHOUT_MATHEMATICS, data="synthetic", out=run, store=tmp_path / "store.sqlite")
    for name in ("answers", "verdicts"):
        edit(run / f"{name}.parquet", _repeated, row_group_size=2000)
    began, used = time.perf_counter(), time.process_time()
    found = rescore(run)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    print(f"\n{found.answers:,} answers scored again in {seconds:.1f} s, {cpu:.1f} s of processor time")
    assert found.changed == ()
    assert cpu <= 15


def _repeated(table: pa.Table) -> pa.Table:
    """A table's rows as often as it takes."""
    return pa.concat_tables([table] * -(-_ANSWERS // table.num_rows)).slice(0, _ANSWERS)
