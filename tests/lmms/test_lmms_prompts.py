"""lmms-eval's messages as prompts, and its metrics as scores; neither needs lmms-eval."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from prism_eval.lmms.prompt import Encoder, PromptError, read_messages
from prism_eval.lmms.tasks.metrics import score_of


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def picture(shade: int = 0, mode: str = "RGB") -> dict[str, object]:
    return {"type": "image", "url": Pillow.new(mode, (5, 3), shade)}


def user(*parts: object) -> list[dict[str, object]]:
    return [{"role": "user", "content": list(parts)}]


def asked(*parts: object) -> str:
    return read_messages(user(*parts), Encoder()).text


def test_a_picture_before_the_question_needs_no_mark():
    assert asked(picture(), text("What is the peak?\nOne word.")) == "What is the peak?\nOne word."


def test_pictures_between_words_are_marked_in_their_places():
    parts = (text("Is"), picture(1), text("darker than"), picture(2), text("?"))
    assert asked(*parts) == "Is\n<image 1>\ndarker than\n<image 2>\n?"


def test_a_question_that_names_its_images_is_left_as_it_is():
    parts = (text("Compare <image 1> with"), picture(1), text("<image 2>."), picture(2))
    assert asked(*parts) == "Compare <image 1> with\n<image 2>."


def test_a_system_message_comes_first():
    system = {"role": "system", "content": [text("Answer in one word.")]}
    prompt = read_messages([system, *user(picture(), text("What?"))], Encoder())
    assert prompt.text == "Answer in one word.\n\nWhat?"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P", "I;16"])
def test_pictures_are_encoded_without_loss(mode):
    shown = Pillow.effect_noise((7, 5), 80).convert("L" if mode == "I;16" else mode)
    shown = shown.convert("I").convert("I;16") if mode == "I;16" else shown
    with Pillow.open(io.BytesIO(Encoder().encode(shown))) as back:
        assert (back.mode, back.size, back.tobytes()) == (shown.mode, shown.size, shown.tobytes())


def test_pixels_that_png_cannot_hold_become_rgb():
    with Pillow.open(io.BytesIO(Encoder().encode(Pillow.new("CMYK", (4, 4))))) as back:
        assert back.mode == "RGB"


def test_equal_pictures_are_encoded_once():
    encoder = Encoder()
    assert encoder.encode(Pillow.new("L", (9, 9), 3)) is encoder.encode(Pillow.new("L", (9, 9), 3))
    assert encoder.encode(Pillow.new("L", (9, 9), 3)) != encoder.encode(Pillow.new("L", (9, 9), 4))


def test_bytes_and_files_are_taken_as_they_are(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff rest")
    assert Encoder().encode(str(tmp_path / "a.jpg")) == Encoder().encode(b"\xff\xd8\xff rest") == b"\xff\xd8\xff rest"


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        (user({"type": "video", "url": "a.mp4"}, text("What?")), "it shows video"),
        (user(text("What?")), "it shows no image"),
        (user({"type": "image", "url": "no/such.png"}), "cannot be read"),
        (user({"type": "image", "url": 7}), "given as int"),
        ("What?", "not a list of chat messages"),
        ([{"role": "user"}], "no content"),
    ],
)
def test_what_cannot_be_captioned_says_why(messages, why):
    with pytest.raises(PromptError, match=why):
        read_messages(messages, Encoder())


@pytest.mark.parametrize(
    ("value", "alone", "score"),
    [
        (True, None, 1.0),
        (0.25, None, 0.25),
        ({"score": 1.0, "id": 7}, None, 1.0),
        ({"pred": "A"}, 0, 0.0),
        ({"pred": "A"}, 100.0, 1.0),
        (["A", "B"], 0.5, 0.5),
        (812.0, None, None),
        (-0.5, None, None),
        (float("nan"), None, None),
        (np.float64(0.5), None, 0.5),
        (np.str_("A"), None, None),
        ({"pred": "A"}, None, None),
        ({"pred": "A"}, "submitted", None),
    ],
)
def test_scores(value, alone, score):
    assert score_of(value, score_key=None, alone=lambda: alone) == score
