"""Policies as people write them."""

import tomllib

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.errors import UsageError
from prism_eval.gate import Policy, read_policy
from prism_eval.gate.policy import make_policy


def test_a_file_says_what_it_changes(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text(
        'error_rate = 1\n[suite]\nmargin = 2\n[benchmarks.chartqa]\ntier = "critical"\n[limits]\nempty = 0.5\n'
        '[inconclusive]\nrelease = "inconclusive"\n'
    )
    policy = read_policy(path)
    assert (policy.alpha, policy.suite.margin, policy.limits.empty) == (0.01, 2.0, 0.5)
    assert (policy.rule("chartqa").tier, policy.rule("chartqa").margin) == ("critical", 3.0)
    assert policy.rule("infovqa") == Policy().benchmark
    assert policy.inconclusive.release == "inconclusive"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("margin = 1", "unknown key in .*gate.toml 'margin'"),
        ("[suite]\nmargn = 1", "unknown key in .*gate.toml 'suite.margn'; did you mean 'suite.margin'"),
        ("[suite]\nmargin = -1", "suite.margin: .*greater than or equal to 0.01, got -1"),
        ("[suite]\nmargin = nan", "suite.margin: "),
        ("[suite]\nmargin = '1'", "suite.margin: .*valid number, got '1'"),
        ("[suite]\ntier = 'vital'", "suite.tier: .*'critical', 'supporting' or 'advisory', got 'vital'"),
        ("[benchmarks.chartqa]\nmargin = 0", "benchmarks.chartqa.margin"),
        ("[limits]\nfailed = 101", "limits.failed"),
        ("[limits]\nlength_growth = inf", "limits.length_growth"),
        ("error_rate = 0", "error_rate"),
        ("suite = 1", r"suite: is a table, \[suite\], got 1"),
        ("[suite\n", "is not TOML"),
        ("\x00", "is not TOML"),
        ("error_rate = " + "9" * 5000, "is not TOML"),
        ("a = " + "[" * 9000, "is not TOML"),
        ("error_rate = 1e-300", "error_rate"),
        ("[[suite]]\nmargin = 1", r"suite: is a table, \[suite\], got"),
        ("[benchmarks]\nchartqa = 1", r"benchmarks.chartqa: is a table, \[benchmarks.chartqa\], got 1"),
    ],
)
def test_what_no_policy_says_is_one_line(tmp_path, text, says):
    path = tmp_path / "gate.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=says) as caught:
        read_policy(path)
    assert "\n" not in str(caught.value)


def test_a_file_of_windows_editor_is_read(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_bytes(b"\xef\xbb\xbf[suite]\r\nmargin = 2\r\n")
    assert read_policy(path).suite.margin == 2


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match=r"cannot read the policy .*: No such file"):
        read_policy(tmp_path / "gate.toml")


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not TOML"):
        read_policy(path)


KEYS = st.sampled_from([*Policy.model_fields, "margin", "tier", "failed", "empty", "pull_request", "chartqa", "x"])
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), st.sampled_from(["critical", "fail"])
)
VALUES = st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=4) | st.lists(inner, max_size=2))


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_values_are_a_policy_or_one_line(values):
    try:
        policy = make_policy(values)
    except UsageError as error:
        said = str(error)
        assert "\n" not in said
    else:
        assert 0.01 <= policy.suite.margin < 100
        assert 0 < policy.alpha < 0.5
        assert make_policy(tomllib.loads(tomli_w.dumps(policy.model_dump(exclude_none=True)))).suite == policy.suite
