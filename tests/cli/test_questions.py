"""``prism-eval questions``, as its user calls it: from a folder of images to a benchmark."""

import io
import json
import re
import sys

import pytest
from PIL import Image as Pillow

from prism_eval.benchmarks import open_benchmark
from prism_eval.cli import main
from prism_eval.questions.question_set import QuestionSet
from tests.builders import png
from tests.server import fault_server

COLOURS = ("green", "silver", "red", "black")


@pytest.fixture
def prism_eval(tmp_path, monkeypatch, capfd):
    """Calls a verb in an empty folder; its exit code, and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")  # whoever ran before may have left another width

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["prism-eval", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        assert "Traceback" not in said.err
        return ended.value.code or 0, said.out, said.err

    return call


@pytest.fixture
def seer(monkeypatch, serve):
    """A server whose model writes two questions an image, knows their answers with it, and one of them without."""

    def reply(body):
        text = fault_server.text_of(body)
        with_image = any(part["type"] == "image_url" for part in fault_server.parts_of(body))
        if "multiple-choice questions" in text:
            return "\n------\n".join(_written(number, text) for number, text in enumerate(("seen", "known"), start=1))
        options = {option: letter for letter, option in re.findall(r"^([A-Z])\. (.*)$", text, flags=re.MULTILINE)}
        knows = with_image or "Which is known?" in text
        return f"Answer: {options.get('red', 'A') if knows else 'A'}"

    monkeypatch.setattr(fault_server, "reply_to", reply)
    return f"openai:model?base_url={serve().url}"


def _written(number, text):
    options = "\n".join(f"   - {letter}) {colour}" for letter, colour in zip("ABCD", COLOURS, strict=True))
    return f"#### {number}. **Which is {text}?**\n{options}\n\n**Answer:** C) red\n"


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for shade in range(2):
        (folder / f"{shade}.png").write_bytes(png(shade))
    (folder / "broken.png").write_bytes(b"no image")
    return folder


def test_from_a_folder_of_images_to_a_benchmark_of_one_s_own(prism_eval, photos, seer, tmp_path):
    store = ["--store", tmp_path / "store.sqlite", "-q"]
    code, out, _ = prism_eval("questions", "build", photos, "--out", "mine", "-w", seer, *store)
    assert (code, "open 4, failed 1" in out) == (0, True)
    assert "failed, 1 time: it does not open as an image" in out
    code, out, _ = prism_eval("questions", "lint", "mine")
    assert (code, "Nothing found." in out) == (0, True)
    readers = ["-r", f"{seer}&label=reader", "-r", f"{seer}&top_p=0.9&label=second"]
    code, out, _ = prism_eval("questions", "filter", "mine", "--vlm", seer, *readers, *store)
    assert code == 0, out
    # The error rates stand before anything that was done.
    assert re.search(r"at most 4 of 12 +4 options +84 % +19 % +0\.3 % +84 %", out.partition("Answers:")[0])
    assert re.search(r"at most 0 of 4 +any \(CapRL's rule\) +32 % +6 %", out)
    assert "To ask: 4 questions of 5, 144 answers of 3 models at most." in out
    assert "kept 2, dropped 2, failed 1" in out
    assert "dropped, 2 times: without the image reader was right 12 times of 12, more than 4" in out
    kept = {one.question for one in QuestionSet.open(tmp_path / "mine").read() if one.state == "kept"}
    assert kept == {"Which is seen?"}
    code, out, _ = prism_eval("run", "-b", "mine/mine.toml", "--data", "mine", "-c", "blind", "--out", "run", *store)
    assert code == 0, out
    # What was kept is a file of CapRL's as well, which is filtered like a set.
    words = ["mine/mine.parquet", "--out", "again", "--vlm", seer, *readers[:2]]
    code, out, _ = prism_eval("questions", "filter", *words, "--rates")
    assert (code, "To ask: 2 questions of 2, 48 answers of 2 models at most." in out) == (0, True)
    assert "One reader: what another would guess is not noticed." in out
    assert not (tmp_path / "again" / "run").exists()
    code, out, _ = prism_eval("questions", "filter", *words, *store)
    assert (code, "kept 2" in out) == (0, True)


def test_a_scaled_copy_of_a_benchmark_s_image_is_left_out_where_that_is_asked_for(prism_eval, photos, seer, tmp_path):
    pytest.importorskip("imagehash", reason="the extra [phash] is not installed")
    item = next(open_benchmark("chartqa", "synthetic").items())
    picture = Pillow.open(io.BytesIO(item.images[0].data)).convert("RGB")
    picture.resize((picture.width // 2, picture.height // 2)).save(photos / "copy.jpg", quality=80)
    words = [
        "questions",
        "build",
        photos,
        "-w",
        seer,
        "--not-in",
        "synthetic",
        "--store",
        tmp_path / "store.sqlite",
        "-q",
    ]
    code, out, _ = prism_eval(*words, "--out", "bytes")
    assert (code, "open 6, failed 1" in out) == (0, True)
    code, out, _ = prism_eval(*words, "--out", "looks", "--alike")
    assert (code, "open 4, failed 2" in out) == (0, True)
    assert re.search(r"it looks like image \S+ of the benchmark chartqa: \d+ of 256 bits", " ".join(out.split()))


def test_what_lint_finds_is_told_as_text_and_as_json(prism_eval, make_plain_set):
    rows = [
        ("Which?", ("a", "A.", "b"), "A"),
        ("Who?", ("Oskar", "Mina", "Anna"), "A"),
        ("Why Oskar?", ("x", "y"), "A"),
    ]
    make_plain_set(rows)
    code, out, _ = prism_eval("questions", "lint", "mine")
    assert code == 1
    assert out.splitlines() == [
        "options: 1 finding",
        "  q0: two of its options are the same",
        "told: 1 finding",
        "  q1, q2: its answer stands in the text of another question about its image",
    ]
    code, out, _ = prism_eval("questions", "lint", "mine", "--format", "json")
    assert code == 1
    assert [(one["rule"], one["questions"]) for one in json.loads(out)["findings"]] == [
        ("options", ["q0"]),
        ("told", ["q1", "q2"]),
    ]


@pytest.fixture
def make_plain_set(tmp_path):
    from prism_eval.questions.question import Question
    from tests.builders import image

    def make(rows):
        questions = QuestionSet.create(tmp_path / "mine")
        shown = image(1)
        file = questions.add_image(shown)
        questions.write(
            Question(
                id=f"q{number}", image=file, image_digest=shown.digest, question=text, options=options, answer=answer
            )
            for number, (text, options, answer) in enumerate(rows)
        )
        return questions

    return make


def test_options_that_do_not_divide_the_asks_are_told(prism_eval, make_plain_set):
    make_plain_set([("Which?", tuple("abcde"), "A"), ("Who?", ("x", "y"), "A")])
    code, out, _ = prism_eval("questions", "filter", "mine", "--vlm", "oracle", "-r", "lexical", "--rates")
    assert code == 0
    assert "12 is no multiple of 5: questions with 5 options are asked in 10 orders." in out
    assert re.search(r"at most 1 of 2 +2 options", out)


def test_who_would_not_guess_and_whose_replies_cannot_be_read_is_told(prism_eval, make_plain_set, serve, tmp_path):
    make_plain_set([("Which?", tuple("vwxy"), "A")])
    mumbling = f"openai:model?base_url={serve(text='Hm, well.').url}"
    words = ["mine", "--vlm", mumbling, "-r", "lexical", "--store", tmp_path / "store.sqlite", "-q"]
    code, out, _ = prism_eval("questions", "filter", *words)
    assert code == 0
    assert "undecided 1" in out
    assert "of 100 % of its answers nothing is known" in out
    assert "lexical: it would not guess 100 % of its answers without the image" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["filter", "nothing", "--vlm", "oracle", "-r", "lexical"], "nothing is no set of questions"),
        (["filter", "mine", "--vlm", "oracle", "-r", "nobody"], "unknown reasoner 'nobody'"),
        (["filter", "mine", "--vlm", "ocr", "-r", "lexical"], "ocr has no model that could answer"),
        (["filter", "mine", "--vlm", "oracle", "-r", "lexical", "--least", "3"], "a question could pass both"),
        (["filter", "mine", "--vlm", "oracle", "-r", "lexical", "--asks", "1"], "ask each question in 2 to 100"),
        (["filter", "mine", "--vlm", "oracle", "-r", "lexical", "--out", "x"], "--out is the set that a Parquet"),
        (["filter", "mine", "--vlm", "oracle", "-r", "lexical", "--not-in", "no"], "no data folder no"),
        (["filter", "mine", "--vlm", "oracle", "-r", "lexical", "--alike"], "name their folder with --not-in"),
        (["filter", "x.parquet", "--vlm", "oracle", "-r", "lexical"], "say with --out which folder"),
        (["filter", "x.parquet", "--vlm", "oracle", "-r", "lexical", "--out", "y"], "x.parquet: it is missing"),
        (["lint", "nothing"], "nothing is no set of questions"),
        (["build", "nothing", "--out", "x", "-w", "openai:m"], "no data set at nothing"),
        (["build", "mine", "--out", "x", "-w", "openai:m", "--name", "A/b"], "use lower-case letters"),
        (["build", "mine", "--out", "mine", "-w", "openai:m", "--prompt", "no.txt"], "cannot read the prompt no.txt"),
    ],
)
def test_a_wrong_command_is_told_in_one_line(prism_eval, make_plain_set, words, message):
    make_plain_set([("Which?", tuple("abcd"), "A")])
    code, _, err = prism_eval("questions", *words)
    assert code == 2, err
    (line,) = err.strip().splitlines()
    assert message in line
