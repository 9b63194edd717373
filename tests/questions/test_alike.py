"""Copies of a benchmark's images that were saved anew or scaled, found by what they look like."""

import io
import sys

import pytest
from PIL import Image as Pillow

from prism_eval.benchmarks import open_benchmark
from prism_eval.data_sets.opening import open_data_set
from prism_eval.errors import MissingExtra
from prism_eval.questions.excluded import Excluded
from prism_eval.questions.filtering import prepare
from prism_eval.questions.images import image_rows
from prism_eval.questions.likeness import Likenesses
from prism_eval.questions.question_set import QuestionSet
from prism_eval.questions.thresholds import Thresholds
from prism_eval.schema import Image
from tests.builders import image


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "imagehash", None)
    with pytest.raises(MissingExtra, match=r"pip install 'prism-eval\[phash\]'"):
        Likenesses()


def shown(name):
    """The different images of a twin."""
    return list({one.digest: one for item in open_benchmark(name, "synthetic").items() for one in item.images}.values())


def copy(original, scale, form, **how):
    """What somebody else's tool makes of an image."""
    picture = Pillow.open(io.BytesIO(original.data)).convert("RGB")
    picture = picture.resize((int(scale * picture.width), int(scale * picture.height)))
    buffer = io.BytesIO()
    picture.save(buffer, form, **how)
    return Image(buffer.getvalue(), f"copy of {original.name}")


@pytest.fixture(scope="module")
def excluded():
    pytest.importorskip("imagehash", reason="the extra [phash] is not installed")
    likenesses = Likenesses()
    for one in shown("seedbench2plus"):
        likenesses.add(one, one.name)
    return Excluded({one.digest: "seedbench2plus" for one in shown("seedbench2plus")}, likenesses)


@pytest.mark.parametrize(
    ("scale", "form", "how"),
    [(1, "JPEG", {"quality": 75}), (0.5, "JPEG", {"quality": 85}), (0.4, "WEBP", {"quality": 60}), (2, "PNG", {})],
)
def test_a_copy_is_known_by_its_look_and_not_by_its_bytes(excluded, scale, form, how):
    for one in shown("seedbench2plus"):
        made = copy(one, scale, form, **how)
        assert Excluded(excluded.digests).why(made) == ""
        assert "of 256 bits of their perceptual hashes differ" in excluded.why(made)


def test_pictures_of_another_kind_and_pictures_that_show_nothing_are_like_no_other(excluded):
    assert [why for one in shown("chartqa") if (why := excluded.why(one))] == []
    # Of one colour, and no picture at all: what they have in common is that they show nothing.
    likenesses = Likenesses()
    likenesses.add(image(1), "grey")
    likenesses.add(Image(b"no picture"), "nothing")
    assert likenesses.nearest(image(2)) is None
    assert likenesses.nearest(shown("chartqa")[0]) is None


def test_no_question_is_written_for_a_copy_and_none_is_asked(excluded, tmp_path, make_set, twin):
    (tmp_path / "photos").mkdir()
    own, theirs = shown("chartqa")[0], twin[0].images[0]
    (tmp_path / "photos" / "own.png").write_bytes(own.data)
    (tmp_path / "photos" / "copy.jpg").write_bytes(copy(theirs, 0.5, "JPEG").data)
    parts = open_data_set(str(tmp_path / "photos"))
    rows = {one.image_name: one for one in image_rows(parts, QuestionSet.create(tmp_path / "new"), excluded=excluded)}
    assert rows["own.png"].state == "image"
    assert rows["copy.jpg"].state == "failed"
    assert rows["copy.jpg"].reasons[0].startswith(f"it looks like {theirs.name}: ")
    # In a set that was made before anybody thought of it.
    questions = make_set(2, lambda number, one: one)
    changed = copy(theirs, 0.5, "PNG")
    first, second = questions.read()
    questions.write([first.model_copy(update={"image": questions.add_image(changed)}), second])
    plan = {"seeing": ["oracle"], "readers": ["lexical"], "thresholds": Thresholds()}
    digests = Excluded({})
    assert len(prepare(questions, excluded=digests, **plan).open) == 2
    asked = prepare(questions, excluded=Excluded({}, excluded.likenesses), **plan)
    assert {one.state for one in asked.rows} == {"dropped"}
    assert all(one.reasons[0].startswith("its image looks like ") for one in asked.rows)
