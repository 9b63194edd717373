"""The verbs, as their user calls them: in a process of their own."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from prism_eval.cli.options import HEADINGS
from prism_eval.run.reading import Table
from tests.builders import chart_folder


@pytest.fixture
def data(tmp_path):
    return chart_folder(tmp_path / "data")


@pytest.fixture
def prism_eval(tmp_path):
    def call(*words, **environment):
        return subprocess.run(
            [sys.executable, "-m", "prism_eval", *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "PRISM_EVAL_CACHE": str(tmp_path / "cache"), "COLUMNS": "100", **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return call


def one_line(done, code):
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


def test_run_prints_a_leaderboard_and_says_where_the_page_is(prism_eval, data):
    done = prism_eval("run", "-c", "blind", "-c", "budget(blind)?words=0&label=again", "-b", "chartqa", "--data", data)
    assert done.returncode == 0, done.stderr
    assert "again" in done.stdout
    assert "leaderboard.html" in done.stdout


def test_the_same_plan_file_gives_the_same_folder_and_makes_no_calls(prism_eval, data, tmp_path):
    first = prism_eval("run", "-c", "blind", "-b", "chartqa", "--data", data, "-q")
    (folder,) = (tmp_path / "runs").iterdir()
    second = prism_eval("run", "--plan", folder / "plan.toml", "-q")
    assert first.returncode == second.returncode == 0
    assert list((tmp_path / "runs").iterdir()) == [folder]
    assert "Answers: 0 made, 8 taken from the store" in second.stdout


def test_several_reasoners_are_named_with_one_flag_each(prism_eval, data, tmp_path):
    run = ("run", "-c", "blind", "-b", "chartqa", "--data", data, "--out", "both", "-q")
    both = prism_eval(*run, "-r", "lexical", "-r", "lexical?min_evidence=0.9&label=strict")
    assert both.returncode == 0, both.stderr
    assert "Answers: 16 made" in both.stdout
    answered = prism_eval("answer", "both", "-r", "lexical?min_evidence=0.2&label=loose", "-r", "lexical", "-q")
    assert "Answers: 8 made, 8 taken from the store" in answered.stdout
    assert prism_eval("score", "both", "-q").returncode == 0
    assert {row["reasoner"] for row in Table(tmp_path / "both", "verdicts").rows(["reasoner"])} == {"lexical", "loose"}
    shown = prism_eval("report", "both", "--format", "json", "-r", "lexical")
    assert json.loads(shown.stdout)["reasoner"]["label"] == "lexical"
    assert "unknown reasoner of the run 'lexcal'; did you mean 'lexical'" in one_line(
        prism_eval("report", "both", "-r", "lexcal"), 2
    )
    (tmp_path / "plan.toml").write_text('captioners = ["blind"]\nreasoner = ["lexical"]\n', encoding="utf-8")
    again = prism_eval("plan", "--plan", "plan.toml", "-b", "chartqa", "--data", data, "-r", "lexical", "-r", "blind")
    assert "unknown reasoner 'blind'" in one_line(again, 2)


def test_flags_override_the_plan_file(prism_eval, data, tmp_path):
    (tmp_path / "plan.toml").write_text('captioners = ["ocr"]\nbenchmarks = ["chartqa"]\nlimit = 5\n', encoding="utf-8")
    done = prism_eval("run", "--plan", "plan.toml", "-c", "blind", "--limit", "2", "--data", data, "--out", "run")
    assert done.returncode == 0, done.stderr
    assert len(list(Table(tmp_path / "run", "verdicts").rows(["item"]))) == 2


def test_the_stages_one_at_a_time_give_what_run_gives(prism_eval, data, tmp_path):
    whole = prism_eval("run", "-c", "blind", "-b", "chartqa", "--data", data, "--out", "whole", "--store", "a.sqlite")
    captioned = prism_eval(
        "caption", "-c", "blind", "-b", "chartqa", "--data", data, "--out", "staged", "--store", "b.sqlite"
    )
    assert "staged" in captioned.stdout
    assert not (tmp_path / "staged" / "answers.parquet").exists()
    # Another store: the tables of the run folder are all that the next stage needs.
    assert prism_eval("answer", "staged", "--store", "c.sqlite").returncode == 0
    scored = prism_eval("score", "staged", "--store", "d.sqlite")
    assert scored.returncode == whole.returncode == 0, scored.stderr
    for table in ("captions", "answers", "verdicts"):
        names = [tmp_path / folder / f"{table}.parquet" for folder in ("whole", "staged")]
        assert names[0].read_bytes() == names[1].read_bytes()


def test_scoring_again_under_another_edition_calls_no_model(prism_eval, data, tmp_path):
    assert prism_eval("run", "-c", "blind", "-b", "chartqa", "--data", data, "--out", "run").returncode == 0
    done = prism_eval("score", "run", "--edition", "strict")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["protocol"]["edition"] == "strict"


def test_answering_before_captioning_says_what_is_missing(prism_eval, data):
    assert prism_eval("caption", "-c", "blind", "-b", "chartqa", "--data", data, "--out", "run").returncode == 0
    assert "answers.parquet" in one_line(prism_eval("score", "run"), 2)
    assert "no run folder" in one_line(prism_eval("answer", "nowhere"), 2)


def test_report_writes_the_page_again(prism_eval, data, tmp_path):
    prism_eval("run", "-c", "blind", "-b", "chartqa", "--data", data, "--out", "run")
    (tmp_path / "run" / "leaderboard.html").unlink()
    done = prism_eval("report", "run")
    assert done.returncode == 0
    assert (tmp_path / "run" / "leaderboard.html").exists()


def test_plan_counts_what_is_stored_and_what_is_not(prism_eval, data):
    words = ["-c", "blind", "-c", "budget(blind)?words=5", "-b", "chartqa", "--data", data]
    before = prism_eval("plan", *words)
    assert "chartqa" in before.stdout
    assert prism_eval("run", *words).returncode == 0
    assert "0 calls to make" in prism_eval("plan", *words).stdout
    assert "0 calls to make" not in before.stdout


def test_benchmarks_are_listed_shown_verified_and_started(prism_eval, data, tmp_path):
    listed = prism_eval("benchmarks")
    assert all(name in listed.stdout for name in ("chartqa", "visulogic"))
    shown = prism_eval("benchmarks", "chartqa", "--data", data)
    assert "GPL-3.0" in shown.stdout
    assert "What is the value of bar 0 in chart 0?" in shown.stdout
    assert prism_eval("benchmarks", "verify", "chartqa").returncode == 0
    part = prism_eval("benchmarks", "verify", "--data", data)
    assert (part.returncode, "2,500 rows are published; found here: " in part.stdout) == (1, True)
    (data / "chartqa" / "images" / "1.png").write_bytes(b"\x89PNG cut")
    verified = prism_eval("benchmarks", "verify", "chartqa", "--data", data)
    assert (verified.returncode, "does not open" in verified.stdout) == (1, True)
    assert prism_eval("benchmarks", "new", "receipts", "--out", "receipts.toml").returncode == 0
    assert "cannot write" in one_line(prism_eval("benchmarks", "new", "receipts", "--out", "receipts.toml"), 2)


def test_plugins_and_doctor_and_store_say_how_things_are(prism_eval, data):
    plugins = prism_eval("plugins")
    assert [word in plugins.stdout for word in ("captioner", "reasoner", "engine", "benchmark", "scorer")] == [True] * 5
    assert prism_eval("doctor", "blind", "--data", data).returncode == 0
    bad = prism_eval("doctor", "openai:model?base_url=http://127.0.0.1:9/v1")
    assert (bad.returncode, "BAD" in bad.stdout) == (1, True)
    prism_eval("run", "-c", "blind", "-b", "chartqa", "--data", data)
    assert "lexical" in prism_eval("store", "stats").stdout
    assert "sound" in prism_eval("store", "verify").stdout
    assert "8 entries deleted" in prism_eval("store", "prune", "--source", "lexical", "--older-than", "0").stdout
    assert "nothing to prune" in one_line(prism_eval("store", "prune"), 2)


def test_doctor_reaches_a_server_and_names_what_it_serves(prism_eval, serve):
    server = serve(root="/data/qwen")
    fine = prism_eval("doctor", f"merge(openai:model?base_url={server.url}, blind)", COLUMNS="400")
    assert fine.returncode == 0
    assert all(words in told(fine) for words in (server.url, "serves model", "root /data/qwen", "takes images"))
    wrong = prism_eval("doctor", f"openai:other?base_url={server.url}")
    assert wrong.returncode == 1
    assert "model" in wrong.stdout


@pytest.mark.parametrize(
    ("behaviour", "options", "code", "says"),
    [
        ({"blind": True}, "", 0, "takes no images, so it can answer"),
        ({"fields": ("temperature", "top_p", "max_tokens", "seed")}, "", 0, "does not take repetition_penalty, top_k"),
        ({}, "&by=rank", 0, "gives log-probabilities"),
        ({"echo": "none"}, "&by=rank", 1, "log-probabilities at all: rank with another server"),
        ({"fail": 1.0, "modes": ("400",), "refusal": "Unsupported: temperature"}, "", 1, "add temperature=none"),
        ({}, "&temprature=0", 2, "unknown option of captioner 'openai' 'temprature'; did you mean 'temperature'"),
        ({}, "&temperature=hot", 2, "temperature='hot' will not do"),
        ({}, "&prior=true&by=rank", 0, "gives log-probabilities"),
        ({}, "&extra_body={'a': True}", 2, "is not JSON"),
    ],
)
def test_doctor_says_what_a_server_would_make_of_the_options(behaviour, options, code, says, prism_eval, serve):
    result = prism_eval("doctor", f"openai:model?base_url={serve(**behaviour).url}{options}", COLUMNS="400")
    assert says in told(result)
    assert result.returncode == code


def test_doctor_refuses_a_text_model_where_it_can_only_be_a_captioner(prism_eval, serve):
    result = prism_eval("doctor", f"budget(openai:model?base_url={serve(blind=True).url})?words=5", COLUMNS="400")
    assert "the model 'model' takes no images" in told(result)
    assert result.returncode == 1


def told(result):
    """What was printed, however a narrow terminal wrapped it."""
    return " ".join(result.stdout.split())


def test_a_run_says_where_images_go_before_it_starts(prism_eval, serve, data, monkeypatch, tmp_path):
    eyes, reader = serve(), serve()
    words = ("-c", f"budget(openai:model?base_url={eyes.url})?words=5", "-c", "blind", "-b", "chartqa", "--data", data)
    run = prism_eval("run", *words, "-r", f"openai:model?base_url={reader.url}", "--out", "one")
    assert run.stderr.splitlines()[0] == f"Images go to {eyes.url}; captions and questions go to {reader.url}"
    assert "go to" not in prism_eval("score", "one").stderr
    assert "go to" not in prism_eval("run", "-c", "blind", "-b", "chartqa", "--data", data).stderr
    monkeypatch.setenv("OPENAI_BASE_URL", eyes.url)
    run = prism_eval("caption", "-c", "openai:model", "-b", "chartqa", "--data", data, "--out", "two")
    assert run.stderr.splitlines()[0] == f"Images go to {eyes.url}"
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert prism_eval("answer", "two").returncode == 0, "its plan holds the address"
    missing = one_line(prism_eval("run", "-c", "openai:model", "-b", "chartqa", "--data", data), 2)
    assert "write base_url=http://HOST:PORT/v1 or set OPENAI_BASE_URL" in missing


def test_a_text_model_as_captioner_ends_the_run_at_its_first_image(prism_eval, serve, data):
    server = serve(blind=True)
    words = ("run", "-c", f"openai:model?base_url={server.url}", "-b", "chartqa", "--data", data, "-q")
    said = one_line(prism_eval(*words, "--concurrency", "1"), 1)
    assert "the model 'model' takes no images: model is not a multimodal model" in said


def test_what_a_server_does_not_take_is_said_with_the_scores_and_kept(prism_eval, serve, data, tmp_path):
    server = serve(fields=("temperature", "top_p", "max_tokens", "seed", "min_p"))
    words = ("run", "-c", f"merge(openai:model?base_url={server.url}, blind)", "-b", "chartqa", "--data", data)
    remark = f"{server.url} does not take repetition_penalty, top_k: defaults of model may be at work."
    for _ in range(2):  # the second time everything is in the store
        assert "to read with the scores: prism-eval report one --notes" in told(prism_eval(*words, "--out", "one"))
    assert remark in told(prism_eval("report", "one", "--notes"))
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    assert manifest["captioners"][0]["remarks"] == [remark]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run"], "no captioner is named"),
        (["run", "-c", "blnd"], "did you mean 'blind'"),
        (["run", "-c", "blind", "-b", "chartka"], "did you mean 'chartqa'"),
        (["run", "-c", "blind", "--captionr", "x"], "--captioner"),
        (["run", "-c", "blind", "--limit", "-1"], "limit"),
        (["run", "-c", "blind", "--data", "nowhere"], "no data folder"),
        (["run", "-c", "blind", "--plan", "none.toml"], "cannot read the plan"),
        (["run", "-c", "file:none.jsonl", "-b", "chartqa"], "none.jsonl"),
        (["run", "-c", "blind", "--protocol", "standrad"], "did you mean 'standard'"),
        (["run", "-c", "blind", "-r", "lexicle"], "did you mean 'lexical'"),
        (["rn"], "rn"),
    ],
)
def test_wrong_words_are_one_clear_line_and_exit_2(prism_eval, words, says):
    assert says in one_line(prism_eval(*words), 2)


def test_a_row_without_a_mapped_column_names_file_row_and_column(prism_eval, data):
    rows = (data / "chartqa" / "data.jsonl").read_text().splitlines()
    rows[2] = json.dumps({key: value for key, value in json.loads(rows[2]).items() if key != "label"})
    (data / "chartqa" / "data.jsonl").write_text("\n".join(rows))
    line = one_line(prism_eval("run", "-c", "blind", "-b", "chartqa", "--data", data, "-q"), 1)
    assert all(part in line for part in ("1 of 8 rows unusable", "1 x column missing", "data.jsonl line 3", "label"))


def test_a_truncated_image_and_a_bomb_are_failed_rows(prism_eval, data, tmp_path):
    from PIL import Image

    images = data / "chartqa" / "images"
    (images / "1.png").write_bytes((images / "1.png").read_bytes()[:50])
    Image.new("1", (20_000, 20_000)).save(images / "2.png")
    done = prism_eval("run", "-c", "blind", "-b", "chartqa", "--data", data, "--out", "run", "-q")
    assert done.returncode == 1
    rows = Table(tmp_path / "run", "verdicts").rows(["outcome", "note"])
    notes = {row["note"] for row in rows if row["outcome"] == "failed"}
    assert len(notes) == 4
    assert any("1.png" in note for note in notes)
    assert any("2.png" in note for note in notes)
    assert "chartqa: 4 of 8 rows unusable and in no score: 4 x image does not open (first: " in done.stderr


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        ({"key": "sesame"}, "OPENAI_API_KEY"),
        ({"models": ("other",)}, "other"),
    ],
)
def test_a_server_that_refuses_stops_the_run_in_one_line(prism_eval, data, serve, behaviour, says):
    server = serve(**behaviour)
    spec = f"openai:model?base_url={server.url}"
    line = one_line(prism_eval("run", "-c", spec, "-b", "chartqa", "--data", data, "-q", OPENAI_API_KEY="wrong"), 1)
    assert says in line


@pytest.mark.parametrize("words", [["-c"], ["-c", "blind", "-r"]], ids=["captioner", "reasoner"])
def test_a_server_that_is_down_stops_the_run_in_one_line(prism_eval, data, words):
    words = ["run", *words, "openai:model?base_url=http://127.0.0.1:9/v1"]
    line = one_line(prism_eval(*words, "-b", "chartqa", "--data", data, "-q", "--patience", "1"), 1)
    assert "127.0.0.1:9" in line
    assert "connection refused" in line
    assert "--patience" in line
    assert "finished work is in the store" in line


def test_what_is_waited_for_is_said_at_once(prism_eval, data):
    spec = "openai:model?base_url=http://127.0.0.1:9/v1"
    done = prism_eval("run", "-c", spec, "-b", "chartqa", "--data", data, "--patience", "3")
    _, first, *_, last = done.stderr.strip().splitlines()
    assert "waiting for http://127.0.0.1:9/v1: cannot connect (connection refused) (1 s)" in first
    assert "given up after 3 s" in last


def test_an_unwritable_store_and_folder_are_one_line(prism_eval, data, tmp_path):
    (tmp_path / "file").write_text("")
    words = ["run", "-c", "blind", "-b", "chartqa", "--data", data, "-q"]
    assert "store" in one_line(prism_eval(*words, "--store", "file/store.sqlite"), 1)
    # Below a file there is no folder to be had, whatever the disk: the command is wrong.
    assert "run folder" in one_line(prism_eval(*words, "--out", "file/run"), 2)


def test_every_verb_has_examples_and_run_has_few_flags(prism_eval):
    verbs = ["run", "caption", "answer", "score", "report", "plan", "benchmarks", "plugins", "store", "doctor"]
    for verb in verbs:
        assert "Example" in prism_eval(verb, "--help").stdout, verb
    flags = [line for line in prism_eval("run", "--help").stdout.splitlines() if line.strip().startswith("-")]
    # More than anybody reads in one go: each has been asked for on the command line, and they stand under headings.
    assert len([flag for flag in flags if "--help" not in flag]) <= 27


def test_many_flags_stand_under_headings_and_a_new_user_meets_five_first(prism_eval):
    helps = {verb: prism_eval(verb, "--help").stdout for verb in ("run", "caption", "plan", "score")}
    found = {verb: [line[:-1] for line in text.splitlines() if line[:-1] in HEADINGS] for verb, text in helps.items()}
    measured, asked, enough, calls, files = HEADINGS
    assert found["run"] == [measured, asked, enough, calls, files]
    # A heading of which a verb takes nothing is not there.
    assert found["caption"] == [measured, asked, calls, files]
    assert found["plan"] == [measured, asked, enough, calls, files]
    assert not found["score"]
    assert "\nOptions:\n" in helps["score"]
    first = helps["run"].partition(f"{measured}:")[2].partition(f"{asked}:")[0]
    flags = [line.split()[0] for line in first.splitlines() if line.startswith("  -")]
    assert flags == ["-c,", "-r,", "-b,", "--data", "--limit"]


def test_what_is_taken_from_the_store_is_counted_in_captions(prism_eval):
    words = ["run", "-b", "chartqa", "--limit", "3", "-q", "-c"]
    assert "Captions: 1 made, 0 taken from the store" in prism_eval(*words, "oracle").stdout
    # The oracle's caption is looked up, for each of three questions, and is no caption of this run.
    assert "Captions: 1 made, 0 taken from the store" in prism_eval(*words, "budget(oracle)?words=5").stdout
    assert "Captions: 0 made, 1 taken from the store" in prism_eval(*words, "budget(oracle)?words=5").stdout
    both = prism_eval(*words, "budget(oracle)?words=6", "-c", "oracle").stdout
    assert "Captions: 1 made, 1 taken from the store" in both


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("500", "Give the same command again to retry what a server let down."),
        ("400", "The same command would end the same"),
    ],
)
def test_give_the_command_again_is_said_where_it_helps(prism_eval, data, serve, tmp_path, mode, says):
    server = serve(fail=1.0, modes=(mode,), only="chart 2")
    plan = {"captioners": ["blind"], "benchmarks": ["chartqa"], "data": str(data), "attempts": 1}
    plan["reasoner"] = f"openai:model?base_url={server.url}"
    lines = [f"{key} = {json.dumps(value)}" for key, value in plan.items()]
    (tmp_path / "plan.toml").write_text("\n".join(lines), encoding="utf-8")
    done = prism_eval("run", "--plan", "plan.toml", "-q")
    assert (done.returncode, f"2 items failed and are in no score. {says}" in done.stderr) == (1, True), done.stderr


def test_download_tells_a_misspelt_name_and_a_missing_extra_before_anything_is_fetched(prism_eval, tmp_path):
    assert "did you mean 'chartqa'" in one_line(prism_eval("benchmarks", "download", "mmmu", "chartka", "data"), 2)
    if importlib.util.find_spec("huggingface_hub") is None:
        said = one_line(prism_eval("benchmarks", "download", "mmmu", "data"), 2)
        assert "pip install 'prism-eval[hub]'" in said
    assert not (tmp_path / "data").exists()


def test_report_puts_several_runs_in_one_table(prism_eval, data, tmp_path):
    words = ("-b", "chartqa", "--data", data, "-q")
    prism_eval("run", "-c", "blind", "-c", "budget(blind)?words=0&label=one-3B", "--out", "one", *words)
    prism_eval("run", "-c", "blind", "-c", "budget(blind)?words=1&label=two-7B", "--out", "two", *words)
    (tmp_path / "one" / "leaderboard.html").unlink()
    done = prism_eval("report", "one", "two", "--published", "caprl", "--output", "page")
    assert done.returncode == 0, done.stderr
    # Both say nothing: there is no difference to see, and eight questions show none to be small.
    assert done.stdout.startswith("Against two-7B, of one-3B we cannot tell: these data could show ±")
    assert "As published, in no rank: CapRL" in done.stdout
    assert (tmp_path / "page" / "leaderboard.html").exists()
    assert not (tmp_path / "one" / "leaderboard.html").exists()
    assert prism_eval("report", "one", "two").stdout.endswith("Leaderboard: leaderboard.html\n")
    again = prism_eval("report", "one", "two", "--baseline", "3B", "--margin", "90").stdout
    assert again.startswith("Against one-3B, two-7B is on par within 90.0: +0.0 [")
    names = one_line(prism_eval("report", "one", "two", "--baseline", "nobody"), 2)
    assert names.endswith("--baseline 'nobody' names no entry; the entries are: one-3B, two-7B")
    prism_eval("run", "-c", "budget(blind)?words=2&label=less", "--out", "less", *words, "--limit", "1")
    said = "one and less cannot be compared: chartqa: limit is nothing in one and 1 in less"
    assert said in one_line(prism_eval("report", "one", "less"), 2)
    assert "cannot make the folder" in one_line(prism_eval("report", "one", "--output", "one/plan.toml/x"), 2)
