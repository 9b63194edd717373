"""Questions written by a model that a server runs: every image is asked once, and what failed is a row."""

import io
import tarfile
from functools import partial

import pytest

from prism_eval.errors import UsageError
from prism_eval.questions.building import build, plan_building
from prism_eval.questions.excluded import Excluded
from prism_eval.questions.question_set import QuestionSet
from prism_eval.run.execute import run_plan
from tests.builders import image, png

REPLY = """#### 1. **What colour is it?**
   - A) Green
   - B) Silver

**Answer:** B) Silver

------

#### 2. **How many are there?**
   - A) Five
   - B) Three

------"""


@pytest.fixture
def photos(tmp_path):
    """Four images, one of them under two names; a file that is no image, and one that is no file."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for name, shade in (("a.png", 1), ("b.PNG", 2), ("more/c.png", 3), ("more/d.jpg", 4), ("z.png", 1)):
        (folder / name).write_bytes(png(shade))
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "notes.txt").write_text("no image either")
    return folder


def built(photos, tmp_path, server, *, options="", **more):
    questions = QuestionSet.create(tmp_path / "mine")
    spec = f"openai:model?base_url={server.url}{options}"
    building = plan_building(str(photos), questions, spec, **more)
    made, result = build(building, partial(run_plan, store=tmp_path / "store.sqlite"))
    assert questions.read() == made
    return questions, made, result


def test_each_image_is_asked_once_and_what_gave_no_question_is_a_row(photos, tmp_path, serve):
    server = serve(text=REPLY)
    questions, made, result = built(photos, tmp_path, server)
    assert server.server.arrivals.total() == 4
    body = server.server.bodies[0]
    assert (body["temperature"], body["max_tokens"]) == (0.1, 2048)
    assert "#### 1. **" in str(body["messages"])
    states = [(one.image_name, one.state, one.reasons) for one in made]
    asked = ["a.png", "b.PNG", "more/c.png", "more/d.jpg"]
    for name in asked:
        assert (name, "open", ()) in states
        assert (name, "failed", ("its answer is not said",)) in states
    assert ("broken.png", "failed", ("it does not open as an image",)) in states
    assert ("gone.png", "failed", ("it cannot be read: No such file or directory",)) in states
    assert len(states) == 2 * 4 + 2
    first = made[0]
    assert (first.question, first.options, first.answer) == ("What colour is it?", ("Green", "Silver"), "B")
    assert questions.image_file(first).read_bytes() == png(1)
    assert set(first.generator) == {"by", "call", "prompt", "reply"}
    assert not result.failed
    # Again, and nothing is asked: the store has it, and the rows are the same.
    _, again, result = built(photos, tmp_path, server)
    assert again == made
    assert server.server.arrivals.total() == 4


def test_a_slip_of_the_pen_costs_no_question(photos, tmp_path, serve):
    server = serve(text=REPLY)
    questions, made, _ = built(photos, tmp_path, server)
    with pytest.raises(UsageError, match="colour"):
        built(photos, tmp_path, server, options="&colour=red")
    assert questions.read() == made


def test_a_prompt_of_one_s_own_is_what_is_sent(photos, tmp_path, serve):
    server = serve(text=REPLY)
    (tmp_path / "prompt.txt").write_text("Frage 50 % & mehr? {nichts} = alles, #1.\n", encoding="utf-8")
    built(photos, tmp_path, server, prompt=tmp_path / "prompt.txt")
    sent = {part["text"] for part in server.server.bodies[0]["messages"][-1]["content"] if part["type"] == "text"}
    assert sent == {"Frage 50 % & mehr? {nichts} = alles, #1."}
    (tmp_path / "prompt.txt").write_text(" \n")
    with pytest.raises(UsageError, match="is empty"):
        built(photos, tmp_path, server, prompt=tmp_path / "prompt.txt")
    with pytest.raises(UsageError, match="cannot read the prompt"):
        built(photos, tmp_path, server, prompt=tmp_path / "nothing.txt")


def test_faults_cost_rows_only_where_they_last_and_are_mended_by_the_same_command(photos, tmp_path, serve):
    server = serve(text=REPLY, fail=0.2, seed=1)
    _, made, _ = built(photos, tmp_path, server, attempts=20)
    assert sum(one.state == "open" for one in made) == 4
    # One that says nothing of use, and one that lets nothing through.
    for mode, reason in (("length", "its reply holds no question (length)"), ("422", "HTTP 422")):
        bad = serve(text=REPLY, fail=0.5, modes=(mode,), seed=5)
        _, made, result = built(photos, tmp_path / mode, bad, attempts=1)
        failed = [one for one in made if one.image and one.state == "failed" and not one.question]
        assert failed
        assert all(reason in one.reasons[0] for one in failed)
        assert bool(result.failed) == (mode == "422")
        bad.behaviour.fail = 0.0
    _, made, _ = built(photos, tmp_path / "422", bad)
    assert sum(one.state == "open" for one in made) == 4


def test_images_of_benchmarks_are_not_asked_about(photos, tmp_path, serve):
    server = serve(text=REPLY)
    excluded = Excluded({image(1).digest: "chartqa"})
    _, made, _ = built(photos, tmp_path, server, excluded=excluded, limit=2)
    assert server.server.arrivals.total() == 1
    (out,) = [one for one in made if one.image_name == "a.png"]
    assert (out.state, out.reasons) == ("failed", ("it is in the benchmark chartqa",))


def test_what_was_filtered_is_not_built_over(photos, make_set, serve):
    from prism_eval.questions.question import Arm

    questions = make_set(1)
    arm = Arm(with_image=True, by="m", asked=1, right=1, wrong=0, unread=0)
    questions.write([one.become("kept", arms=(arm,)) for one in questions.read()])
    with pytest.raises(UsageError, match="has been filtered"):
        plan_building(str(photos), questions, "oracle")


def test_a_folder_without_images_is_told(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no pictures"):
        plan_building(str(tmp_path / "empty"), QuestionSet.create(tmp_path / "mine"), "oracle")


def test_shards_of_a_data_set_are_built_on_like_a_folder_and_a_damaged_one_is_a_row(tmp_path, serve):
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(2):
        with tarfile.open(folder / f"0000{number}.tar", "w") as shard:
            for shade in (1, 2 + number):
                member = tarfile.TarInfo(f"{shade}.png")
                member.size = len(png(shade))
                shard.addfile(member, io.BytesIO(png(shade)))
    (folder / "00002.tar").write_bytes(b"no archive")
    server = serve(text=REPLY)
    _, made, _ = built(folder, tmp_path, server)
    # The picture that is in both is asked about once.
    assert server.server.arrivals.total() == sum(one.state == "open" for one in made) == 3
    (damaged,) = [one for one in made if not one.image]
    assert (damaged.state, damaged.image_name) == ("failed", "00002")
