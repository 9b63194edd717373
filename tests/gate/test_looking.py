"""A candidate that is run until its gate is decided."""

import json

import pytest

from prism_eval import evaluate
from prism_eval.errors import UsageError
from prism_eval.gate import Policy, compare, read_side
from prism_eval.gate.baseline import save
from prism_eval.gate.looking import decided_by, plan_of_candidate
from prism_eval.gate.policy import make_policy
from prism_eval.leaderboard import build
from prism_eval.report.terminal import as_text
from prism_eval.run.execute import run_plan
from prism_eval.run.reading import read_manifest
from prism_eval.run.replay import reopen
from tests.builders import chart_folder
from tests.shell import shell


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Charts, a captions file that knows all of them, one that knows a third, and the first one's run as a baseline."""
    home = tmp_path_factory.mktemp("charts")
    data = chart_folder(home, images=100)
    for name, known in (("good", 100), ("bad", 30)):
        rows = [
            {"image": f"{number}.png", "caption": chart_caption(number) if number < known else "A chart."}
            for number in range(100)
        ]
        (home / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        named = f'captioners = ["file:{home}/{name}.jsonl"]\nbenchmarks = ["chartqa"]\n'
        plan = f'{named}data = "{data}"\nthumbnails = false\n'
        (home / f"{name}.toml").write_text(plan)
    good = {"benchmarks": "chartqa", "data": data, "out": home / "main", "store": home / "store", "thumbnails": False}
    evaluate(f"file:{home}/good.jsonl", **good)
    assert compare(read_side(home / "main"), read_side(home / "main")).scores[0] > 0.9
    save(read_side(home / "main"), home / "baseline.parquet")
    return home


def chart_caption(number):
    bars = (f"The value of bar {bar} in chart {number} is {10 * number + bar}." for bar in (0, 1))
    return " ".join(bars)


def gate(home, out, plan, *words, baseline="baseline.parquet"):
    return shell(
        "gate", "--baseline", home / baseline, "--candidate", out, "--until-decided", home / plan,
        "--store", home / "store", *words,
    )  # fmt: skip


def test_a_candidate_that_lost_much_ends_early_and_fails(home, tmp_path):
    done = gate(home, tmp_path / "run", "bad.toml")
    assert (done.returncode, done.stdout.split(":")[0]) == (1, "FAIL"), done.stderr
    looks = read_manifest(tmp_path / "run")["looks"]
    assert (looks["taken"], looks["planned"], looks["images"], looks["of_images"]) == (1, 5, 20, 100)
    assert looks["gate"]["baseline"] == f"file:{home}/good.jsonl"
    assert "The run ended at look 1 of 5" in done.stdout
    # Held up again, it is the same decision: what its looks cost is in its folder.
    again = shell("gate", "--baseline", home / "baseline.parquet", "--candidate", tmp_path / "run")
    assert (again.returncode, again.stdout) == (1, done.stdout)
    # And its own board says how it ended.
    assert "the gate's baseline" in as_text(build(tmp_path / "run")) + " ".join(build(tmp_path / "run").warnings)


def test_a_candidate_that_is_the_baseline_asks_all_and_is_never_failed(home, tmp_path):
    done = gate(home, tmp_path / "run", "good.toml", baseline="main")
    assert done.returncode in (0, 3)
    assert read_manifest(tmp_path / "run")["looks"]["taken"] <= 5


def test_the_same_command_goes_on_and_decides_alike(home, tmp_path):
    first = gate(home, tmp_path / "run", "bad.toml")
    tables = {path.name: path.read_bytes() for path in (tmp_path / "run").glob("*.parquet")}
    again = gate(home, tmp_path / "run", "bad.toml")
    assert (first.returncode, first.stdout) == (again.returncode, again.stdout)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").glob("*.parquet")} == tables


def test_scoring_again_asks_what_was_asked(home, tmp_path):
    gate(home, tmp_path / "run", "bad.toml")
    before = read_manifest(tmp_path / "run")
    plan = reopen(tmp_path / "run", ["caption", "answer"], edition="strict")
    run_plan(plan, out=tmp_path / "run", store=home / "store", stages=["score"], live=frozenset({"score"}))
    after = read_manifest(tmp_path / "run")
    assert (after["looks"]["taken"], after["benchmarks"][0]["items"]) == (1, before["benchmarks"][0]["items"])


def test_run_does_not_take_the_plan_of_a_gate(home, tmp_path):
    gate(home, tmp_path / "run", "bad.toml")
    done = shell(
        "run", "--plan", tmp_path / "run" / "plan.toml", "--out", tmp_path / "again", "--store", home / "store"
    )
    assert (done.returncode, "--baseline LABEL" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('captioners = ["blind", "ocr"]', "names 2 captioners"),
        ('captioners = ["blind"]\nbaseline = "ocr"', "baseline is for entries of one run"),
        ('captioners = ["blind"]\nmargin = 2.0', "margin is for entries of one run"),
        ('captioners = ["blind"]\nshard = "1/2"', "a shard knows its own part only"),
        ('captioners = ["blind"]\nlimit = 5\nfirst = true', "drop one of them"),
        ('captioners = ["blind"]\nbenchmarks = ["infovqa"]', "does not ask chartqa, which"),
        ('captioners = ["blind"]\nbenchmarks = ["chartqa"]\nedition = "caprl"', "cannot be compared: protocol.edition"),
    ],
)
def test_a_plan_that_no_gate_could_decide_on_is_refused_before_the_first_call(home, tmp_path, line, says):
    (tmp_path / "plan.toml").write_text(line)
    done = gate(home, tmp_path / "run", tmp_path / "plan.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "verdicts.parquet").exists()


def test_a_policy_without_a_test_decides_at_no_look(home):
    policy = make_policy({"suite": {"tier": "advisory"}, "benchmark": {"tier": "advisory"}})
    with pytest.raises(UsageError, match="no critical rule on scores"):
        decided_by(read_side(home / "main"), policy)
    assert plan_of_candidate(home / "good.toml").until_decided
    assert decided_by(read_side(home / "main"), Policy())
