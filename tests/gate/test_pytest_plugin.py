"""The gate as teams have it that live in pytest."""

import json
import subprocess
import sys

import pytest

from prism_eval import evaluate
from prism_eval.gate.baseline import save
from prism_eval.gate.side import side_of_run

pytest_plugins = ["pytester"]

TESTS = """
import pytest

@pytest.mark.prism_gate
def test_good(prism_run, assert_no_regression):
    run = prism_run("oracle", benchmarks="chartqa", data="synthetic", store={store!r})
    assert run == prism_run("oracle", benchmarks="chartqa", data="synthetic", store={store!r})
    assert assert_no_regression(run).outcome in ("PASS", "INCONCLUSIVE")

@pytest.mark.prism_gate
def test_bad(prism_run, assert_no_regression):
    assert_no_regression(prism_run("budget(oracle)?words=4", benchmarks="chartqa", data="synthetic", store={store!r}))

def test_other():
    pass

def test_unmarked(assert_no_regression):
    assert_no_regression("nowhere")
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    evaluate("oracle", benchmarks="chartqa", data="synthetic", out=home / "run", store=home / "store.sqlite")
    save(side_of_run(home / "run"), home / "b.parquet")
    (home / "gate.toml").write_text('[inconclusive]\npull_request = "pass"\n')
    return home


@pytest.fixture
def tests(pytester, home):
    pytester.makeini(
        "[pytest]\naddopts = -p no:cacheprovider --strict-markers\nasyncio_default_fixture_loop_scope = function"
    )
    pytester.makepyfile(TESTS.format(store=str(home / "store.sqlite")))
    return pytester


def test_nothing_is_asked_unless_somebody_asks_for_it(tests):
    done = tests.runpytest_subprocess("-rs")
    done.assert_outcomes(passed=1, skipped=3)
    done.stdout.fnmatch_lines(["*no baseline: pytest --prism-baseline FILE*"])


@pytest.mark.parametrize("xdist", [(), ("-n", "2")])
def test_a_regression_fails_with_the_gates_words(tests, home, xdist):
    done = tests.runpytest_subprocess(
        "--prism-baseline", str(home / "b.parquet"), "--prism-policy", str(home / "gate.toml"), *xdist
    )
    done.assert_outcomes(passed=2, failed=2)
    done.stdout.fnmatch_lines(["*FAIL: ChartQA: -*a loss of more than 3.0*"])
    done.stdout.fnmatch_lines(["*nowhere is no run folder*"])


def test_the_marker_is_named(tests):
    tests.runpytest_subprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.prism_gate: *"])


def test_it_loads_nothing_but_pytest():
    code = (
        "import json, sys, pytest; before = set(sys.modules); import prism_eval.gate.pytest_plugin; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert json.loads(loaded) == [
        "prism_eval",
        "prism_eval._version",
        "prism_eval.gate",
        "prism_eval.gate.pytest_plugin",
    ]
