"""A run's process has no pandas in it, and whoever wants a frame in it gets one."""

import subprocess
import sys

ASKED = """
import sys
from prism_eval.cli.arrow import slim_arrow
slim_arrow()
import pyarrow as pa
table = pa.Table.from_pylist([{"text": "a", "list": ["b"]}])
assert "pandas" not in sys.modules
assert table.to_pandas()["text"].tolist() == ["a"]
import pandas
assert pa.array(pandas.Series([1.0, float("nan")]), from_pandas=True).null_count == 1
slim_arrow()
assert pa.array(pandas.Series([1.0, float("nan")]), from_pandas=True).null_count == 1
"""
RUN = """
import sys
from prism_eval.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
assert "pandas" not in sys.modules
"""


def python(code, *words, cwd=None):
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done


def test_arrow_goes_without_pandas_until_somebody_wants_a_frame():
    python(ASKED)


def test_a_whole_run_imports_none_nor_does_who_reads_it(tmp_path):
    store = ("--store", tmp_path / "store.sqlite")
    words = ("--data", "synthetic", "--limit", "4", "--out", "run")
    python(RUN, "run", "-c", "oracle", "-b", "chartqa", *words, *store, cwd=tmp_path)
    for verb in (("report",), ("verify",), ("compare", "run")):
        python(RUN, *verb, "run", cwd=tmp_path)
