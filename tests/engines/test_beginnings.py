"""What requests have in common at their beginning."""

from __future__ import annotations

from prism_eval.engines.beginnings import beginning_of, shared_part
from prism_eval.schema import Image, Message, Request, Sampling


def asked(*parts: str | Image, system: str = "") -> Request:
    messages = (*([Message("system", (system,))] if system else []), Message("user", parts))
    return Request(messages=messages, sampling=Sampling())


def test_questions_on_one_caption_begin_alike() -> None:
    def prompt(caption: str, question: str) -> str:
        return f"Description of the image:\n{caption}\n\nUse it.\n\nQuestion: {question}\nA. x\nB. y"

    one, two = (beginning_of(asked(prompt("A bar.\n\nA line.", text))) for text in ("How many?", "Which?"))
    assert one == two
    assert one != beginning_of(asked(prompt("A pie.", "How many?")))
    assert beginning_of(asked("q", system="s")) == "sq", "what has one paragraph is shared as a whole"
    assert shared_part("How many?") == "How many?"


def test_requests_with_an_image_begin_with_it() -> None:
    image, other = Image(b"one"), Image(b"two")
    assert beginning_of(asked(image, "Describe.\n\nNow.")) == beginning_of(asked(image, "How many?"))
    assert beginning_of(asked(image, "x")) != beginning_of(asked(other, "x"))
